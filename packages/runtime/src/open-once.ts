/** Opens something when it is first asked for, and keeps it. What failed to open is not kept: the next one who asks opens it. */
export function openOnce<T>(open: () => Promise<T>): () => Promise<T> {
  let opened: Promise<T> | undefined;
  return () => {
    const mine = opened ?? open();
    opened = mine;
    mine.catch(() => {
      if (opened === mine) opened = undefined;
    });
    return mine;
  };
}

/**
 * Does several things at once and gives their values in order. Where one fails the others are called off, and waited for,
 * before its error is thrown.
 */
export async function sideBySide<T>(
  signal: AbortSignal,
  tasks: readonly ((signal: AbortSignal) => Promise<T>)[],
): Promise<T[]> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const running = tasks.map((task) => task(either));
  try {
    return await Promise.all(running);
  } catch (thrown) {
    stop.abort();
    await Promise.allSettled(running);
    throw thrown;
  }
}

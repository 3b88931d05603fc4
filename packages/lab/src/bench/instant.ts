const pattern = /"key":"at-(\d+)"/;

/** This instant as the key of a result: in microseconds, because the times of events are only told in milliseconds. */
export function keyOfNow(): string {
  return `at-${Math.round((performance.timeOrigin + performance.now()) * 1_000)}`;
}

/** Milliseconds between the instant in a frame's key and now; null in a frame that is of no such result. */
export function millisecondsSince(frame: string): number | null {
  const microseconds = Number(pattern.exec(frame)?.[1]);
  return microseconds ? performance.timeOrigin + performance.now() - microseconds / 1_000 : null;
}

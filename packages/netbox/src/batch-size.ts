/** Bounds of a batch, in objects and bytes, and how long one should take. */
export type BatchLimits = { first: number; ceiling: number; bytes: number; targetMs: number };

/**
 * Measured on NetBox 4.6.8: beyond 50 objects a request gains nothing, and a person's page waits behind each; its body
 * may have 2.5 MB.
 */
export const defaultBatchLimits: BatchLimits = { first: 50, ceiling: 100, bytes: 2_000_000, targetMs: 1_000 };

/**
 * The next batch size after a request of `objects` took `ms`: towards the target, at most doubled or halved at a time.
 * A request much smaller than the present size says nothing about it, unless it took too long by itself.
 */
export function nextBatchSize(size: number, objects: number, ms: number, limits: BatchLimits): number {
  if (objects < size / 2 && ms <= limits.targetMs) return size;
  const fitting = Math.round((objects * limits.targetMs) / Math.max(ms, 1));
  return Math.max(1, Math.min(limits.ceiling, size * 2, Math.max(fitting, Math.ceil(size / 2))));
}

/** The first rows that go into one batch: at most `size`, and of `bytes` bytes of JSON unless the first alone is bigger. */
export function firstBatch<T>(rows: readonly T[], size: number, bytes: number): T[] {
  const batch: T[] = [];
  let weight = 0;
  for (const row of rows.slice(0, size)) {
    weight += Buffer.byteLength(JSON.stringify(row)) + 1;
    if (batch.length > 0 && weight > bytes) break;
    batch.push(row);
  }
  return batch;
}

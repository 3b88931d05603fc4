import type { Bucket } from "./buckets.ts";
import { CancelledError } from "./errors.ts";
import { sleep } from "./retry.ts";

/** How a lease is held. Times in milliseconds. */
export type LeaseOptions = {
  /** The bucket's own time to live: how long a lease survives a holder that vanished. Default 10 s. */
  ttlMs?: number;
  /** How often it is renewed, and how often others try to get it. Default 3 s. */
  renewMs?: number;
  signal: AbortSignal;
  /** Called when this process becomes the holder. */
  onGain: () => void;
  /** Called when it may not be the holder any more: always before another process can become it. */
  onLose: () => void;
};

/**
 * Competes for a lease until the signal is aborted, then gives it up. At most one process holds it; the clock of the
 * holder starts before each renewal is sent, so that it lets go before the lease has run out.
 */
export async function holdLease(bucket: Bucket, key: string, holder: string, options: LeaseOptions): Promise<void> {
  const { ttlMs = 10_000, renewMs = 3_000, signal, onGain, onLose } = options;
  // Two processes of the same name must not take each other's lease for their own.
  const value = JSON.stringify({ holder, nonce: crypto.randomUUID() });
  let revision: number | null = null;
  let expiry: ReturnType<typeof setTimeout> | undefined;
  const lose = () => {
    clearTimeout(expiry);
    if (revision === null) return;
    revision = null;
    onLose();
  };
  while (!signal.aborted) {
    const asked = Date.now();
    const held: number | null = revision;
    const next: number | null = await (held === null
      ? bucket.create(key, value)
      : bucket.update(key, value, held)
    ).catch(() => null);
    const late = Date.now() - asked >= ttlMs - renewMs;
    if (next === null || late) lose();
    else if (!signal.aborted || held !== null) {
      clearTimeout(expiry);
      expiry = setTimeout(lose, asked + ttlMs - renewMs / 3 - Date.now());
      const gained: boolean = revision === null;
      revision = next;
      if (gained) onGain();
    }
    await sleep(renewMs, signal).catch(() => {});
  }
  const held = revision !== null;
  lose();
  if (held) await bucket.delete(key).catch(() => {});
}

/**
 * Waits for a lease, does something while it is held, and gives it up. The signal that the work gets is aborted when the
 * lease is lost on the way. Throws what the work throws, and CancelledError when it is called off while it waits.
 */
export async function underLease<T>(
  bucket: Bucket,
  key: string,
  holder: string,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const term = new AbortController();
  const turn = Promise.withResolvers<void>();
  const holding = holdLease(bucket, key, holder, {
    renewMs: 250,
    signal: AbortSignal.any([signal, over.signal]),
    onGain: turn.resolve,
    onLose: () => term.abort(),
  });
  try {
    await Promise.race([turn.promise, holding]);
    if (signal.aborted) throw new CancelledError(`Waiting for the lease ${key} was called off.`, signal.reason);
    return await work(AbortSignal.any([signal, term.signal]));
  } finally {
    over.abort();
    await holding;
  }
}

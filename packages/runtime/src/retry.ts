import pRetry from "p-retry";
import { CancelledError, type ProxboxError, toError } from "./errors.ts";

/** How often and how patiently something is tried again. Times in milliseconds. */
export type RetryPolicy = {
  /** Attempts after the first; Infinity for ever. */
  retries: number;
  minDelayMs: number;
  maxDelayMs: number;
  signal?: AbortSignal | undefined;
  /** Which errors are worth another attempt; default: those that say so themselves. */
  when?: (error: ProxboxError) => boolean;
  /** Told before each further attempt. */
  onRetry?: (error: ProxboxError, attempt: number) => void;
};

/**
 * Runs `work` again, with jittered exponential delay, as long as its error says that a retry can help; a longer wait
 * that the other side asked for is kept. This is the only place that retries, so attempts never multiply.
 * Throws the last error, or CancelledError once the signal is aborted.
 */
export async function retry<T>(work: (attempt: number) => Promise<T>, policy: RetryPolicy): Promise<T> {
  const worthIt = policy.when ?? ((error) => error.retryable);
  let done: { value: T } | undefined;
  try {
    return await pRetry(
      async (attempt) => {
        try {
          done = { value: await work(attempt) };
          return done.value;
        } catch (thrown) {
          // p-retry 9 never retries a TypeError it does not know, and every failed fetch on Bun 1.4.5 is one.
          throw toError(thrown);
        }
      },
      {
        retries: policy.retries,
        minTimeout: policy.minDelayMs,
        maxTimeout: policy.maxDelayMs,
        randomize: true,
        ...(policy.signal ? { signal: policy.signal } : {}),
        shouldRetry: ({ error }) => worthIt(error as ProxboxError),
        onFailedAttempt: async ({ error, attemptNumber, retriesLeft }) => {
          const failure = error as ProxboxError;
          if (retriesLeft <= 0 || !worthIt(failure)) return;
          policy.onRetry?.(failure, attemptNumber);
          if (failure.retryAfterMs) await sleep(failure.retryAfterMs, policy.signal);
        },
      },
    );
  } catch (thrown) {
    // p-retry 9 throws a result away when the signal was aborted while it came; what is done is done.
    if (done) return done.value;
    if (policy.signal?.aborted) throw new CancelledError("The work was stopped before it was done.", thrown);
    throw thrown;
  }
}

/** Waits; rejects with CancelledError as soon as the signal is aborted. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) throw new CancelledError("The wait was stopped.", signal.reason);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const stop = () => reject(new CancelledError("The wait was stopped.", signal?.reason));
  const timer = setTimeout(resolve, ms);
  signal?.addEventListener("abort", stop, { once: true });
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  }
}

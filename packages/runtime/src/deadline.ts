/** A signal that is aborted after a time, unless it is disposed before. */
export type Deadline = Disposable & { signal: AbortSignal };

/**
 * Starts a deadline. Unlike that of `AbortSignal.timeout`, its timer ends with the work: thousands of long deadlines a
 * minute would otherwise pile up (measured on Bun 1.4.5: 1.6 kB each, until they fire).
 */
export function startDeadline(ms: number): Deadline {
  const controller = new AbortController();
  const expire = () => controller.abort(new DOMException(`The time of ${Math.round(ms)} ms is over.`, "TimeoutError"));
  const timer = setTimeout(expire, Math.max(ms, 0));
  return { signal: controller.signal, [Symbol.dispose]: () => clearTimeout(timer) };
}

/**
 * Waits for work that was told to stop by a signal, but not for ever: throws the signal's reason when the work has
 * still not ended `graceMs` after the signal was aborted. What it does after that is nobody's any more.
 */
export async function endedWithin<T>(work: Promise<T>, signal: AbortSignal, graceMs: number): Promise<T> {
  const { promise: given, reject } = Promise.withResolvers<never>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const wait = () => {
    timer = setTimeout(() => reject(signal.reason), graceMs);
  };
  if (signal.aborted) wait();
  else signal.addEventListener("abort", wait, { once: true });
  try {
    return await Promise.race([work, given]);
  } finally {
    signal.removeEventListener("abort", wait);
    clearTimeout(timer);
  }
}

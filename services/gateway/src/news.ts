/** Something that changes, for those who wait for the next change. */
export type News = {
  /** Wakes everybody who waits. */
  tell(): void;
  /** Resolves at the next change, or when the signal is aborted. */
  next(signal: AbortSignal): Promise<void>;
};

/** Creates news that nobody has told yet. */
export function createNews(): News {
  let change = Promise.withResolvers<void>();
  return {
    tell: () => {
      change.resolve();
      change = Promise.withResolvers();
    },
    next: async (signal) => {
      if (signal.aborted) return;
      const ended = Promise.withResolvers<void>();
      const end = () => ended.resolve();
      signal.addEventListener("abort", end, { once: true });
      await Promise.race([change.promise, ended.promise]);
      signal.removeEventListener("abort", end);
    },
  };
}

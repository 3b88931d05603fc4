/** How well a memory serves: reads that were spared and made, what it holds, and for how long. */
export type MemoryStats = { hits: number; misses: number; entries: number; maxEntries: number; ttlSeconds: number };

/** Values by key that are read again when they are older than a time to live. */
export type Remembered<T> = {
  /** The value, read anew when what is known is too old. Callers at the same time share one read; a failed one is not kept. */
  get(key: string): Promise<T>;
  /** Makes a value known at once, because it was just written. */
  set(key: string, value: T): void;
  forget(key: string): void;
  clear(): void;
  stats(): MemoryStats;
};

/** How long values are known, in milliseconds; how many at most; and the clock, which tests turn. */
export type MemoryOptions = { ttlMs: number; most: number; now?: () => number };

/** Remembers what `read` gives. The age of a value counts from when its reading began, so no older one is ever served. */
export function remember<T>(
  read: (key: string) => Promise<T>,
  { ttlMs, most, now = Date.now }: MemoryOptions,
): Remembered<T> {
  const entries = new Map<string, { value: Promise<T>; until: number }>();
  let hits = 0;
  let misses = 0;
  const keep = (key: string, value: Promise<T>) => {
    const entry = { value, until: now() + ttlMs };
    // Put back at the end, so that the first entry is always the one read longest ago.
    entries.delete(key);
    entries.set(key, entry);
    const [oldest] = entries.keys();
    if (entries.size > most && oldest !== undefined) entries.delete(oldest);
    value.catch(() => {
      if (entries.get(key) === entry) entries.delete(key);
    });
    return value;
  };
  return {
    get: (key) => {
      const known = entries.get(key);
      if (known && now() < known.until) {
        hits += 1;
        return known.value;
      }
      misses += 1;
      return keep(key, read(key));
    },
    set: (key, value) => void keep(key, Promise.resolve(value)),
    forget: (key) => void entries.delete(key),
    clear: () => entries.clear(),
    stats: () => ({ hits, misses, entries: entries.size, maxEntries: most, ttlSeconds: ttlMs / 1_000 }),
  };
}

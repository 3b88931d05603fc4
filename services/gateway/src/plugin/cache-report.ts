import type { MemoryStats } from "../access/remember.ts";

/** The numbers under the names of proxbox-api; what it counted and we have not is left out. Pure. */
export function cacheMetrics({ hits, misses, entries, maxEntries, ttlSeconds }: MemoryStats): Record<string, number> {
  const asked = hits + misses;
  return {
    hits,
    misses,
    hit_rate: asked === 0 ? 0 : hits / asked,
    current_entries: entries,
    max_entries: maxEntries,
    ttl_seconds: ttlSeconds,
  };
}

const rows = [
  ["hits", "counter", "hits", "Questions answered from memory."],
  ["misses", "counter", "misses", "Questions that had to be looked up."],
  ["hit_rate", "gauge", "hit_rate", "Share of questions answered from memory."],
  ["entries", "gauge", "current_entries", "Answers in memory."],
  ["max_entries", "gauge", "max_entries", "Most answers kept in memory."],
  ["ttl_seconds", "gauge", "ttl_seconds", "How long an answer is kept, in seconds."],
] as const;

/** The same in the Prometheus text format. Pure. */
export function cacheText(numbers: MemoryStats): string {
  const metrics = cacheMetrics(numbers);
  const lines = rows.map(([name, type, key, help]) => {
    const metric = `proxbox_cache_${name}`;
    return `# HELP ${metric} ${help}\n# TYPE ${metric} ${type}\n${metric} ${metrics[key]}\n`;
  });
  return lines.join("");
}

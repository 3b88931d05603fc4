/** Counts requests by source in a window that slides; true: this one may pass. Kept in this process only. */
export type RateLimit = (source: string, now: number) => boolean;

const windowMs = 60_000;
const mostSources = 10_000;

/** Allows `limit` requests in any 60 seconds to each source. Remembers the 10,000 sources heard last. */
export function createRateLimit(limit: number): RateLimit {
  const passed = new Map<string, number[]>();
  return (source, now) => {
    const recent = passed.get(source) ?? [];
    while (recent[0] !== undefined && now - recent[0] >= windowMs) recent.shift();
    const allowed = recent.length < limit;
    if (allowed) recent.push(now);
    // Put back at the end, so that the first entry is always the source heard longest ago.
    passed.delete(source);
    passed.set(source, recent);
    const [oldest] = passed.keys();
    if (passed.size > mostSources && oldest !== undefined) passed.delete(oldest);
    return allowed;
  };
}

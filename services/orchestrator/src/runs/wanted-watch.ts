import { decode } from "@proxbox/contracts/envelope";
import { WantedRun } from "@proxbox/contracts/wishes";

/** What PBX_RUN says about one run that somebody wants. */
export type WantedEntry = { run: string; key: string; value: string; revision: number };

/** Since when, by the clock of this process, each entry has not been renewed; and when it looked last. */
export type Watch = { lookedAt: number; entries: ReadonlyMap<string, { revision: number; since: number }> };

/** A watch that has seen nothing. */
export const newWatch: Watch = { lookedAt: Number.NEGATIVE_INFINITY, entries: new Map() };

/** Looks further apart than this prove nothing: who could not look may have been cut off together with who wants a run. */
const longestGapMs = 15_000;

/** What is known after another look, at `now` in milliseconds. Pure. */
export function watchAfter(before: Watch, found: readonly WantedEntry[], now: number): Watch {
  const wasAway = now - before.lookedAt > longestGapMs;
  const entries = found.map(({ key, revision }): [string, { revision: number; since: number }] => {
    const known = before.entries.get(key);
    return [key, known?.revision === revision && !wasAway ? known : { revision, since: now }];
  });
  return { lookedAt: now, entries: new Map(entries) };
}

/** The entries that were not renewed for as long as they allow, and for how many milliseconds they do. Pure. */
export function unwanted(watch: Watch, found: readonly WantedEntry[]): (WantedEntry & { graceMs: number })[] {
  return found.flatMap((entry) => {
    const graceMs = graceOf(entry.value);
    const since = watch.entries.get(entry.key)?.since ?? watch.lookedAt;
    return graceMs !== null && watch.lookedAt - since >= graceMs ? [{ ...entry, graceMs }] : [];
  });
}

// What a later release says is not ours to judge.
function graceOf(value: string): number | null {
  try {
    return decode(WantedRun, value).graceMs;
  } catch {
    return null;
  }
}

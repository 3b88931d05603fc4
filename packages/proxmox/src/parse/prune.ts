import { parseRow } from "./rows.ts";
import { parseFlag, parseInteger } from "./scalars.ts";

/** How many backups are kept by which rule; null for a rule that is not given. */
export type Retention = {
  last: number | null;
  hourly: number | null;
  daily: number | null;
  weekly: number | null;
  monthly: number | null;
  yearly: number | null;
  all: boolean | null;
};

/**
 * A `prune-backups` in any form: `keep-last=3,keep-daily=7`, `keep-all=1`, a bare `keep-all`, an object, and the
 * `maxfiles` of old jobs, which is the number of last ones, 0 for all. What is not understood is not given.
 */
export function parsePrune(value: unknown): Retention {
  const given = parseRow(value) ?? entriesOf(value);
  const maxfiles = countOf(given.maxfiles);
  const all = "keep-all" in given ? (parseFlag(given["keep-all"]) ?? null) : null;
  return {
    last: countOf(given["keep-last"]) ?? (maxfiles || null),
    hourly: countOf(given["keep-hourly"]),
    daily: countOf(given["keep-daily"]),
    weekly: countOf(given["keep-weekly"]),
    monthly: countOf(given["keep-monthly"]),
    yearly: countOf(given["keep-yearly"]),
    all: all ?? (maxfiles === 0 ? true : null),
  };
}

const largestCount = 2 ** 31 - 1;

function countOf(value: unknown): number | null {
  const count = parseInteger(value);
  return count !== null && count >= 0 && count <= largestCount ? count : null;
}

/** A key without value is switched on. */
function entriesOf(value: unknown): Record<string, unknown> {
  const entries: Record<string, unknown> = Object.create(null);
  for (const part of typeof value === "string" ? value.split(/[,;\s]+/) : []) {
    const [key = "", ...rest] = part.split("=");
    if (key !== "") entries[key] ??= rest.length > 0 ? rest.join("=") : "1";
  }
  return entries;
}

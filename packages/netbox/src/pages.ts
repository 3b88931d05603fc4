import { NetBoxAPIError } from "@proxbox/runtime/errors";
import type { Row } from "./canonical.ts";

/** One page of a list as NetBox answers it; `count` is null when it was asked for by `start`. */
export type Page = { count: number | null; next: string | null; results: Row[] };

/** Where the next page begins. */
export type Position = { offset: number } | { start: number };

/** What was read of a list so far. */
export type Reading = { rows: Row[]; seen: Set<number>; count: number | null };

/** A reading that has not begun. */
export function newReading(): Reading {
  return { rows: [], seen: new Set(), count: null };
}

/**
 * Takes one page into a reading and tells where the next one begins; null: the list is complete.
 * Throws NetBoxAPIError `netbox_unstable_list` (a retry helps) when the pages do not fit together: a count that
 * changed, a row twice, a gap, another path, too few or too many rows. What was read must then not be used.
 */
export function takePage(path: string, position: Position, page: Page, reading: Reading): Position | null {
  const broken = (why: string) =>
    new NetBoxAPIError("netbox_unstable_list", `The list ${path} changed while it was read: ${why}.`, {
      retryable: true,
    });
  if (!Array.isArray(page.results)) throw broken("a page has no results");
  if ("offset" in position) {
    if (page.count === null) throw broken("a page has no count");
    if (reading.count !== null && page.count !== reading.count)
      throw broken(`${reading.count} rows became ${page.count}`);
    reading.count = page.count;
  }
  for (const row of page.results) {
    if (reading.seen.has(row.id)) throw broken(`row ${row.id} came twice`);
    const last = reading.rows.at(-1)?.id ?? 0;
    if ("start" in position && row.id <= last) throw broken(`row ${row.id} came after row ${last}`);
    reading.seen.add(row.id);
    reading.rows.push(row);
  }
  if (page.next === null) {
    if (reading.count === null || reading.count === reading.rows.length) return null;
    throw broken(`${reading.rows.length} of ${reading.count} rows came`);
  }
  if (page.results.length === 0) throw broken("a page is empty and not the last");
  return positionOf(path, position, page.next, reading, broken);
}

function positionOf(
  path: string,
  position: Position,
  next: string,
  reading: Reading,
  broken: (why: string) => NetBoxAPIError,
): Position {
  // Only its path and position count: behind a proxy NetBox may name itself by another host.
  const url = new URL(next, "http://netbox.invalid");
  if (!url.pathname.endsWith(path)) throw broken(`the next page is ${url.pathname}`);
  if ("start" in position) {
    const start = Number(url.searchParams.get("start"));
    if (!(start > (reading.rows.at(-1)?.id ?? 0))) throw broken(`the next page begins at ${start} again`);
    return { start };
  }
  const offset = Number(url.searchParams.get("offset"));
  if (offset !== reading.rows.length) throw broken(`the next page begins at ${offset}, not at ${reading.rows.length}`);
  return { offset };
}

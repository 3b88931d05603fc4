import type { Row } from "./canonical.ts";
import type { DesiredTags } from "./desired.ts";

/** The tag that says an object is ours. */
export const oursTag = "proxbox";

/** A tag as a row carries it. */
export type TagOfRow = { id: number; slug: string };

/** The tags of a row. */
export function tagsOf(row: Row): TagOfRow[] {
  return Array.isArray(row.tags) ? (row.tags as TagOfRow[]) : [];
}

/** Which tags come off a row and which are put on it. Tags that are not ours stay whatever is wanted. */
export type TagChange = { off: readonly TagOfRow[]; on: readonly string[] };

/**
 * What has to happen to a row's tags. `idOf` tells under which id NetBox keeps a tag that has another slug there, if it
 * is known. Null: nothing.
 */
export function tagChange(
  desired: DesiredTags | undefined,
  row: Row,
  idOf: (slug: string) => number | undefined,
): TagChange | null {
  if (!desired || desired.keep || desired.onCreateOnly) return null;
  const present = tagsOf(row);
  const is = (tag: TagOfRow, slug: string) => tag.slug === slug || tag.id === idOf(slug);
  const on = desired.add.filter((slug) => !present.some((tag) => is(tag, slug)));
  const off = present.filter(
    (tag) => desired.own?.some((slug) => is(tag, slug)) && !desired.add.some((slug) => is(tag, slug)),
  );
  return on.length + off.length > 0 ? { off, on: [...new Set(on)] } : null;
}

/** The tags a new object gets. */
export function tagsOnCreate(desired: DesiredTags | undefined): string[] {
  return [...new Set([...(desired?.add ?? []), ...(desired?.onCreate ?? [])])];
}

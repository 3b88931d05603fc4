import type { WireRow, Written } from "./bulk.ts";
import type { Row } from "./canonical.ts";
import { askable, type DraftEntry, type DraftStore, draftId, laidOver, shownRow, shownValues } from "./draft.ts";
import type { Query } from "./identity.ts";
import { type KindName, kindOf } from "./kinds.ts";

/** Reads a list of NetBox whole. `kind` is for logs and samples. */
export type ListRows = (kind: string, path: string, query: Query, signal: AbortSignal) => Promise<Row[]>;

/**
 * Reading and writing for a dry run: what is read is NetBox as it is, with what the run would have written laid over it,
 * and what is written is only drafted. So everything above, the stages included, works as in any run, and finds what
 * earlier stages would have made; only NetBox's own checks and permissions are not met.
 */
export function drafting(list: ListRows, store: DraftStore) {
  const madeTags = async () => {
    const entries = await store.read(kindOf("tag").path);
    return new Set(entries.flatMap((entry) => (entry.op === "create" ? [String(entry.row.slug)] : [])));
  };
  const read: ListRows = async (kind, path, query, signal) => {
    const asked = askable(query, "tag" in query ? await madeTags() : new Set());
    const [rows, entries] = await Promise.all([asked ? list(kind, path, asked, signal) : [], store.read(path)]);
    return laidOver(path, rows, entries, query);
  };
  const shown = async (path: string, rows: readonly WireRow[], signal: AbortSignal) => {
    const ids = new Set(rows.flatMap(({ tags }) => (tags as unknown[] | undefined) ?? []).filter(Number.isInteger));
    const query = { id: [...ids] as number[], fields: "id,slug" };
    const tags = ids.size > 0 ? await read("tag", kindOf("tag").path, query, signal) : [];
    const slugs = new Map(tags.map(({ id, slug }) => [id, String(slug)]));
    return rows.map((row) => shownValues(path, row, (id) => slugs.get(id) ?? ""));
  };
  const add = async (kind: KindName, entries: readonly DraftEntry[]) => {
    if (entries.length > 0) await store.add(kindOf(kind).path, entries);
  };
  return {
    list: read,
    create: async (kind: KindName, rows: readonly WireRow[], signal: AbortSignal): Promise<Written[]> => {
      const { path } = kindOf(kind);
      const values = await shown(path, rows, signal);
      const made = rows.map((row, index) => shownRow(path, draftId(path, row), values[index] ?? {}));
      await add(
        kind,
        made.map((row) => ({ op: "create", row })),
      );
      return made.map((row) => ({ row }));
    },
    update: async (
      kind: KindName,
      rows: readonly (WireRow & { id: number })[],
      signal: AbortSignal,
    ): Promise<Written[]> => {
      const values = await shown(kindOf(kind).path, rows, signal);
      await add(
        kind,
        rows.map(({ id }, index) => ({ op: "update", id, values: values[index] ?? {} })),
      );
      return rows.map(({ id }, index) => ({ row: { ...values[index], id } }));
    },
    remove: async (kind: KindName, ids: readonly number[]): Promise<Written[]> => {
      await add(
        kind,
        ids.map((id) => ({ op: "delete", id })),
      );
      return ids.map((id) => ({ row: { id } }));
    },
  };
}

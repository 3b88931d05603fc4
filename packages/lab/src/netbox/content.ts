import type { Json, Row } from "./model.ts";
import { now, store, type Table, takeOut, type World } from "./world.ts";
import { preset } from "./write.ts";

/** Rows as they are stored, by path of their model: references are ids, tags too. */
export type Content = Readonly<Record<string, readonly StoredRow[]>>;

/** A row without the instants that NetBox sets itself. */
export type StoredRow = { readonly id: number; readonly [field: string]: Json };

/** Who may do what, and which custom fields there are, is the release's own and never part of a content. */
const own = new Set(["users/users", "users/tokens", "extras/custom-fields", "core/object-types"]);

/** Everything a NetBox holds, but for its users and custom fields. */
export function contentOf(world: World): Content {
  const tables = [...world.tables].filter(([path, { rows }]) => rows.size > 0 && !own.has(path));
  return Object.fromEntries(
    tables.map(([path, { rows }]) => [
      path,
      [...rows.values()].map(({ created: _created, last_updated: _updated, ...row }) => row as StoredRow),
    ]),
  );
}

/**
 * Puts a content in place of what a NetBox holds. What this release of NetBox and the plugin do not know (tables, fields,
 * custom fields) is left out, as their migrations do. Throws when rows meet a constraint of the database.
 */
export function putContent(world: World, content: Content): void {
  for (const [path, table] of world.tables) {
    if (own.has(path)) continue;
    for (const row of table.rows.values()) takeOut(world, table, row);
    for (const row of content[path] ?? []) store(world, table, asRow(world, table, row));
    table.nextId = Math.max(0, ...table.rows.keys()) + 1;
  }
  world.changes.length = 0;
}

function asRow(world: World, { model }: Table, row: StoredRow): Row {
  const empty = preset(world, model);
  const known = Object.entries(row).filter(([field]) => field in empty && field !== "custom_fields");
  const at = now(world);
  return { ...empty, ...Object.fromEntries(known), id: row.id, created: at, last_updated: at } as Row;
}

import { Refusal } from "./errors.ts";
import type { Field, Json, Model, Row } from "./model.ts";
import { now, store, type Table, takeOut, type World } from "./world.ts";
import { type Author, record, spread } from "./write.ts";

type Holder = { readonly table: Table; readonly name: string; readonly field: Field };

type Doomed = { readonly table: Table; readonly row: Row };

/** A reference to what goes, in a row that stays. */
type Cleared = Doomed & { readonly name: string; readonly target: number };

type Collected = { doomed: Map<string, Doomed>; held: Doomed[]; restricted: Doomed[]; cleared: Cleared[] };

const holders = new WeakMap<World, Map<string, Holder[]>>();

/** Fields of any model that refer to this one. */
const holdersOf = (world: World, model: Model): readonly Holder[] => {
  let known = holders.get(world);
  if (!known) {
    known = new Map();
    for (const table of world.tables.values()) {
      for (const [name, field] of Object.entries(table.model.fields)) {
        if ((field.kind !== "reference" && field.kind !== "references") || field.to === undefined) continue;
        known.set(field.to, [...(known.get(field.to) ?? []), { table, name, field }]);
      }
    }
    holders.set(world, known);
  }
  return known.get(model.path) ?? [];
};

const keyOf = (table: Table, row: Row) => `${table.model.path} ${row.id}`;

const collectHolder = (world: World, collected: Collected, holder: Holder, row: Row) => {
  for (const held of world.lookup.having(holder.table.model.path, holder.name, row.id)) {
    const entry = { table: holder.table, row: held };
    if (holder.field.kind === "references" || holder.field.onDelete === "set-null") {
      collected.cleared.push({ ...entry, name: holder.name, target: row.id });
    } else if (holder.field.onDelete === "cascade") collect(world, collected, holder.table, held);
    else if (holder.field.onDelete === "restrict") collected.restricted.push(entry);
    else collected.held.push(entry);
  }
};

const collect = (world: World, collected: Collected, table: Table, row: Row) => {
  const key = keyOf(table, row);
  if (collected.doomed.has(key)) return;
  collected.doomed.set(key, { table, row });
  for (const holder of holdersOf(world, table.model)) collectHolder(world, collected, holder, row);
  for (const other of world.tables.values()) {
    if (other.model.link?.onDelete !== "cascade") continue;
    for (const linked of world.lookup.having(other.model.path, "link", `${table.model.type} ${row.id}`)) {
      collect(world, collected, other, linked);
    }
  }
};

const dependents = (world: World, { doomed, held, restricted }: Collected): string[] => {
  const kept = restricted.filter(({ table, row }) => !doomed.has(keyOf(table, row)));
  const unique = new Map([...held, ...kept].map((entry) => [keyOf(entry.table, entry.row), entry]));
  const entries = [...unique.values()].sort((a, b) => (a.table.model.type < b.table.model.type ? -1 : 1));
  return entries.map(({ table, row }) => `${table.model.display(row, world.lookup)} (${row.id})`);
};

const clear = (world: World, { table, row, name, target }: Cleared, author: Author) => {
  const before = table.rows.get(row.id);
  if (!before) return;
  const value = before[name] as Json;
  const rest = Array.isArray(value) ? value.filter((id) => id !== target) : null;
  const touch = name.startsWith("primary_") ? { last_updated: now(world) } : {};
  const after: Row = { ...before, [name]: rest, ...touch };
  store(world, table, after);
  if (name.startsWith("primary_")) record(world, table, author, "update", after, before);
};

/** Deletes a row with all that goes with it. Throws 409 when something that stays depends on it. */
export const removeRow = (world: World, table: Table, row: Row, author: Author, message = ""): void => {
  const collected: Collected = { doomed: new Map(), held: [], restricted: [], cleared: [] };
  collect(world, collected, table, row);
  const names = dependents(world, collected);
  if (names.length > 0) {
    const detail = `Unable to delete object. ${names.length} dependent objects were found: ${names.join(", ")}`;
    throw new Refusal(409, { detail });
  }
  const doomed = [...collected.doomed.values()].reverse();
  for (const entry of collected.cleared) {
    if (!collected.doomed.has(keyOf(entry.table, entry.row))) clear(world, entry, author);
  }
  if (table.model.path === "extras/tags") untag(world, row);
  for (const { table: owner, row: last } of doomed) {
    const current = owner.rows.get(last.id);
    if (current) takeOut(world, owner, current);
    record(world, owner, author, "delete", last, undefined, owner === table ? message : "");
  }
  for (const { table: owner, row: last } of doomed) spread(world, owner, last, undefined, true, author);
};

/** Takes a tag off everything that has it. */
const untag = (world: World, tag: Row) => {
  for (const table of world.tables.values()) {
    if (!table.indexes.has("tags")) continue;
    for (const row of world.lookup.having(table.model.path, "tags", tag.id)) {
      store(world, table, { ...row, tags: row.tags.filter((id) => id !== tag.id) });
    }
  }
};

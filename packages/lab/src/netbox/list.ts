import { invalid } from "./errors.ts";
import { conditionsOf } from "./filters.ts";
import type { JsonObject, Row } from "./model.ts";
import { inOrder, orderingOf } from "./order.ts";
import { type Address, present, shapeFor } from "./present.ts";
import type { Table, World } from "./world.ts";

const DEFAULT_PAGE = 50;
const MAX_PAGE = 1000;

type Sorted = { version: number; rows: Row[] };

const sorted = new WeakMap<Table, Sorted>();

/** Every row in the model's order. Keeps the last result: sorting what is nearly sorted is cheap. */
const allInOrder = (world: World, table: Table): readonly Row[] => {
  const last = sorted.get(table);
  if (last?.version === table.version) return last.rows;
  const kept = (last?.rows ?? []).flatMap((row) => table.rows.get(row.id) ?? []);
  const known = new Set(kept);
  const rows = [...kept, ...[...table.rows.values()].filter((row) => !known.has(row))];
  rows.sort(inOrder(world, table.model, table.model.order));
  sorted.set(table, { version: table.version, rows });
  return rows;
};

/** The rows a query finds, and whether few were looked at; what is looked at otherwise is `all`. */
const matching = (world: World, table: Table, query: URLSearchParams, all: () => readonly Row[]) => {
  const conditions = conditionsOf(world, table, query);
  const narrowed = conditions.find((condition) => condition.narrow !== undefined)?.narrow?.();
  const source = narrowed ?? all();
  const rows =
    conditions.length === 0 ? source : source.filter((row) => conditions.every((condition) => condition.accepts(row)));
  return { rows, narrowed: narrowed !== undefined };
};

/** The rows a query finds, ordered. */
export const find = (world: World, table: Table, query: URLSearchParams): readonly Row[] => {
  const ordering = orderingOf(table.model, query.get("ordering"));
  const all = () => (ordering ? [...table.rows.values()] : allInOrder(world, table));
  const { rows, narrowed } = matching(world, table, query, all);
  if (ordering) return [...rows].sort(inOrder(world, table.model, ordering));
  return narrowed ? [...rows].sort(inOrder(world, table.model, table.model.order)) : rows;
};

const whole = (value: string | null): number | undefined =>
  value !== null && /^\d+$/.test(value) ? Number(value) : undefined;

const limitOf = (query: URLSearchParams): number => {
  const asked = whole(query.get("limit"));
  if (asked === undefined) return DEFAULT_PAGE;
  return asked === 0 ? MAX_PAGE : Math.min(asked, MAX_PAGE);
};

/** The address of another page of the same list; parameters come sorted by name. */
const pageAt = (url: URL, address: Address, set: Readonly<Record<string, number | undefined>>): string => {
  const query = new URLSearchParams(url.search);
  for (const [name, value] of Object.entries(set)) {
    if (value === undefined) query.delete(name);
    else query.set(name, String(value));
  }
  query.sort();
  return `${address}${url.pathname}?${query}`;
};

const byId = (a: Row, b: Row) => a.id - b.id;

/** A page by id: there is a next one whenever this one is full, even when nothing follows. */
const fromStart = (world: World, table: Table, url: URL, address: Address): JsonObject => {
  const query = url.searchParams;
  const start = whole(query.get("start"));
  if (start === undefined) throw invalid(["Invalid 'start' parameter: must be a non-negative integer."]);
  if (query.has("offset")) throw invalid(["'start' and 'offset' are mutually exclusive."]);
  if (query.has("ordering")) {
    throw invalid(["Ordering cannot be specified in conjunction with cursor-based pagination."]);
  }
  const limit = limitOf(query);
  // By id: the model's own order, which takes long to find in a big table, is not asked for.
  const { rows: found } = matching(world, table, query, () => [...table.rows.values()]);
  const rows = found.filter((row) => row.id >= start).sort(byId);
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const shape = shapeFor(table.model, query, true);
  return {
    count: null,
    next: page.length === limit && last ? pageAt(url, address, { limit, start: last.id + 1 }) : null,
    previous: null,
    results: page.map((row) => present(world, table, row, address, shape)),
  };
};

/** A page of a list, as the query asks. */
export const listPage = (
  world: World,
  table: Table,
  url: URL,
  address: Address,
  visible: (row: Row) => boolean,
): JsonObject => {
  const query = url.searchParams;
  if (query.has("start") && world.traits.cursors) return fromStart(world, table, url, address);
  const rows = find(world, table, query).filter(visible);
  const limit = limitOf(query);
  const offset = whole(query.get("offset")) ?? 0;
  const page = rows.slice(offset, offset + limit);
  const shape = shapeFor(table.model, query, true);
  const before = offset - limit;
  return {
    count: rows.length,
    next: offset + limit < rows.length ? pageAt(url, address, { limit, offset: offset + limit }) : null,
    previous: offset > 0 ? pageAt(url, address, { limit, offset: before > 0 ? before : undefined }) : null,
    results: page.map((row) => present(world, table, row, address, shape)),
  };
};

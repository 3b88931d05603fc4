import { duplicateKey, Refusal } from "./errors.ts";
import type { Json, Lookup, Model, Row, Unique } from "./model.ts";
import type { Traits } from "./versions.ts";

/** Ids by value of one indexed field. */
type Index = Map<string, Set<number>>;

type Keyed = {
  readonly name: string;
  readonly index: Index;
  readonly keys: (row: Row) => readonly (string | undefined)[];
};

/** A model and its rows. */
export type Table = {
  readonly model: Model;
  readonly rows: Map<number, Row>;
  readonly indexes: ReadonlyMap<string, Keyed>;
  /** Every constraint the database knows of this model. */
  readonly uniques: readonly Unique[];
  nextId: number;
  /** Moves with every write, for caches of what was worked out from the rows. */
  version: number;
};

/** One record of the change log; the rows themselves say what changed. */
export type ChangeRecord = {
  readonly id: number;
  readonly time: string;
  readonly action: "create" | "update" | "delete";
  readonly model: Model;
  readonly row: Row;
  readonly before: Row | undefined;
  readonly request: string;
  readonly user: string;
  readonly message: string;
};

/** Everything NetBox holds, in memory. Only one write is at work at a time. */
export type World = {
  readonly tables: ReadonlyMap<string, Table>;
  readonly byType: ReadonlyMap<string, Table>;
  readonly changes: ChangeRecord[];
  readonly lookup: Lookup;
  readonly traits: Traits;
  readonly settings: { enforceGlobalUnique: boolean };
  /** What the transaction at work has to take back, last first. */
  undo: (() => void)[] | undefined;
  clock: number;
};

const keyOf = (value: Json | undefined): string => (typeof value === "string" ? value : JSON.stringify(value ?? null));

/** The key of a row in a unique index; undefined when a member is null or the constraint does not hold for it. */
export const uniqueKey = (unique: Unique, row: Row): string | undefined => {
  if (unique.when?.(row) === false) return undefined;
  const parts: string[] = [];
  for (const field of unique.fields) {
    const value = row[field];
    if (value === null || value === undefined) return undefined;
    parts.push(unique.fold?.includes(field) ? String(value).toLowerCase() : String(value));
  }
  return parts.join("\u0000");
};

/** Field-level uniqueness as a constraint of its own. */
const fieldUniques = (model: Model): readonly Unique[] =>
  Object.entries(model.fields)
    .filter(([, field]) => field.unique !== undefined)
    .map(([name]) => ({
      fields: [name],
      answer: "database",
      constraint: `${model.table}_${name}_key`,
      columns: [name],
    }));

/** Every constraint of a model; one it states for a single field takes the place of that field's own. */
const uniquesOf = (model: Model): readonly Unique[] => {
  const stated = model.uniques ?? [];
  const isStated = ({ constraint }: Unique) => stated.some((unique) => unique.constraint === constraint);
  return [...fieldUniques(model).filter((unique) => !isStated(unique)), ...stated];
};

/** Name of the index behind a constraint. */
export const uniqueIndex = (unique: Unique): string => `unique ${unique.constraint}`;

const indexed = (model: Model): Keyed[] => {
  const keyed: Keyed[] = [];
  const add = (name: string, keys: Keyed["keys"]) => keyed.push({ name, index: new Map(), keys });
  for (const [name, field] of Object.entries(model.fields)) {
    if (field.kind === "reference") add(name, (row) => [row[name] === null ? undefined : keyOf(row[name])]);
    if (field.kind === "references") add(name, (row) => (row[name] as number[]).map(keyOf));
    if (field.kind === "tags") add(name, (row) => row.tags.map(keyOf));
  }
  if (model.link) {
    const { type, id } = model.link;
    add("link", (row) => [row[type] === null ? undefined : `${row[type]} ${row[id]}`]);
  }
  for (const [name, compute] of Object.entries(model.indexes ?? {})) {
    add(name, (row) => [compute(row) === null ? undefined : keyOf(compute(row))]);
  }
  for (const unique of uniquesOf(model)) add(uniqueIndex(unique), (row) => [uniqueKey(unique, row)]);
  return keyed;
};

const put = (keyed: Keyed, row: Row) => {
  for (const key of keyed.keys(row)) {
    if (key === undefined) continue;
    const ids = keyed.index.get(key);
    if (ids) ids.add(row.id);
    else keyed.index.set(key, new Set([row.id]));
  }
};

const drop = (keyed: Keyed, row: Row) => {
  for (const key of keyed.keys(row)) {
    if (key === undefined) continue;
    const ids = keyed.index.get(key);
    ids?.delete(row.id);
    if (ids?.size === 0) keyed.index.delete(key);
  }
};

const setRow = (table: Table, id: number, before: Row | undefined, after: Row | undefined) => {
  for (const keyed of table.indexes.values()) {
    if (before) drop(keyed, before);
    if (after) put(keyed, after);
  }
  if (after) table.rows.set(id, after);
  else table.rows.delete(id);
  table.version += 1;
};

/** An empty world of these models. */
export const createWorld = (models: readonly Model[], traits: Traits): World => {
  const tables = new Map<string, Table>();
  const byType = new Map<string, Table>();
  for (const model of models) {
    const indexes = new Map(indexed(model).map((keyed) => [keyed.name, keyed]));
    const table: Table = { model, rows: new Map(), indexes, uniques: uniquesOf(model), nextId: 1, version: 0 };
    tables.set(model.path, table);
    byType.set(model.type, table);
  }
  const settings = { enforceGlobalUnique: true };
  const find = (path: string, field: string, value: Json) => {
    const keyed = tables.get(path)?.indexes.get(field);
    if (!keyed) throw new Error(`${path} has no index ${field}`);
    return keyed.index.get(keyOf(value));
  };
  const lookup: Lookup = {
    get: (path, id) => (typeof id === "number" ? tables.get(path)?.rows.get(id) : undefined),
    having: (path, field, value) => {
      const rows = tables.get(path)?.rows;
      const found: Row[] = [];
      for (const id of find(path, field, value) ?? []) {
        const row = rows?.get(id);
        if (row) found.push(row);
      }
      return found;
    },
    count: (path, field, value) => find(path, field, value)?.size ?? 0,
    tagged: (tag) => {
      let sum = 0;
      for (const { indexes } of tables.values()) sum += indexes.get("tags")?.index.get(String(tag))?.size ?? 0;
      return sum;
    },
    pathOf: (type) => (typeof type === "string" ? byType.get(type)?.model.path : undefined),
    display: (path, row) => tables.get(path)?.model.display(row, lookup) ?? String(row.id),
    get enforceGlobalUnique() {
      return settings.enforceGlobalUnique;
    },
  };
  return { tables, byType, changes: [], lookup, traits, settings, undo: undefined, clock: 0 };
};

/** The table at a path; throws when the simulator has no such model. */
export const tableAt = (world: World, path: string): Table => {
  const table = world.tables.get(path);
  if (!table) throw new Error(`the simulated NetBox has no table ${path}`);
  return table;
};

/** Now, in microseconds that never repeat, as NetBox writes instants. */
export const now = (world: World): string => {
  world.clock = Math.max(world.clock + 1, Date.now() * 1000);
  const micros = String(world.clock % 1000).padStart(3, "0");
  return `${new Date(Math.floor(world.clock / 1000)).toISOString().slice(0, -1)}${micros}Z`;
};

/** Runs a write: all of it, or (when it throws) none of it. Ids that were given out stay used, as with a sequence. */
export const transaction = <T>(world: World, write: () => T): T => {
  const undo: (() => void)[] = [];
  const changes = world.changes.length;
  world.undo = undo;
  try {
    return write();
  } catch (error) {
    for (const step of undo.reverse()) step();
    world.changes.length = changes;
    throw error;
  } finally {
    world.undo = undefined;
  }
};

const meetConstraints = (table: Table, row: Row) => {
  for (const unique of table.uniques) {
    const key = uniqueKey(unique, row);
    if (key === undefined) continue;
    const taken = table.indexes.get(uniqueIndex(unique))?.index.get(key);
    if (taken === undefined || (taken.size === 1 && taken.has(row.id))) continue;
    if (unique.conflict) throw new Refusal(unique.conflict.status, unique.conflict.body);
    const values = unique.fields.map((field) =>
      unique.fold?.includes(field) ? String(row[field]).toLowerCase() : (row[field] ?? null),
    );
    throw duplicateKey(unique.constraint, unique.columns, values);
  }
};

/** Stores a row, new or replaced. Throws a 500 refusal when it meets a constraint of the database. */
export const store = (world: World, table: Table, row: Row): void => {
  meetConstraints(table, row);
  const before = table.rows.get(row.id);
  setRow(table, row.id, before, row);
  world.undo?.push(() => setRow(table, row.id, row, before));
};

/** Takes a row out. */
export const takeOut = (world: World, table: Table, row: Row): void => {
  setRow(table, row.id, row, undefined);
  world.undo?.push(() => setRow(table, row.id, undefined, row));
};

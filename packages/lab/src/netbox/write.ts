import { checkCustomFields, customFieldsOf } from "./custom-fields.ts";
import { crash, invalid, Refusal } from "./errors.ts";
import type { Change, Errors, Json, Model, Row, SideChange } from "./model.ts";
import { type Parsed, parseBody, type Reading } from "./parse.ts";
import { now, store, type Table, tableAt, uniqueIndex, uniqueKey, type World } from "./world.ts";

/** Who writes, and under which request id: what change records say. */
export type Author = { readonly user: string; readonly request: string };

/** The values a new object has before any are given. */
export const preset = (world: World, model: Model): Record<string, Json> => {
  const values: Record<string, Json> = {};
  for (const [name, field] of Object.entries(model.fields)) {
    if (field.kind === "computed" || field.kind === "linked") continue;
    values[name] = field.default ?? null;
  }
  const custom: Record<string, Json> = {};
  for (const field of customFieldsOf(world, model)) {
    if ((field.default ?? null) !== null) custom[String(field.name)] = field.default as Json;
  }
  return { tags: [], ...values, custom_fields: custom };
};

const checkLink = (world: World, model: Model, row: Row): Errors | undefined => {
  const link = model.link;
  if (!link) return undefined;
  const type = row[link.type] ?? null;
  const id = row[link.id] ?? null;
  if (type === null && id === null) return undefined;
  if (type === null) return { [link.type]: ["This field cannot be null."] };
  if (id === null) return link.onDelete === "none" ? undefined : { [link.id]: ["This field cannot be null."] };
  const path = world.lookup.pathOf(type);
  if (link.missing === "unchecked" || (path !== undefined && world.lookup.get(path, id))) return undefined;
  return link.missing
    ? { non_field_errors: [`Invalid assigned_object: ${titleOf(world, type)} ID ${id}`] }
    : { [link.id]: [`Related object not found using the provided value: ${id}.`] };
};

/** "Virtualization > Virtual Machine", as content types are printed. */
const titleOf = (world: World, type: Json): string => {
  const model = world.byType.get(String(type))?.model;
  const app = String(type).split(".")[0] ?? "";
  const name = model?.object.replace(/([a-z])([A-Z])/g, "$1 $2") ?? "";
  return `${app.charAt(0).toUpperCase()}${app.slice(1)} > ${name}`;
};

const checkTags = (world: World, model: Model, row: Row) => {
  for (const id of row.tags) {
    const tag = world.lookup.get("extras/tags", id);
    const types = (tag?.object_types ?? []) as string[];
    if (types.length === 0 || types.includes(model.type)) continue;
    const name = model.type.split(".")[1];
    throw invalid({ detail: `Tag ${tag?.name} cannot be assigned to ${name} objects.` });
  }
};

const checkConstraints = (table: Table, row: Row): string[] => {
  const messages: string[] = [];
  for (const unique of table.uniques) {
    const key = unique.answer === "400" ? uniqueKey(unique, row) : undefined;
    const ids = key === undefined ? undefined : table.indexes.get(uniqueIndex(unique))?.index.get(key);
    if (ids && [...ids].some((id) => id !== row.id)) messages.push(unique.message ?? "Duplicate.");
  }
  return messages;
};

/** The checks of the whole object: links, the model's rules, custom fields, uniqueness. */
const validate = (world: World, table: Table, change: Change) => {
  const { model } = table;
  const broken = checkLink(world, model, change.row);
  if (broken) throw invalid(broken);
  let errors: Errors = {};
  for (const rule of model.rules ?? []) {
    const found = rule(change);
    if (!found) continue;
    errors = found;
    break;
  }
  if (Object.keys(errors).length === 0 && "custom_fields" in model.fields) {
    checkCustomFields(world, model, change.row, change.before);
  }
  const messages = checkConstraints(table, change.row);
  const about = [...((errors.__all__ as string[] | undefined) ?? []), ...messages];
  if (about.length > 0) errors = { ...errors, __all__: about };
  if (Object.keys(errors).length > 0) throw invalid(errors);
};

const derived = (table: Table, change: Change): Row => {
  let row = change.row;
  for (const derive of table.model.derive ?? []) row = { ...row, ...derive({ ...change, row }) };
  return row;
};

const sameValue = (a: Json | undefined, b: Json | undefined): boolean =>
  a === b || (typeof a === "object" && a !== null && JSON.stringify(a) === JSON.stringify(b));

const sameTags = (a: readonly number[], b: readonly number[]) =>
  a.length === b.length && a.every((id) => b.includes(id));

/** Whether a save changed anything but the time of the last one. */
const differs = (before: Row, after: Row): boolean => {
  for (const name of Object.keys(after)) {
    if (name === "last_updated" || name === "last_synced") continue;
    if (name === "tags" ? !sameTags(before.tags, after.tags) : !sameValue(before[name], after[name])) return true;
  }
  return false;
};

/** Appends a change record, unless an update changed nothing. */
export const record = (
  world: World,
  table: Table,
  author: Author,
  action: "create" | "update" | "delete",
  row: Row,
  before: Row | undefined,
  message = "",
): void => {
  if (action === "update" && before && !differs(before, row)) return;
  if (message.length > 200) throw crash("DataError", "value too long for type character varying(200)");
  const id = world.changes.length + 1;
  const { user, request } = author;
  world.changes.push({ id, time: now(world), action, model: table.model, row, before, request, user, message });
};

const settle = (world: World, side: SideChange, author: Author) => {
  const table = tableAt(world, side.path);
  const before = table.rows.get(side.id);
  if (!before) return;
  const row: Row = { ...before, ...side.set, ...(side.touch ? { last_updated: now(world) } : {}) };
  store(world, table, row);
  if (side.touch) record(world, table, author, "update", row, before);
};

/** Lets what changed change what depends on it. */
export const spread = (
  world: World,
  table: Table,
  row: Row,
  before: Row | undefined,
  gone: boolean,
  author: Author,
): void => {
  for (const effect of table.model.effects ?? []) {
    for (const side of effect({ row, before, gone, lookup: world.lookup })) settle(world, side, author);
  }
};

/** A body that passed every check, not yet stored. */
type Prepared = { readonly row: Row; readonly parsed: Parsed; readonly before: Row | undefined };

const prepareNew = (world: World, table: Table, body: Json | undefined, reading: Reading): Prepared => {
  const parsed = parseBody(world, table, body, undefined, reading);
  const start = preset(world, table.model);
  const custom = { ...(start.custom_fields as object), ...(parsed.given.custom_fields as object | undefined) };
  const row = { id: 0, created: "", last_updated: "", ...start, ...parsed.given, custom_fields: custom } as Row;
  const change: Change = { row, before: undefined, given: parsed.given, lookup: world.lookup };
  validate(world, table, change);
  return { row: derived(table, change), parsed, before: undefined };
};

const prepareChange = (world: World, table: Table, before: Row, body: Json | undefined, reading: Reading): Prepared => {
  const parsed = parseBody(world, table, body, before, reading);
  const row = { ...before, ...parsed.given } as Row;
  const change: Change = { row, before, given: parsed.given, lookup: world.lookup };
  validate(world, table, change);
  return { row: derived(table, change), parsed, before };
};

const save = (world: World, table: Table, { row: ready, parsed, before }: Prepared, author: Author): Row => {
  const created = before?.created ?? now(world);
  const last_updated = now(world);
  const row: Row = before
    ? { ...ready, last_updated }
    : { ...ready, id: table.nextId++, created, last_updated, ...("last_synced" in ready ? { last_synced: null } : {}) };
  checkTags(world, table.model, row);
  store(world, table, row);
  record(world, table, author, before ? "update" : "create", row, before, parsed.message);
  spread(world, table, row, before, false, author);
  return table.rows.get(row.id) as Row;
};

/** Creates one object. */
export const create = (world: World, table: Table, body: Json | undefined, reading: Reading, author: Author): Row =>
  save(world, table, prepareNew(world, table, body, reading), author);

/** Creates a list: every item is checked before the first is stored; errors come as a list aligned with it. */
export const createAll = (
  world: World,
  table: Table,
  bodies: readonly Json[],
  reading: Reading,
  author: Author,
): Row[] => {
  if (table.model.createsInTurn) return bodies.map((body) => create(world, table, body, reading, author));
  const errors: Json[] = [];
  const prepared: Prepared[] = [];
  for (const body of bodies) {
    try {
      prepared.push(prepareNew(world, table, body, reading));
      errors.push({});
    } catch (error) {
      if (!(error instanceof Refusal) || error.status !== 400) throw error;
      errors.push(error.body);
    }
  }
  if (prepared.length < bodies.length) throw invalid(errors);
  return prepared.map((entry) => save(world, table, entry, author));
};

/** Changes one object. */
export const change = (
  world: World,
  table: Table,
  before: Row,
  body: Json | undefined,
  reading: Reading,
  author: Author,
): Row => save(world, table, prepareChange(world, table, before, body, reading), author);

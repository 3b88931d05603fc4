import { type Action, authenticate, type Caller, type Grant, permitted } from "./access.ts";
import { forbidden, invalid, notFound, Refusal } from "./errors.ts";
import { listPage } from "./list.ts";
import type { Json, JsonObject, Row } from "./model.ts";
import { inOrder } from "./order.ts";
import type { Reading } from "./parse.ts";
import { type Address, present, shapeFor } from "./present.ts";
import { typeName } from "./python.ts";
import { removeRow } from "./remove.ts";
import { type Table, transaction, type World } from "./world.ts";
import { type Author, change, create, createAll } from "./write.ts";

/** A request the engine can answer: a list or an object of one table. */
export type Call = {
  readonly method: string;
  readonly url: URL;
  readonly address: Address;
  readonly table: Table;
  readonly id: number | undefined;
  readonly authorization: string | null;
  readonly ifMatch: string | null;
  /** Parses the body when it is needed; undefined when there is none. */
  readonly body: () => Json | undefined;
};

/** An answer, and what it took: how many objects were written, how many rows were shown. */
export type Answer = {
  readonly status: number;
  readonly body?: Json;
  readonly etag?: string;
  readonly written: number;
  readonly shown: number;
};

const ACTIONS: Readonly<Record<string, Action>> = {
  GET: "view",
  HEAD: "view",
  POST: "add",
  PUT: "change",
  PATCH: "change",
  DELETE: "delete",
};

const etagOf = (row: Row): string => `W/"${row.last_updated.replace("Z", "+00:00")}"`;

/** The tag of an answer about one object; users and permissions have none. */
const tagged = ({ world, call }: At, row: Row) =>
  call.table.model.untagged || !world.traits.etags ? {} : { etag: etagOf(row) };

/** Methods a URL of a model takes. */
export const allowed = (table: Table, detail: boolean): string[] => {
  const methods = detail ? ["GET", "PUT", "PATCH", "DELETE"] : ["GET", "POST", "PUT", "PATCH", "DELETE"];
  const kept = methods.filter((method) => !table.model.refuses?.includes(method));
  return [...kept, "HEAD", "OPTIONS"];
};

const precondition = ({ world, call: { ifMatch } }: At, rows: readonly Row[]) => {
  if (ifMatch === null || !world.traits.etags) return;
  const tags = new Set(ifMatch.split(",").map((tag) => tag.trim()));
  for (const row of rows) {
    if (!tags.has(etagOf(row)) && !tags.has("*")) throw new Stale(etagOf(row));
  }
};

/** 412, with the tag the object has now. */
export class Stale extends Refusal {
  readonly etag: string;

  constructor(etag: string) {
    super(412, { detail: "Precondition failed." });
    this.name = "Stale";
    this.etag = etag;
  }
}

const readingOf = (query: URLSearchParams, partial: boolean): Reading => {
  const names = (key: string) => (query.get(key) ?? "").split(",").filter((name) => name !== "");
  const fields = new Set(names("fields"));
  const omit = new Set(names("omit"));
  return { partial, accepts: (name) => (fields.size === 0 || fields.has(name)) && !omit.has(name) };
};

const isList = (body: Json | undefined): body is readonly Json[] => Array.isArray(body);

const messageOf = (body: Json | undefined): string =>
  typeof body === "object" && body !== null && !Array.isArray(body)
    ? String((body as JsonObject).changelog_message ?? "")
    : "";

/** Checks the ids of a bulk PATCH, PUT or DELETE. */
const idsOf = (body: Json | undefined): number[] => {
  if (!isList(body)) {
    const kind = body === undefined ? "dict" : typeName(body);
    throw invalid({ non_field_errors: [`Expected a list of items but got type "${kind}".`] });
  }
  const errors = body.map((item): Json => {
    if (typeName(item) !== "dict") {
      return { non_field_errors: [`Invalid data. Expected a dictionary, but got ${typeName(item)}.`] };
    }
    const id = (item as JsonObject).id;
    if (id === undefined) return { id: ["This field is required."] };
    return Number.isInteger(Number(id)) ? {} : { id: ["A valid integer is required."] };
  });
  if (errors.some((error) => Object.keys(error as object).length > 0)) throw invalid(errors);
  return body.map((item) => Number((item as JsonObject).id));
};

type At = {
  readonly world: World;
  readonly call: Call;
  readonly author: Author;
  readonly mayTouch: (row: Row) => boolean;
};

const show = ({ world, call }: At, row: Row): JsonObject =>
  present(world, call.table, row, call.address, shapeFor(call.table.model, call.url.searchParams, false));

const guarded = ({ mayTouch }: At, row: Row): Row => {
  if (!mayTouch(row)) throw forbidden();
  return row;
};

const post = (at: At): Answer => {
  const { world, call, author } = at;
  const body = call.body();
  const reading = readingOf(call.url.searchParams, false);
  if (isList(body)) {
    const rows = createAll(world, call.table, body, reading, author).map((row) => guarded(at, row));
    return { status: 201, body: rows.map((row) => show(at, row)), written: rows.length, shown: rows.length };
  }
  const row = guarded(at, create(world, call.table, body === undefined ? {} : body, reading, author));
  return { status: 201, body: show(at, row), ...tagged(at, row), written: 1, shown: 1 };
};

const found = ({ call, world, mayTouch }: At, ids: readonly number[], order = call.table.model.order): Row[] =>
  [...new Set(ids)]
    .flatMap((id) => call.table.rows.get(id) ?? [])
    .filter(mayTouch)
    .sort(inOrder(world, call.table.model, order));

const changeAll = (at: At, partial: boolean): Answer => {
  const { world, call, author } = at;
  const body = call.body();
  const ids = idsOf(body);
  const rows = found(at, ids);
  precondition(at, rows);
  const bodies = new Map(ids.map((id, index) => [id, (body as readonly Json[])[index]]));
  const reading = readingOf(call.url.searchParams, partial);
  const changed = rows
    .map((row) => change(world, call.table, row, bodies.get(row.id), reading, author))
    .sort(inOrder(world, call.table.model, call.table.model.order));
  return { status: 200, body: changed.map((row) => show(at, row)), written: changed.length, shown: changed.length };
};

const removeAll = (at: At): Answer => {
  const { world, call, author } = at;
  const body = call.body();
  const ids = idsOf(body);
  const rows = found(at, ids, call.table.model.deleteOrder);
  precondition(at, rows);
  const messages = new Map(ids.map((id, index) => [id, messageOf((body as readonly Json[])[index])]));
  for (const row of rows) {
    const current = call.table.rows.get(row.id);
    if (current) removeRow(world, call.table, current, author, messages.get(row.id));
  }
  return { status: 204, written: rows.length, shown: 0 };
};

const one = ({ call, mayTouch }: At): Row => {
  const row = call.table.rows.get(call.id ?? 0);
  if (!row || !mayTouch(row)) throw notFound(call.table.model.object);
  return row;
};

const changeOne = (at: At, partial: boolean): Answer => {
  const { world, call, author } = at;
  const before = one(at);
  precondition(at, [before]);
  const row = change(world, call.table, before, call.body() ?? {}, readingOf(call.url.searchParams, partial), author);
  return { status: 200, body: show(at, row), ...tagged(at, row), written: 1, shown: 1 };
};

const removeOne = (at: At): Answer => {
  const { world, call, author } = at;
  const row = one(at);
  precondition(at, [row]);
  removeRow(world, call.table, row, author, messageOf(call.body()));
  return { status: 204, written: 1, shown: 0 };
};

const read = (at: At): Answer => {
  const { world, call, mayTouch } = at;
  if (call.id === undefined) {
    if (call.table.model.brokenList) {
      throw new Refusal(500, { error: "QuerySet is not ordered", exception: "QuerySetNotOrdered" });
    }
    const page = listPage(world, call.table, call.url, call.address, mayTouch);
    return { status: 200, body: page, written: 0, shown: (page.results as Json[]).length };
  }
  const row = one(at);
  const body = present(world, call.table, row, call.address, shapeFor(call.table.model, call.url.searchParams, true));
  return { status: 200, body, ...tagged(at, row), written: 0, shown: 1 };
};

const CRASH_OF_A_LIST =
  "Serializers with many=True do not support multiple update by default, only multiple create. For updates it is unclear how to deal with insertions and deletions. If you need to support multiple update, use a `ListSerializer` class and override `.update()` so you can specify the behavior exactly.";

/** A list sent to the address of one object crashes; a list of what are no objects is a 400. */
const refuseList = (body: Json | undefined) => {
  if (!isList(body)) return;
  const errors = body.map((item) =>
    typeName(item) === "dict"
      ? {}
      : { non_field_errors: [`Invalid data. Expected a dictionary, but got ${typeName(item)}.`] },
  );
  if (errors.some((error) => "non_field_errors" in error)) throw invalid(errors);
  throw new Refusal(500, {
    error: CRASH_OF_A_LIST,
    exception: "NotImplementedError",
    netbox_version: "4.6.8",
    python_version: "3.12.1",
  });
};

const write = (at: At): Answer => {
  const { method, id, body } = at.call;
  if (id === undefined) {
    if (method === "POST") return post(at);
    return method === "DELETE" ? removeAll(at) : changeAll(at, method === "PATCH");
  }
  if (method === "DELETE") return removeOne(at);
  refuseList(body());
  return changeOne(at, method === "PATCH");
};

/** Answers a call; throws a refusal for every other status. */
export const answer = (world: World, grants: readonly Grant[], call: Call): Answer => {
  const caller: Caller = authenticate(world, call.authorization);
  const { method, table } = call;
  const action = ACTIONS[method];
  if (action === undefined || !allowed(table, call.id !== undefined).includes(method)) {
    throw new Refusal(405, { detail: `Method "${method}" not allowed.` });
  }
  const mayTouch = permitted(world, grants, caller, table, action);
  const author: Author = { user: caller.username, request: crypto.randomUUID() };
  const at: At = { world, call, author, mayTouch };
  return action === "view" ? read(at) : transaction(world, () => write(at));
};

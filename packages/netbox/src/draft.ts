import { createHash } from "node:crypto";
import type { WireRow } from "./bulk.ts";
import type { Row } from "./canonical.ts";
import type { Query } from "./identity.ts";
import type { Field } from "./kind.ts";
import { kindNames, kindOf } from "./kinds.ts";
import { type TagOfRow, tagsOf } from "./tags.ts";

/** What a dry run would have done to one row; `values` as NetBox would show them afterwards. */
export type DraftEntry =
  | { op: "create"; row: Row }
  | { op: "update"; id: number; values: Readonly<Record<string, unknown>> }
  | { op: "delete"; id: number };

/** What a dry run would have written so far, by path below /api/, in order; shared by all of its stages. */
export type DraftStore = {
  read(path: string): Promise<DraftEntry[]>;
  add(path: string, entries: readonly DraftEntry[]): Promise<void>;
};

/** Whether an id stands for a row that a dry run would have made. NetBox's own are positive. */
export function isDraftId(id: unknown): boolean {
  return typeof id === "number" && id < 0;
}

/**
 * The id of a row that would have been made: the same for the same row, so that a stage that is repeated makes no second one.
 */
export function draftId(path: string, body: WireRow): number {
  const digest = createHash("sha256")
    .update(JSON.stringify([path, body]))
    .digest("hex");
  return -(Number.parseInt(digest.slice(0, 12), 16) + 1);
}

/**
 * Values as they are sent, as NetBox would show them. Pure.
 * @param slugOf the slug of a tag that is sent by its id
 */
export function shownValues(path: string, sent: WireRow, slugOf: (id: number) => string): Record<string, unknown> {
  const fields = fieldsAt(path);
  return Object.fromEntries(
    Object.entries(sent).map(([name, value]) => {
      if (name === "tags") return [name, (value as unknown[]).map((tag) => shownTag(tag, slugOf))];
      const field = fields[name];
      return [name, field ? shownValue(field, name, value) : value];
    }),
  );
}

/** A row as NetBox would show it once it is made of these values: what was not sent is empty. Pure. */
export function shownRow(path: string, id: number, values: Readonly<Record<string, unknown>>): Row {
  const empty = Object.entries(fieldsAt(path)).map(([name, field]) => [name, nothingOf(field)]);
  return { ...Object.fromEntries(empty), tags: [], ...values, id };
}

/**
 * What of a query NetBox can be asked: rows and tags that would have been made are none of its own. Pure.
 * Null: it asks for such, or for what carries them, only.
 * @param madeTags the slugs of tags that would have been made
 */
export function askable(query: Query, madeTags: ReadonlySet<string>): Query | null {
  if (madeTags.has(String(query.tag))) return null;
  const kept: Record<string, Query[string]> = {};
  for (const [name, wanted] of Object.entries(query)) {
    if (!Array.isArray(wanted)) {
      if (isDraftId(wanted)) return null;
      kept[name] = wanted;
      continue;
    }
    const known = wanted.filter((value) => !isDraftId(value));
    if (known.length === 0 && wanted.length > 0) return null;
    kept[name] = known;
  }
  return kept;
}

/**
 * A list as NetBox would answer it, if what was drafted were written. Pure. Of filters that rows cannot be held against,
 * more rows than asked for may be the answer, as of one that NetBox does not know.
 */
export function laidOver(path: string, rows: readonly Row[], entries: readonly DraftEntry[], query: Query): Row[] {
  const made = new Map<number, Row>();
  const changes = new Map<number, Record<string, unknown>>();
  const gone = new Set<number>();
  for (const entry of entries) {
    if (entry.op === "create") made.set(entry.row.id, entry.row);
    else if (entry.op === "delete") gone.add(entry.id);
    else changes.set(entry.id, { ...changes.get(entry.id), ...entry.values });
  }
  const asked = typeof query.fields === "string" ? query.fields.split(",") : [];
  const blank = Object.fromEntries(asked.map((name) => [name, null]));
  const present = [
    ...rows,
    ...[...made.values()].map((row): Row => ({ ...blank, ...row })).filter((row) => fits(path, row, query)),
  ];
  return present.filter(({ id }) => !gone.has(id)).map((row) => ({ ...row, ...changes.get(row.id), id: row.id }));
}

const settings = new Set(["fields", "omit", "limit", "ordering", "q"]);
const plain = new Set(["assigned_object_type", "assigned_object_id", "scope_type", "scope_id"]);
/** Filters that ask for what an address or a MAC address is on. */
const holders: Record<string, string> = {
  vminterface_id: "virtualization.vminterface",
  interface_id: "dcim.interface",
};

function fits(path: string, row: Row, query: Query): boolean {
  return Object.entries(query).every(([filter, wanted]) => {
    if (settings.has(filter) || filter.includes("__")) return true;
    const values = (Array.isArray(wanted) ? wanted : [wanted]).map(textOf);
    if (filter === "tag") return tagsOf(row).some(({ slug }) => values.includes(slug));
    const holder = holders[filter];
    if (holder) return row.assigned_object_type === holder && values.includes(textOf(row.assigned_object_id));
    const name = fieldOf(path, filter, row);
    if (name === null) return true;
    const own = textOf(row[name]);
    return values.includes(own) || (name === "address" && values.includes(own.replace(/\/.*$/, "")));
  });
}

function fieldOf(path: string, filter: string, row: Row): string | null {
  const named = kindsAt(path).flatMap(({ identity }) => Object.entries(identity).filter(([, by]) => by === filter));
  const candidates = [filter, ...named.map(([name]) => name), filter.replace(/_id$/, "")];
  return candidates.find((name) => name in row) ?? null;
}

function textOf(value: unknown): string {
  if (typeof value !== "object" || value === null) return String(value).toLowerCase();
  const { id, value: chosen } = value as { id?: unknown; value?: unknown };
  return String(id ?? chosen).toLowerCase();
}

function shownValue({ form }: Field, name: string, value: unknown): unknown {
  if (value === null || plain.has(name)) return value;
  if (form === "reference") return { id: value };
  if (form === "references") return (value as unknown[]).map((id) => ({ id }));
  return form === "choice" ? { value } : value;
}

function shownTag(tag: unknown, slugOf: (id: number) => string): TagOfRow {
  return typeof tag === "number" ? { id: tag, slug: slugOf(tag) } : { id: 0, ...(tag as { slug: string }) };
}

function nothingOf({ form, nullable }: Field): unknown {
  if (form === "references") return [];
  if (form === "boolean" && !nullable) return false;
  return nullable || form === "json" ? null : "";
}

const kindsByPath = Map.groupBy(kindNames.map(kindOf), ({ path }) => path);

function kindsAt(path: string) {
  return kindsByPath.get(path) ?? [];
}

function fieldsAt(path: string): Readonly<Record<string, Field>> {
  return Object.assign({}, ...kindsAt(path).map(({ fields }) => fields));
}

import { canonicalOf, type Row, wireValue } from "./canonical.ts";
import { type Desired, isRef, type Ref } from "./desired.ts";
import { type Known, knownOf, type Resolve, referenceForm, refKey } from "./identity.ts";
import type { Field } from "./kind.ts";
import { type KindName, kindOf } from "./kinds.ts";
import { tagChange, tagsOf, tagsOnCreate } from "./tags.ts";

/** The id of an object that is made earlier in the same plan. */
export type Pending = { pending: string; label: string };

/** A field before and after, as people read it. */
export type FieldChange = { field: string; before: unknown; after: unknown };

/** What is to be sent for one object, and what it changes. */
export type Difference = { changes: FieldChange[]; body: Record<string, unknown> };

/** What a diff has to know besides the two states. */
export type DiffContext = {
  resolve: Resolve;
  /** Whether NetBox's release is at least this one. */
  atLeast: (major: number, minor: number) => boolean;
};

/** Whether a value stands for the id of an object that is still to be made. */
export function isPending(value: unknown): value is Pending {
  return typeof value === "object" && value !== null && "pending" in value;
}

/**
 * What making an object sends: its identity, its values, what only a new one gets, its tags; nothing that is empty. Of an
 * object that completes a new one, its values alone.
 */
export function diffNew(desired: Desired, context: DiffContext): Difference {
  const { completes } = kindOf(desired.kind);
  const wanted = completes ? desired.values : { ...desired.values, ...desired.onCreate, ...desired.identity };
  const body: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(wanted)) {
    const field = fieldOf(desired.kind, name, context);
    if (!field) continue;
    const sent = sentValue(field, value, context);
    if (!isNothing(sent)) body[name] = sent;
  }
  const changes: FieldChange[] = Object.entries(body).map(([field, after]) => ({ field, before: null, after }));
  const slugs = tagsOnCreate(desired.tags);
  if (slugs.length > 0) {
    body.tags = slugs.map((slug) => sentTag(slug, context.resolve));
    changes.push({ field: "tags", before: [], after: slugs });
  }
  return { changes, body };
}

/** What is lost with a row; nothing is sent but its id. */
export function diffGone({ kind }: Desired, row: Row): Difference {
  const fields = Object.keys(kindOf(kind).fields).map((field) => ({ field, before: beforeOf(kind, field, row) }));
  const kept = fields.filter(({ before }) => !isNothing(before));
  return { changes: kept.map(({ field, before }) => ({ field, before, after: null })), body: {} };
}

/** What has to be sent to make a row what is desired; no changes: nothing. Values that are equal are never sent. */
export function diffRow(desired: Desired, row: Row, context: DiffContext): Difference {
  const { together = [], resets = {} } = kindOf(desired.kind);
  const open = Object.keys(desired.values).filter((name) => isOpen(desired, name, row, context));
  const changed = new Set(open.filter((name) => differs(desired, name, row, context.resolve)));
  const sent = new Map<string, unknown>();
  for (const name of changed) sent.set(name, wantedOf(desired, name, context));
  for (const group of together.filter((names) => names.some((name) => changed.has(name)))) {
    for (const name of group) {
      if (!sent.has(name))
        sent.set(name, open.includes(name) ? wantedOf(desired, name, context) : beforeOf(desired.kind, name, row));
    }
  }
  for (const [trigger, cleared] of Object.entries(resets)) {
    if (!changed.has(trigger)) continue;
    for (const name of cleared) if (!open.includes(name) && row[name] != null) sent.set(name, null);
  }
  const changes = [...sent].map(([field, after]) => ({ field, before: beforeOf(desired.kind, field, row), after }));
  const body = Object.fromEntries(sent);
  const tags = tagChange(desired.tags, row, (slug) => idOf(tagKnown(slug, context.resolve)));
  if (tags) {
    const stay = tagsOf(row).filter((tag) => !tags.off.includes(tag));
    body.tags = [...stay.map((tag) => tag.id), ...tags.on.map((slug) => sentTag(slug, context.resolve))];
    const before = tagsOf(row).map((tag) => tag.slug);
    changes.push({ field: "tags", before, after: [...stay.map((tag) => tag.slug), ...tags.on] });
  }
  return { changes, body };
}

function isNothing(sent: unknown): boolean {
  return sent === null || sent === "" || sent === undefined || (Array.isArray(sent) && sent.length === 0);
}

function fieldOf(kind: KindName, name: string, { atLeast }: DiffContext): Field | null {
  const field = kindOf(kind).fields[name];
  if (!field) throw new TypeError(`${kind} has no field ${name}.`);
  return field.since && !atLeast(...field.since) ? null : field;
}

/** Whether a field of a row is ours to compare and write. */
function isOpen(desired: Desired, name: string, row: Row, context: DiffContext): boolean {
  const field = fieldOf(desired.kind, name, context);
  // A field that NetBox did not answer is one its release, or the plugin's, does not have.
  if (!field || desired.values[name] === undefined || row[name] === undefined) return false;
  if (desired.keep?.includes(name)) return false;
  if (desired.keepIfSet?.includes(name) && canonicalOf(field, name, row) !== null) return false;
  const counter = kindOf(desired.kind).counted?.[name];
  return !(counter && Number(row[counter]) > 0);
}

function differs(desired: Desired, name: string, row: Row, resolve: Resolve): boolean {
  const field = kindOf(desired.kind).fields[name] as Field;
  return referenceForm(desired.kind, name, desired.values[name], resolve) !== canonicalOf(field, name, row);
}

function wantedOf(desired: Desired, name: string, context: DiffContext): unknown {
  const field = kindOf(desired.kind).fields[name] as Field;
  return sentValue(field, desired.values[name], context);
}

function sentValue(field: Field, value: unknown, context: DiffContext): unknown {
  const { resolve } = context;
  if (field.form === "references" && Array.isArray(value)) {
    return value.map((entry) => (isRef(entry) ? sentValue(field, entry, context) : entry));
  }
  if (!isRef(value)) return wireValue(field, value);
  const known = knownOf(value, resolve);
  if (typeof known === "object") return known.id;
  return { pending: refKey(value, resolve), label: nameOfRef(value) } satisfies Pending;
}

function nameOfRef(ref: Ref): string {
  if ("id" in ref) return `${kindOf(ref.kind).label} ${ref.id}`;
  const words = Object.values(ref.identity).filter((value) => typeof value === "string");
  return [kindOf(ref.kind).label, ...words].join(" ");
}

function tagKnown(slug: string, resolve: Resolve): Known | undefined {
  return resolve(refKey({ kind: "tag", identity: { slug } }, resolve));
}

function idOf(known: Known | undefined): number | undefined {
  return typeof known === "object" ? known.id : undefined;
}

/** A tag that is not itself desired is named by its slug; NetBox refuses the object when there is no such tag. */
function sentTag(slug: string, resolve: Resolve): unknown {
  const known = tagKnown(slug, resolve);
  if (known === undefined) return { slug };
  const key = refKey({ kind: "tag", identity: { slug } }, resolve);
  return idOf(known) ?? ({ pending: key, label: `tag ${slug}` } satisfies Pending);
}

function beforeOf(kind: KindName, name: string, row: Row): unknown {
  return kindOf(kind).fields[name]?.form === "json" ? row[name] : plainOf(row[name]);
}

function plainOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainOf);
  if (typeof value !== "object" || value === null) return value;
  const { id, value: chosen } = value as { id?: unknown; value?: unknown };
  return id ?? chosen ?? value;
}

import { type Canonical, canonical, canonicalOf, type Row, setForm } from "./canonical.ts";
import { type Identity, isRef, type Ref } from "./desired.ts";
import type { Kind } from "./kind.ts";
import { type KindName, kindNames, kindOf } from "./kinds.ts";

/** What is known of a referred object: its id, that there is none yet, or that several rows could be it. */
export type Known = { id: number } | "absent" | "ambiguous";

/** Finds out what a key stands for; undefined: never asked. */
export type Resolve = (key: string) => Known | undefined;

/** The key of an object by its identity: equal for two that NetBox would not keep apart. */
export function identityKey(kind: KindName, identity: Identity, resolve: Resolve): string {
  return keyOf(kind, (field) => referenceForm(kind, field, identity[field], resolve));
}

/** The same key, of a row that NetBox answered. */
export function rowKey(kind: KindName, row: Row): string {
  return keyOf(kind, (name) => {
    const field = kindOf(kind).fields[name];
    return field ? canonicalOf(field, name, row) : null;
  });
}

/** The key of a referred object. */
export function refKey(ref: Ref, resolve: Resolve): string {
  return "id" in ref ? `${ref.kind}#${ref.id}` : identityKey(ref.kind, ref.identity, resolve);
}

/** What is known of a referred object; a reference by id is taken at its word. */
export function knownOf(ref: Ref, resolve: Resolve): Known {
  return "id" in ref ? { id: ref.id } : (resolve(refKey(ref, resolve)) ?? "absent");
}

/** The canonical form of a wanted value: of a reference, also in a set, its object's id or, when it has none yet, its key. */
export function referenceForm(kind: KindName, name: string, value: unknown, resolve: Resolve): Canonical {
  const field = kindOf(kind).fields[name];
  if (!field) throw new TypeError(`${kind} has no field ${name}.`);
  if (field.form === "references" && Array.isArray(value)) {
    return setForm(value.map((entry) => (isRef(entry) ? refForm(entry, resolve) : entry)));
  }
  return isRef(value) ? refForm(value, resolve) : canonical(field, value);
}

function refForm(ref: Ref, resolve: Resolve): Canonical {
  const known = knownOf(ref, resolve);
  return typeof known === "object" ? known.id : refKey(ref, resolve);
}

/** A look-up by identity whose references are all ids. */
export type Lookup = Readonly<Record<string, Canonical>>;

/**
 * An identity as a look-up. Null when an object it rests on does not exist: then neither does this one.
 * An identity without a value in a field that is asked for cannot be looked up either.
 */
export function lookupOf(kind: KindName, identity: Identity, resolve: Resolve): Lookup | null {
  const lookup: Record<string, Canonical> = {};
  for (const [name, filter] of Object.entries(kindOf(kind).identity)) {
    const value = identity[name];
    if (isRef(value) && typeof knownOf(value, resolve) !== "object") return null;
    const form = referenceForm(kind, name, value, resolve);
    if (form === null && filter !== null) return null;
    lookup[name] = form;
  }
  return lookup;
}

/** Query parameters of a list request. */
export type Query = Record<string, Canonical | readonly Canonical[]>;

/**
 * The fields to read of a kind and of those that complete it, as the value of `fields=`; those a NetBox of this version
 * does not have are left out.
 */
export function fieldsOf(name: KindName, atLeast: (major: number, minor: number) => boolean): string {
  const kind = kindOf(name);
  const completing = kindNames.map(kindOf).filter(({ completes }) => completes === name);
  const known = [kind, ...completing]
    .flatMap(({ fields }) => Object.entries(fields))
    .flatMap(([field, { since }]) => (since && !atLeast(...since) ? [] : [field]));
  const others = [...Object.values(kind.counted ?? {}), ...(kind.tagged ? ["tags"] : [])];
  return [...new Set(["id", ...known, ...others])].join(",");
}

/** The list requests that between them answer every look-up, and possibly more rows than were asked for. */
export function queriesOf(kind: Kind, lookups: readonly Lookup[]): Query[] {
  if (lookups.length === 0) return [];
  const filters = Object.entries(kind.identity).flatMap(([name, filter]) =>
    filter === null ? [] : [{ name, filter, values: distinct(lookups.map((lookup) => lookup[name] ?? null)) }],
  );
  const single = filters.filter(({ name, values }) => kind.single?.includes(name) && values.length > 1);
  const several = filters.filter((filter) => !single.includes(filter));
  const query = Object.fromEntries(several.map(({ filter, values }) => [filter, values]));
  const [only] = single;
  if (!only || several.length > 0) return [query];
  return only.values.map((value) => ({ [only.filter]: value }));
}

/** The key by which a row is found in the second way its kind has; null: it has none, or the row has no value there. */
export function otherwiseKey(kind: KindName, value: unknown): string | null {
  const { otherwise } = kindOf(kind);
  return otherwise && typeof value === "string" && value ? `${kind}|${otherwise.field}~${value.toLowerCase()}` : null;
}

function keyOf(kind: KindName, value: (field: string) => Canonical): string {
  const { identity, caseless, completes = kind } = kindOf(kind);
  const parts = Object.keys(identity).map((name) => {
    const form = value(name);
    return `${name}=${caseless?.includes(name) ? String(form).toLowerCase() : form}`;
  });
  return `${completes}|${parts.join("|")}`;
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}

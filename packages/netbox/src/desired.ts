import { type KindName, kindOf } from "./kinds.ts";

/** A value of one cell. */
export type Scalar = string | number | boolean | null;

/** Another object: by its NetBox id, or by its identity, so that it may not exist yet. */
export type Ref = { kind: KindName; id: number } | { kind: KindName; identity: Identity };

/** What tells one object from another, by its kind's identity fields. A reference field also takes an id. */
export type Identity = { readonly [field: string]: Scalar | Ref };

/** The tags an object should have, as slugs. By default they are added to what is there. */
export type DesiredTags = {
  add: readonly string[];
  /** Only given to an object that is made. */
  onCreate?: readonly string[];
  /** An existing object's tags are left alone. */
  onCreateOnly?: boolean;
  /** The same, said by an overwrite flag. */
  keep?: boolean;
  /** Tags of ours that come off when they are not in `add`. */
  own?: readonly string[];
};

/** One object as NetBox should have it. */
export type Desired = {
  kind: KindName;
  /** Looks the object up, and is written when it is made; never written to an existing object. */
  identity: Identity;
  /** The row it was recognised as already: no other is looked for, and it fails when that one is gone. */
  id?: number;
  /** Field -> value or reference; null clears. Compared with an existing object field by field. */
  values: Readonly<Record<string, unknown>>;
  /** Values that only a new object gets. */
  onCreate?: Readonly<Record<string, unknown>>;
  /** Fields of `values` that an existing object keeps as they are. */
  keep?: readonly string[];
  /** Fields of `values` that an existing object keeps when they are not empty there. */
  keepIfSet?: readonly string[];
  tags?: DesiredTags;
  /** False: an object that does not exist is not made, and nothing is reported of it. */
  create?: boolean;
  /** The row `id` is to be deleted. What else is said of it does not matter. */
  gone?: true;
  /** Name for reports, e.g. `web (vmid 100)`. */
  label: string;
  /** A remark for the report. */
  note?: string;
  /** Name of its parent: objects of one request are sorted by it as NetBox orders the parents. */
  parent?: string;
};

/** Whether a value is a reference to another object. */
export function isRef(value: unknown): value is Ref {
  return typeof value === "object" && value !== null && "kind" in value && ("id" in value || "identity" in value);
}

/** Every reference in a value: itself, or those of a set. */
export function refsOf(value: unknown): Ref[] {
  return (Array.isArray(value) ? value : [value]).filter(isRef);
}

/** What an address or a MAC address says of the interface it is on. NetBox wants both fields together. */
export function assignedTo(ref: Ref): { assigned_object_type: string; assigned_object_id: Ref } {
  return { assigned_object_type: kindOf(ref.kind).model, assigned_object_id: ref };
}

/** The same object, but an existing one is left alone altogether. */
export function createOnly(desired: Desired): Desired {
  return {
    ...desired,
    keep: Object.keys(desired.values),
    ...(desired.tags ? { tags: { ...desired.tags, keep: true } } : {}),
  };
}

/** A row that an earlier call found or made, and what it stands for. */
export type KnownRow = { kind: KindName; identity: Identity; id: number };

/** Makes references to these rows references by id, which need no look-up. Identities are compared as they are written. */
export function pointingTo(rows: readonly KnownRow[]): (desired: Desired) => Desired {
  const keyOf = ({ kind, identity }: { kind: KindName; identity: Identity }) => JSON.stringify([kind, identity]);
  const ids = new Map(rows.map((row) => [keyOf(row), row.id]));
  const byId = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(byId);
    const id = isRef(value) && "identity" in value ? ids.get(keyOf(value)) : undefined;
    return id === undefined ? value : { kind: (value as Ref).kind, id };
  };
  const pointed = <T extends object>(fields: T): T =>
    Object.fromEntries(Object.entries(fields).map(([field, value]) => [field, byId(value)])) as T;
  return (desired) => ({
    ...desired,
    identity: pointed(desired.identity),
    values: pointed(desired.values),
    ...(desired.onCreate ? { onCreate: pointed(desired.onCreate) } : {}),
  });
}

import { SyncError } from "@proxbox/runtime/errors";
import type { Row } from "./canonical.ts";
import { type Desired, isRef } from "./desired.ts";
import { goneError } from "./failures.ts";
import { identityKey, type Known, knownOf, otherwiseKey, type Resolve, referenceForm, rowKey } from "./identity.ts";
import { type KindName, kindOf } from "./kinds.ts";
import { oursTag, tagsOf } from "./tags.ts";

/** Which row a desired object is: one, none yet, or not to be told. */
export type Match = {
  desired: Desired;
  /** The key by which others refer to it. */
  key: string;
  row: Row | null;
  error: Error | null;
};

/**
 * Finds the row of every desired object of one kind. Pure. A row named by id goes to that object alone; a row found by
 * identity has to be the only one and, where the kind says so, carry our tag. Two objects with one identity: the second
 * is refused, because NetBox would answer both with a failure of the whole batch. `elsewhere` names rows (`kind#id`) that
 * stand for objects which are not among these.
 */
export function matchKind(
  kind: KindName,
  desired: readonly Desired[],
  rows: readonly Row[],
  resolve: Resolve,
  elsewhere: ReadonlySet<string> = new Set(),
): Match[] {
  const claimed = new Set(desired.map((entry) => entry.id));
  const free = rows.filter((row) => !claimed.has(row.id));
  const byKey = Map.groupBy(free, (row) => rowKey(kind, row));
  const taken = new Map<string, Desired>();
  return desired.map((entry) => {
    const key = keyOf(entry, resolve);
    const match = (row: Row | null, error: Error | null = null): Match => ({ desired: entry, key, row, error });
    const first = taken.get(key) ?? (entry.id === undefined ? undefined : taken.get(`#${entry.id}`));
    if (first) return match(null, duplicateError(entry, first));
    taken.set(key, entry);
    if (entry.id !== undefined) {
      taken.set(`#${entry.id}`, entry);
      const row = rows.find((candidate) => candidate.id === entry.id) ?? null;
      return match(row, row || entry.gone ? null : goneError(kind, entry.id, entry.label));
    }
    const missing = missingField(entry, resolve);
    if (missing) return match(null, incompleteError(entry, missing));
    const found = byKey.get(key) ?? likeRows(entry, free);
    const [row = null] = found;
    if (found.length > 1) return match(null, ambiguousError(entry, found));
    if (row && elsewhere.has(`${kind}#${row.id}`)) return match(null, takenError(entry, row, "stands for another"));
    return row && isForeign(kind, row) ? match(null, takenError(entry, row, "is not marked as ours")) : match(row);
  });
}

/** What is known of each matched object, for those that refer to it; nothing refers to what is to go. */
export function knownOfMatches(matches: readonly Match[]): [string, Known][] {
  return matches.flatMap(({ desired, key, row, error }): [string, Known][] => {
    if (desired.gone || kindOf(desired.kind).completes) return [];
    if (error instanceof SyncError && error.code === "duplicate_desired") return [];
    if (row) return [[key, { id: row.id }]];
    return [
      [
        key,
        error instanceof SyncError && error.code === "ambiguous" && desired.create !== false ? "ambiguous" : "absent",
      ],
    ];
  });
}

/**
 * What a reference to an object that is not itself desired stands for, by the rows that were read. A row that is not
 * ours where the kind asks for that stands for nothing: nothing of ours is hung on it.
 */
export function knownOfRows(kind: KindName, key: string, rows: readonly Row[]): Known {
  const found = rows.filter((row) => rowKey(kind, row) === key && !isForeign(kind, row));
  if (found.length > 1) return "ambiguous";
  return found[0] ? { id: found[0].id } : "absent";
}

function isForeign(kind: KindName, row: Row): boolean {
  return kindOf(kind).adopt === "tagged" && !tagsOf(row).some((tag) => tag.slug === oursTag);
}

function keyOf(desired: Desired, resolve: Resolve): string {
  if (desired.gone && desired.id === undefined) throw new TypeError(`${desired.label} is to go, but which row is it?`);
  if (desired.gone) return `${desired.kind}#${desired.id}`;
  const whole = Object.keys(kindOf(desired.kind).identity).every((field) => desired.identity[field] !== undefined);
  return whole || desired.id === undefined
    ? identityKey(desired.kind, desired.identity, resolve)
    : `${desired.kind}#${desired.id}`;
}

function likeRows(desired: Desired, rows: readonly Row[]): Row[] {
  const { otherwise } = kindOf(desired.kind);
  if (!otherwise) return [];
  const key = otherwiseKey(desired.kind, desired.values[otherwise.field] ?? desired.onCreate?.[otherwise.field]);
  return key === null ? [] : rows.filter((row) => otherwiseKey(desired.kind, row[otherwise.field]) === key);
}

function missingField(desired: Desired, resolve: Resolve): string | undefined {
  return Object.entries(kindOf(desired.kind).identity).find(([field, filter]) => {
    const value = desired.identity[field];
    if (isRef(value)) return knownOf(value, resolve) === "ambiguous";
    return filter !== null && referenceForm(desired.kind, field, value, resolve) === null;
  })?.[0];
}

function incompleteError(desired: Desired, field: string): SyncError {
  return new SyncError(
    "identity_incomplete",
    `${desired.label} cannot be told from others: its ${field} is not known.`,
    {
      object: desired.label,
      field,
    },
  );
}

function duplicateError(desired: Desired, first: Desired): SyncError {
  const { label } = kindOf(desired.kind);
  return new SyncError("duplicate_desired", `${desired.label} would be the same ${label} as ${first.label}.`, {
    object: desired.label,
    next: "Give one of the two another name in Proxmox.",
  });
}

function ambiguousError(desired: Desired, rows: readonly Row[]): SyncError {
  const ids = rows.map((row) => row.id).join(", ");
  const { label } = kindOf(desired.kind);
  return new SyncError("ambiguous", `${desired.label} could be any of several ${label} rows in NetBox (ids ${ids}).`, {
    object: desired.label,
    next: "Remove or rename those that are not it.",
  });
}

function takenError(desired: Desired, row: Row, why: string): SyncError {
  const { label } = kindOf(desired.kind);
  return new SyncError(
    "name_taken",
    `The name of ${desired.label} belongs to ${label} ${row.id} in NetBox, which ${why}.`,
    {
      object: desired.label,
      field: "name",
      next: `Rename one of the two; the tag "${oursTag}" hands a foreign one over.`,
    },
  );
}

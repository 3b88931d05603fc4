import { NetBoxAPIError } from "@proxbox/runtime/errors";
import type { Row } from "./canonical.ts";
import type { NetBoxClient } from "./client.ts";
import { type Desired, isRef, type Ref, refsOf } from "./desired.ts";
import { identityKey, type Known, knownOf, type Lookup, lookupOf, type Resolve, refKey, rowKey } from "./identity.ts";
import { type KindName, kindNames, kindOf } from "./kinds.ts";
import { knownOfMatches, knownOfRows, type Match, matchKind } from "./match.ts";
import { sideBySide } from "./side-by-side.ts";

/** What is known before anything is read. */
export type ReadOptions = {
  signal: AbortSignal;
  /** Rows (`kind#id`) that stand for objects which are not among the desired ones. */
  elsewhere?: ReadonlySet<string>;
  /** Rows that were read a moment ago with `readAll`: all that desired objects of their kind could be. */
  rows?: KnownRows;
  /**
   * Kinds whose objects without an id were looked for already, and are not there: they are not looked up. One that is
   * there all the same is found when NetBox refuses to make it; so only kinds that NetBox keeps unique.
   */
  absent?: readonly KindName[];
};

/** Rows by kind. */
export type KnownRows = { readonly [K in KindName]?: readonly Row[] };

/**
 * Reads the rows that desired objects and what they refer to could be, each kind once and only in their scope, and
 * matches them. Kinds whose identities do not rest on each other are read at the same time, a kind together with what
 * completes it. Objects of a kind that this NetBox does not have are left out of the matches; those of a kind that the
 * token may not view are matched with that error.
 */
export async function readMatches(
  client: NetBoxClient,
  desired: readonly Desired[],
  { signal, elsewhere = new Set(), rows: given = {}, absent = [] }: ReadOptions,
): Promise<{ matches: Match[]; resolve: Resolve }> {
  const { atLeast } = await client.status(signal);
  const known = new Map<string, Known>();
  const resolve: Resolve = (key) => known.get(key);
  const references = refsIn(desired);
  const matches = new Map<KindName, Match[]>();
  const groups = kindNames.flatMap((kind): Group[] => {
    const { since, completes } = kindOf(kind);
    if (completes || (since && !atLeast(...since))) return [];
    const own = desired.filter((entry) => baseOf(entry.kind) === kind);
    const referred = references.filter((ref) => ref.kind === kind);
    return own.length + referred.length > 0 ? [{ kind, own, referred }] : [];
  });
  const readRows = async (group: Group, either: AbortSignal): Promise<Row[]> => {
    const { kind, own } = group;
    const ids = own.flatMap((entry) => entry.id ?? []);
    const lookups = lookupsOf(group, absent.includes(kind), resolve);
    const first = given[kind] ?? (await client.read(kind, { ids, lookups }, either));
    const keys = new Set(first.map((row) => rowKey(kind, row)));
    const missing = absent.includes(kind) ? [] : unnamed(own).filter((entry) => !keys.has(keyOf(entry, kind, resolve)));
    const others = missing.flatMap(otherName);
    const second = others.length > 0 ? await client.read(kind, { others }, either) : [];
    return [...new Map([...first, ...second].map((row) => [row.id, row])).values()];
  };
  const readGroup = async (group: Group, either: AbortSignal) => {
    const { kind, own, referred } = group;
    let rows: Row[] = [];
    let refused: Error | null = null;
    try {
      rows = await readRows(group, either);
    } catch (thrown) {
      // A table that the token may not see costs its own objects, not those of other tables.
      if (own.length === 0 || !isForbidden(thrown)) throw thrown;
      refused = thrown;
    }
    for (const [name, entries] of Map.groupBy(own, (entry) => entry.kind)) {
      const found = matchKind(name, entries, rows, resolve, elsewhere);
      const matched = refused ? found.map((match) => ({ ...match, error: refused })) : found;
      matches.set(name, matched);
      for (const [key, value] of knownOfMatches(matched)) known.set(key, value);
    }
    for (const ref of referred) {
      const key = refKey(ref, resolve);
      if (!known.has(key)) known.set(key, restsOnNothing(ref, resolve) ? "absent" : knownOfRows(kind, key, rows));
    }
  };
  const reading = new Map<KindName, Promise<void>>();
  await sideBySide(
    signal,
    groups.map((group) => (either) => {
      const before = [...group.own, ...group.referred].flatMap(kindsInIdentity);
      const ready = Promise.all([...new Set(before)].map((kind) => reading.get(kind)));
      const done = ready.then(() => readGroup(group, either));
      reading.set(group.kind, done);
      return done;
    }),
  );
  return { matches: kindNames.flatMap((kind) => matches.get(kind) ?? []), resolve };
}

function isForbidden(thrown: unknown): thrown is NetBoxAPIError {
  return thrown instanceof NetBoxAPIError && thrown.code === "netbox_forbidden";
}

/** Objects of a kind and of what completes it, and what is referred to of that kind. */
type Group = { kind: KindName; own: Desired[]; referred: SymbolicRef[] };

/** What has to be looked up of a group; of objects that are absent only what others refer to besides. */
function lookupsOf({ kind, own, referred }: Group, absent: boolean, resolve: Resolve): Lookup[] {
  const ownKeys = new Set(own.map((entry) => keyOf(entry, kind, resolve)));
  const others = referred.filter((ref) => !ownKeys.has(refKey(ref, resolve)));
  const asked = absent ? others : [...unnamed(own), ...others];
  return asked.map(({ identity }) => lookupOf(kind, identity, resolve)).filter((lookup) => lookup !== null);
}

function unnamed(own: readonly Desired[]): Desired[] {
  return own.filter((entry) => entry.id === undefined);
}

function keyOf({ identity }: Desired, kind: KindName, resolve: Resolve): string {
  return identityKey(kind, identity, resolve);
}

function baseOf(kind: KindName): KindName {
  return (kindOf(kind).completes as KindName | undefined) ?? kind;
}

/** The kinds that have to be read before an object with this identity can be looked up. */
function kindsInIdentity({ identity }: Pick<Desired, "identity">): KindName[] {
  return Object.values(identity).flatMap((value) => (isRef(value) && "identity" in value ? [value.kind] : []));
}

type SymbolicRef = Extract<Ref, { identity: unknown }>;

/** Every reference by identity in these objects, those within references included. */
function refsIn(desired: readonly Desired[]): SymbolicRef[] {
  const found: SymbolicRef[] = [];
  const visit = (values: Readonly<Record<string, unknown>>) => {
    for (const ref of Object.values(values).flatMap(refsOf)) {
      if ("id" in ref) continue;
      found.push(ref);
      visit(ref.identity);
    }
  };
  for (const { identity, values, onCreate = {} } of desired)
    for (const part of [identity, values, onCreate]) visit(part);
  return distinct(found);
}

function distinct(refs: readonly SymbolicRef[]): SymbolicRef[] {
  const unresolved: Resolve = () => undefined;
  return [...new Map(refs.map((ref) => [identityKey(ref.kind, ref.identity, unresolved), ref])).values()];
}

function restsOnNothing(ref: SymbolicRef, resolve: Resolve): boolean {
  return Object.values(ref.identity).some((value) => isRef(value) && typeof knownOf(value, resolve) !== "object");
}

/** The value by which an object may be found in the second way its kind has. */
function otherName({ kind, values, onCreate }: Desired): string[] {
  const { otherwise } = kindOf(kind);
  const value = otherwise && (values[otherwise.field] ?? onCreate?.[otherwise.field]);
  return typeof value === "string" && value ? [value] : [];
}

/** The kinds in these objects that a NetBox of this release does not have. */
export function unknownKinds(
  desired: readonly Desired[],
  atLeast: (major: number, minor: number) => boolean,
): Set<KindName> {
  return new Set(
    desired.flatMap(({ kind }) => {
      const { since } = kindOf(kind);
      return since && !atLeast(...since) ? [kind] : [];
    }),
  );
}

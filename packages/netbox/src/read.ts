import type { NetBoxClient } from "./client.ts";
import { type Desired, isRef, type Ref, refsOf } from "./desired.ts";
import { identityKey, type Known, knownOf, lookupOf, type Resolve, refKey } from "./identity.ts";
import { type KindName, kindNames, kindOf } from "./kinds.ts";
import { knownOfMatches, knownOfRows, type Match, matchKind } from "./match.ts";

/**
 * Reads the rows that desired objects and what they refer to could be, each kind once and only in their scope, and
 * matches them. Objects of a kind that this NetBox does not have are left out of the matches.
 */
export async function readMatches(
  client: NetBoxClient,
  desired: readonly Desired[],
  signal: AbortSignal,
  elsewhere: ReadonlySet<string> = new Set(),
): Promise<{ matches: Match[]; resolve: Resolve }> {
  const { atLeast } = await client.status(signal);
  const known = new Map<string, Known>();
  const resolve: Resolve = (key) => known.get(key);
  const references = refsIn(desired);
  const matches: Match[] = [];
  for (const kind of kindNames) {
    const { since, otherwise } = kindOf(kind);
    if (since && !atLeast(...since)) continue;
    const own = desired.filter((entry) => entry.kind === kind);
    const referred = references.filter((ref) => ref.kind === kind);
    if (own.length + referred.length === 0) continue;
    const unnamed = own.filter((entry) => entry.id === undefined);
    const lookups = [...unnamed, ...referred].map((entry) => lookupOf(kind, entry.identity, resolve));
    const rows = await client.read(
      kind,
      {
        ids: own.flatMap((entry) => entry.id ?? []),
        lookups: lookups.filter((lookup) => lookup !== null),
        others: otherwise ? unnamed.flatMap((entry) => textOf(entry, otherwise.field)) : [],
      },
      signal,
    );
    const matched = matchKind(kind, own, rows, resolve, elsewhere);
    matches.push(...matched);
    for (const [key, value] of knownOfMatches(matched)) known.set(key, value);
    for (const ref of referred) {
      const key = refKey(ref, resolve);
      if (!known.has(key)) known.set(key, restsOnNothing(ref, resolve) ? "absent" : knownOfRows(kind, key, rows));
    }
  }
  return { matches, resolve };
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

function textOf(desired: Desired, field: string): string[] {
  const value = desired.values[field] ?? desired.onCreate?.[field];
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

import { type Canonical, canonical, canonicalOf, cleanText } from "./canonical.ts";
import { isPending } from "./diff.ts";
import { type KindName, kindOf } from "./kinds.ts";
import type { Match } from "./match.ts";
import { type Operation, pendingsOf, type Step } from "./operation.ts";
import { temporaryName } from "./temporary-name.ts";

/** Rows go after those of the same kind that refer to them: NetBox keeps an interface that is another one's parent. */
export function deleteSteps(kind: KindName, operations: readonly Operation[]): Step[] {
  const own = Object.entries(kindOf(kind).fields).flatMap(([name, { to }]) => (to?.includes(kind) ? [name] : []));
  const steps: Step[] = [];
  let rest = [...operations];
  while (rest.length > 0) {
    const referred = new Set(
      rest.flatMap(({ changes }) => changes.flatMap(({ field, before }) => (own.includes(field) ? [before] : []))),
    );
    const free = rest.filter(({ id }) => !referred.has(id));
    const next = free.length > 0 ? free : rest;
    steps.push({ kind, op: "delete", operations: sortedForNetBox(next) });
    rest = rest.filter((operation) => !next.includes(operation));
  }
  return steps;
}

/**
 * The steps that make and change objects of one kind: each object after those it refers to and after the one whose name
 * it takes; where names go round in a circle one object is parked under a temporary name first. Pure.
 */
export function stepsOf(kind: KindName, operations: readonly Operation[], matches: readonly Match[]): Step[] {
  const holders = holdersOf(kind, operations, matches);
  const byKey = new Map(operations.filter(({ op }) => op === "create").map((operation) => [operation.key, operation]));
  const levels = new Map<Operation, number>();
  const open = new Set<Operation>();
  const parked = new Set<Operation>();
  const before = (operation: Operation): Operation[] => {
    const holder = holders.get(operation);
    const made = pendingsOf(operation.body).map((value) => byKey.get(value.pending));
    return [...(holder ? [holder] : []), ...made.filter((other) => other !== undefined)];
  };
  const levelOf = (operation: Operation): number => {
    const known = levels.get(operation);
    if (known !== undefined) return known;
    open.add(operation);
    let level = 0;
    for (const other of before(operation)) {
      if (open.has(other)) parked.add(other);
      else level = Math.max(level, levelOf(other) + 1);
    }
    open.delete(operation);
    levels.set(operation, level);
    return level;
  };
  for (const operation of operations) levelOf(operation);
  const steps: Step[] = [];
  const { parkable } = kindOf(kind);
  if (parkable && parked.size > 0) {
    steps.push({ kind, op: "park", operations: [...parked].map((operation) => parkOf(operation, parkable)) });
  }
  for (const [, level] of [...Map.groupBy(levels.keys(), (operation) => levels.get(operation) ?? 0)].sort(
    ([left], [right]) => left - right,
  )) {
    for (const op of ["update", "create"] as const) {
      const same = level.filter((operation) => operation.op === op);
      if (same.length > 0) steps.push({ kind, op, operations: sortedForNetBox(same) });
    }
  }
  return steps;
}

/** For every operation that takes a name, the one whose row holds it now and gives it up. */
function holdersOf(
  kind: KindName,
  operations: readonly Operation[],
  matches: readonly Match[],
): Map<Operation, Operation> {
  const { unique, caseless = [], fields } = kindOf(kind);
  const holders = new Map<Operation, Operation>();
  if (!unique) return holders;
  const rows = new Map(
    matches.flatMap(({ row, desired }) => (row && desired.kind === kind ? [[row.id, row] as const] : [])),
  );
  const present = (operation: Operation, name: string): Canonical => {
    const row = operation.id === null ? undefined : rows.get(operation.id);
    const field = fields[name];
    return row && field ? canonicalOf(field, name, row) : null;
  };
  const keyOf = (value: (name: string) => Canonical) =>
    unique.map((name) => (caseless.includes(name) ? String(value(name)).toLowerCase() : String(value(name)))).join("|");
  const future = (operation: Operation, name: string): Canonical => {
    const value = operation.body[name];
    const field = fields[name];
    if (isPending(value)) return value.pending;
    return value === undefined || !field ? present(operation, name) : canonical(field, value);
  };
  const updates = operations.filter(({ op }) => op === "update");
  const byOld = new Map(updates.map((operation) => [keyOf((name) => present(operation, name)), operation]));
  for (const operation of operations) {
    const wanted = keyOf((name) => future(operation, name));
    const holder = byOld.get(wanted);
    const leaves = holder && holder !== operation && keyOf((name) => future(holder, name)) !== wanted;
    if (leaves) holders.set(operation, holder);
  }
  return holders;
}

function parkOf(operation: Operation, field: string): Operation {
  const name = temporaryName(operation.id ?? 0);
  const before = operation.changes.find((change) => change.field === field)?.before;
  return { ...operation, op: "park", changes: [{ field, before, after: name }], body: { [field]: name } };
}

// NetBox 4.6.8 orders names by ICU's root collation with numbers by value, and its bulk PATCH locks rows in that order: two
// requests that touch the same parents in different orders deadlock, in the same order they only queue.
const collator = new Intl.Collator("und", { numeric: true });

function sortedForNetBox(operations: readonly Operation[]): Operation[] {
  const nameOf = ({ body, label }: Operation) => cleanText(String(body.name ?? label));
  return [...operations].sort(
    (left, right) => collator.compare(left.parent, right.parent) || collator.compare(nameOf(left), nameOf(right)),
  );
}

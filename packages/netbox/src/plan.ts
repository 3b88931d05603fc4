import type { ObjectOutcome } from "@proxbox/contracts/messages";
import { SyncError, toWireError } from "@proxbox/runtime/errors";
import { type Canonical, canonical, canonicalOf, cleanText } from "./canonical.ts";
import type { Desired } from "./desired.ts";
import { type DiffContext, diffGone, diffNew, diffRow, type FieldChange, isPending, type Pending } from "./diff.ts";
import { type KindName, kindNames, kindOf } from "./kinds.ts";
import type { Match } from "./match.ts";

/** One write of one object. Plain JSON; `body` may hold `Pending` for the id of an object made earlier in the plan. */
export type Operation = {
  /** `park`: takes a temporary name, because two objects swap theirs. */
  op: "delete" | "create" | "update" | "park";
  kind: KindName;
  /** Position of its desired object. */
  index: number;
  key: string;
  /** Null for an object that is made, by this operation or, see `completes`, by an earlier one. */
  id: number | null;
  /** The object made earlier in the plan that this completes. */
  completes?: Pending;
  label: string;
  /** Rows of one request are sorted by this, then by the name. */
  parent: string;
  changes: FieldChange[];
  body: Record<string, unknown>;
};

/** Operations that may go into the same requests. */
export type Step = { kind: KindName; op: Operation["op"]; operations: Operation[] };

/** What would be written in which order, and what became of the objects that need no write. Printable JSON. */
export type Plan = { steps: Step[]; settled: { index: number; id: number | null; outcome: ObjectOutcome }[] };

const temporary = /^proxbox-rename-\d+$/;

/** The name that a row holds while another takes its own. */
export function temporaryName(id: number): string {
  return `proxbox-rename-${id}`;
}

/** Whether a name is one that a run left behind which ended in the middle of a swap: it is ours to replace. */
export function isTemporaryName(name: string): boolean {
  return temporary.test(name);
}

/**
 * Orders what has to be written: what is to go first, what refers before what is referred to; then kinds by reference, within a kind an object after those it refers to and after the one
 * whose name it takes; where names go round in a circle one object is parked under a temporary name first. Pure.
 */
export function planOf(matches: readonly Match[], positions: ReadonlyMap<Desired, number>, context: DiffContext): Plan {
  const plan: Plan = { steps: [], settled: [] };
  const pending = new Map<string, Operation>();
  for (const kind of kindNames) {
    const operations: Operation[] = [];
    const deletes: Operation[] = [];
    for (const match of matches.filter((candidate) => candidate.desired.kind === kind)) {
      const planned = planMatch(match, positions.get(match.desired) ?? 0, pending, context);
      if (!planned) continue;
      if (!("op" in planned)) plan.settled.push(planned);
      else (planned.op === "delete" ? deletes : operations).push(planned);
      if ("op" in planned && planned.op === "create") pending.set(planned.key, planned);
    }
    plan.steps.unshift(...deleteSteps(kind, deletes));
    plan.steps.push(...stepsOf(kind, operations, matches));
  }
  return plan;
}

function planMatch(
  { desired, key, row, error }: Match,
  index: number,
  pending: ReadonlyMap<string, Operation>,
  context: DiffContext,
): Operation | Plan["settled"][number] | null {
  const settled = (outcome: ObjectOutcome["outcome"], id: number | null, cause?: Error) => ({
    index,
    id,
    outcome: outcomeOf(desired, outcome, { id, ...(cause ? { error: cause } : {}) }),
  });
  if (error) return settled("failed", null, error);
  const completed = row || !kindOf(desired.kind).completes ? undefined : pending.get(key);
  if (desired.gone && !row) return settled("unchanged", null);
  if (!row && (desired.create === false || (kindOf(desired.kind).completes && !completed))) return null;
  const { changes, body } =
    desired.gone && row ? diffGone(desired, row) : row ? diffRow(desired, row, context) : diffNew(desired, context);
  const missing = pendingsOf(body).find((value) => !pending.has(value.pending));
  if (missing) return settled("failed", row?.id ?? null, missingError(desired, missing));
  if (changes.length === 0 && !desired.gone && (row || completed)) return settled("unchanged", row?.id ?? null);
  return {
    op: desired.gone ? "delete" : row || completed ? "update" : "create",
    kind: desired.kind,
    index,
    key,
    id: row?.id ?? null,
    ...(completed ? { completes: { pending: key, label: completed.label } } : {}),
    label: desired.label,
    parent: desired.parent ?? "",
    changes,
    body,
  };
}

/** The report of one desired object. */
export function outcomeOf(
  desired: Pick<Desired, "kind" | "label" | "note">,
  outcome: ObjectOutcome["outcome"],
  details: { id?: number | null; fields?: string[]; error?: unknown },
): ObjectOutcome {
  return {
    kind: desired.kind,
    name: desired.label,
    outcome,
    ...(details.id ? { id: details.id } : {}),
    ...(details.fields?.length ? { fields: details.fields } : {}),
    ...(desired.note ? { reason: desired.note } : {}),
    // The client knows an existing row by its id only; people know it by its name.
    ...(details.error ? { error: { ...toWireError(details.error), object: desired.label } } : {}),
  };
}

/** Every id in a body that is still to come. */
export function pendingsOf(body: Readonly<Record<string, unknown>>): Pending[] {
  return Object.values(body).flat().filter(isPending);
}

/** Rows go after those of the same kind that refer to them: NetBox keeps an interface that is another one's parent. */
function deleteSteps(kind: KindName, operations: readonly Operation[]): Step[] {
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

function stepsOf(kind: KindName, operations: readonly Operation[], matches: readonly Match[]): Step[] {
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

function missingError(desired: Desired, missing: Pending): SyncError {
  return new SyncError("reference_missing", `${desired.label} needs ${missing.label}, which is not in NetBox.`, {
    object: desired.label,
    next: `See why ${missing.label} could not be made, or make it in NetBox.`,
  });
}

import type { ObjectOutcome } from "@proxbox/contracts/messages";
import { SyncError, toWireError } from "@proxbox/runtime/errors";
import type { Desired } from "./desired.ts";
import { type DiffContext, type Difference, diffGone, diffNew, diffRow, type Pending } from "./diff.ts";
import { referenceError } from "./failures.ts";
import { kindNames, kindOf } from "./kinds.ts";
import type { Match } from "./match.ts";
import { type Operation, type Plan, pendingsOf } from "./operation.ts";
import { deleteSteps, stepsOf } from "./steps.ts";

/**
 * Orders what has to be written: first what is to go, what refers before what is referred to; then kinds by reference, and
 * within a kind as `stepsOf` does. Pure.
 */
export function planOf(matches: readonly Match[], positions: ReadonlyMap<Desired, number>, context: DiffContext): Plan {
  const plan: Plan = { steps: [], settled: [] };
  const pending = new Map<string, Operation>();
  const refused = new Map(matches.flatMap(({ key, error }) => (error ? [[key, error] as const] : [])));
  for (const kind of kindNames) {
    const operations: Operation[] = [];
    let open = matches.filter((match) => match.desired.kind === kind);
    for (let awaited = new Set(open.map(({ key }) => key)); open.length > 0; ) {
      const waiting: Match[] = [];
      for (const match of open) {
        const planned = planMatch(match, positions.get(match.desired) ?? 0, { ...context, pending, awaited, refused });
        if (planned === "waits") waiting.push(match);
        if (planned === "waits" || planned === null) continue;
        if ("outcome" in planned) plan.settled.push(planned);
        else operations.push(planned);
        if ("op" in planned && planned.op === "create") pending.set(match.key, planned);
      }
      awaited = new Set(waiting.length < open.length ? waiting.map(({ key }) => key) : []);
      open = waiting;
    }
    const deletes = operations.filter(({ op }) => op === "delete");
    plan.steps.unshift(...deleteSteps(kind, deletes));
    plan.steps.push(
      ...stepsOf(
        kind,
        operations.filter(({ op }) => op !== "delete"),
        matches,
      ),
    );
  }
  return plan;
}

/** What planning one object has to know besides: what is made earlier, and what others of its kind may still be made. */
type PlanContext = DiffContext & {
  pending: ReadonlyMap<string, Operation>;
  awaited: ReadonlySet<string>;
  refused: ReadonlyMap<string, Error>;
};

/** "waits": it needs one of its kind that was not planned yet; null: nothing is done and nothing is said of it. */
function planMatch(
  { desired, key, row, error }: Match,
  index: number,
  context: PlanContext,
): Operation | Plan["settled"][number] | "waits" | null {
  const { pending, awaited, refused } = context;
  const { kind, label, parent = "" } = desired;
  const id = row?.id ?? null;
  const settled = (outcome: ObjectOutcome["outcome"], cause?: Error) => ({
    index,
    id,
    outcome: outcomeOf(desired, outcome, { id, ...(cause ? { error: cause } : {}) }),
  });
  const operation = (op: Operation["op"], difference: Difference, completes?: Pending): Operation => ({
    ...{ op, kind, index, key, id, label, parent, ...difference },
    ...(completes ? { completes } : {}),
  });
  if (error) return settled("failed", error);
  if (desired.gone) return row ? operation("delete", diffGone(desired, row)) : settled("unchanged");
  const isCompletion = kindOf(kind).completes !== undefined;
  const made = isCompletion && !row ? pending.get(key) : undefined;
  if (!row && !made && (isCompletion || desired.create === false)) return null;
  const difference = row ? diffRow(desired, row, context) : diffNew(desired, context);
  const missing = pendingsOf(difference.body).find((value) => !pending.has(value.pending));
  if (missing)
    return awaited.has(missing.pending)
      ? "waits"
      : settled("failed", missingError(desired, missing, refused.get(missing.pending)));
  if (!row && !made) return operation("create", difference);
  if (difference.changes.length === 0) return settled("unchanged");
  return operation("update", difference, made && { pending: key, label: made.label });
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

function missingError(desired: Desired, missing: Pending, error: Error | undefined): SyncError {
  if (error) return referenceError(desired.label, { label: missing.label, error });
  return new SyncError("reference_missing", `${desired.label} needs ${missing.label}, which is not in NetBox.`, {
    object: desired.label,
    next: `See why ${missing.label} could not be made, or make it in NetBox.`,
  });
}

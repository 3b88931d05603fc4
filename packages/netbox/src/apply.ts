import type { ObjectOutcome } from "@proxbox/contracts/messages";
import { NetBoxAPIError, SyncError } from "@proxbox/runtime/errors";
import type { WireRow, Written } from "./bulk.ts";
import type { NetBoxClient } from "./client.ts";
import type { Desired } from "./desired.ts";
import { isPending } from "./diff.ts";
import { referenceError } from "./failures.ts";
import { kindOf } from "./kinds.ts";
import { type Operation, type Plan, pendingsOf, type Step } from "./operation.ts";
import { outcomeOf } from "./plan.ts";

/** What became of one operation's object. `standing`: it was there already, or rests on one that was, so it has to be planned anew. */
export type Applied = { index: number; id: number | null; outcome: ObjectOutcome; standing: "no" | "found" | "sent" };

type Made = Map<string, number | Unmade>;

/** An object that was not made: what it is called, and why. */
type Unmade = { label: string; error: Error; standing: boolean };

/**
 * Writes a plan step by step, filling in the ids of objects as they are made. An object whose reference failed fails with
 * it, without a request. Throws NetBoxAPIError when NetBox cannot be reached or stays overloaded, CancelledError when
 * called off; what was written until then stays, and a later plan finds it.
 */
export async function applyPlan(
  client: NetBoxClient,
  plan: Plan,
  desired: readonly Desired[],
  signal: AbortSignal,
): Promise<Applied[]> {
  const made: Made = new Map();
  const applied: Applied[] = [];
  for (const step of plan.steps) {
    const ready: Operation[] = [];
    for (const operation of step.operations) {
      const failed = pendingsOf({ ...operation.body, completes: operation.completes })
        .map((value) => made.get(value.pending))
        .find((value) => typeof value === "object");
      if (!failed) ready.push(operation);
      else
        applied.push(
          settle(operation, { error: referenceError(operation.label, failed) }, desired, made, failed.standing),
        );
    }
    const written = await write(client, step, ready, made, signal);
    ready.forEach((operation, position) => {
      const result = written[position];
      if (result && step.op !== "park") applied.push(settle(operation, result, desired, made, false));
    });
  }
  return applied;
}

async function write(
  client: NetBoxClient,
  { kind, op }: Step,
  operations: readonly Operation[],
  made: Made,
  signal: AbortSignal,
): Promise<Written[]> {
  const bodies = operations.map(({ body }) => filledIn(body, made));
  try {
    if (op === "create") return await client.create(kind, bodies, signal);
    const rows = operations.map(({ id, completes }, position) => ({
      ...bodies[position],
      id: id ?? Number(made.get(completes?.pending ?? "")),
    }));
    if (op === "delete")
      return await client.remove(
        kind,
        rows.map(({ id }) => id),
        signal,
      );
    return await client.update(kind, rows, signal);
  } catch (thrown) {
    // No permission, say: the other kinds may still go through, and each object tells why it did not.
    if (!(thrown instanceof NetBoxAPIError) || thrown.retryable) throw thrown;
    return operations.map(() => ({ error: thrown }));
  }
}

function settle(
  operation: Operation,
  result: Written,
  desired: readonly Desired[],
  made: Made,
  restsOnStanding: boolean,
): Applied {
  const { index, key, label } = operation;
  const subject = desired[index] ?? { kind: operation.kind, label };
  const fields = operation.changes.map((change) => change.field);
  if ("row" in result) {
    const { id } = result.row;
    if (operation.op === "delete")
      return { index, id: null, outcome: outcomeOf(subject, "deleted", { id }), standing: "no" };
    made.set(key, id);
    const outcome = operation.op === "create" ? "created" : "updated";
    return { index, id, outcome: outcomeOf(subject, outcome, { id, fields }), standing: "no" };
  }
  const standing = "existing" in result;
  const error = standing
    ? new SyncError("already_there", `${label} is in NetBox already.`, { object: label })
    : result.error;
  if (operation.op === "create")
    made.set(key, { label: called(operation), error, standing: standing || restsOnStanding });
  const outcome = outcomeOf(subject, "failed", { id: operation.id, error });
  const again = standing ? (result.sent ? "sent" : "found") : restsOnStanding ? "found" : "no";
  return { index, id: operation.id, outcome, standing: again };
}

function filledIn(body: Readonly<Record<string, unknown>>, made: Made): WireRow {
  const fill = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(fill);
    return isPending(value) ? made.get(value.pending) : value;
  };
  return Object.fromEntries(Object.entries(body).map(([field, value]) => [field, fill(value)]));
}

/** What an object is called where others of that name are told of too. */
function called({ kind, label }: Operation): string {
  return `${kindOf(kind).label} ${label}`;
}

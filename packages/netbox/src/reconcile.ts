import type { ObjectOutcome } from "@proxbox/contracts/messages";
import { type Applied, applyPlan } from "./apply.ts";
import type { NetBoxClient } from "./client.ts";
import { type Desired, type KnownRow, pointingTo } from "./desired.ts";
import { kindOf } from "./kinds.ts";
import type { Plan } from "./operation.ts";
import { outcomeOf, planOf } from "./plan.ts";
import { type ReadOptions, readMatches, unknownKinds } from "./read.ts";
import { asWould } from "./would.ts";

/** What became of the desired objects, in their order; objects that were not to be made are left out. */
export type Reconciled = { outcomes: ObjectOutcome[]; ids: Map<Desired, number> };

/** The rows that stand for the desired objects now, for `pointingTo`. */
export function rowsOf({ ids }: Reconciled): KnownRow[] {
  return [...ids].map(([{ kind, identity }, id]) => ({ kind, identity, id }));
}

/** How often objects are planned anew that turned out to be there when they were made. */
const rounds = 3;

/**
 * Brings NetBox in line with the desired objects: reads their scope once, matches, writes only differences, in bulk. An
 * object that is refused does not keep the others from landing; its outcome says why. Written twice, the second time
 * writes nothing; in a dry run nothing is, and the outcomes tell what would be. `rows` and `absent` spare the reading of what
 * the caller has just read. Throws NetBoxAPIError when NetBox cannot be read, reached or stays overloaded (a retry helps),
 * and CancelledError; calling it again then goes on where it was.
 */
export async function reconcile(
  client: NetBoxClient,
  desired: readonly Desired[],
  { signal, ...known }: Pick<ReadOptions, "signal" | "rows" | "absent">,
): Promise<Reconciled> {
  const results = new Map<number, Applied>();
  const sent = new Set<number>();
  let open = desired.map((_, index) => index);
  for (let round = 1; open.length > 0 && round <= rounds; round++) {
    // What is settled is referred to by its id: by its identity another row might be found, even one that is not ours.
    const settled = settledRows(desired, results, open);
    const subset = open.flatMap((index) => desired[index] ?? []).map(pointingTo(settled));
    const elsewhere = new Set(settled.map(({ kind, id }) => `${kind}#${id}`));
    const plan = await makePlan(client, subset, { signal, elsewhere, ...(round === 1 ? known : {}) });
    const needless = plan.settled.map((entry): Applied => ({ ...entry, standing: "no" }));
    const applied = await applyPlan(client, plan, subset, signal);
    const next: number[] = [];
    for (const result of [...needless, ...applied]) {
      const index = open[result.index] ?? 0;
      results.set(index, sent.has(index) ? asMade(result) : result);
      if (result.standing === "no") continue;
      next.push(index);
      if (result.standing === "sent") sent.add(index);
    }
    open = next.sort((left, right) => left - right);
  }
  const ids = new Map<Desired, number>();
  const outcomes = desired.flatMap((entry, index) => {
    const result = results.get(index);
    if (result?.id) ids.set(entry, result.id);
    return result ? [client.isDryRun ? asWould(result.outcome) : result.outcome] : [];
  });
  return { outcomes, ids };
}

/** Makes the plan that `reconcile` would carry out; writes nothing. Throws as it does. */
export async function makePlan(client: NetBoxClient, desired: readonly Desired[], options: ReadOptions): Promise<Plan> {
  const { version, atLeast } = await client.status(options.signal);
  const { matches, resolve } = await readMatches(client, desired, options);
  const positions = new Map(desired.map((entry, index) => [entry, index]));
  const plan = planOf(matches, positions, { resolve, atLeast });
  const unknown = unknownKinds(desired, atLeast);
  desired.forEach((entry, index) => {
    if (!unknown.has(entry.kind)) return;
    const note = `NetBox ${version} has no ${kindOf(entry.kind).label}.`;
    plan.settled.push({ index, id: null, outcome: outcomeOf({ ...entry, note }, "skipped", {}) });
  });
  return plan;
}

/** The rows that stand for the objects which are not open any more. */
function settledRows(desired: readonly Desired[], results: ReadonlyMap<number, Applied>, open: readonly number[]) {
  return desired.flatMap((entry, index): KnownRow[] => {
    const id = entry.id ?? results.get(index)?.id;
    return id && !open.includes(index) ? [{ kind: entry.kind, identity: entry.identity, id }] : [];
  });
}

/** An object that we sent in a request that broke off, and that is there as it should be, was made by us. */
function asMade(result: Applied): Applied {
  return result.outcome.outcome === "unchanged"
    ? { ...result, outcome: { ...result.outcome, outcome: "created" } }
    : result;
}

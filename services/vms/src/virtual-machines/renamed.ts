import type { ObjectOutcome, RenamedMachine } from "@proxbox/contracts/messages";
import { type GuestBatch, labelOf, type PlannedGuest } from "./facts.ts";

/** What is told of a machine that has another name than its guest; null when the guest's name was free. Pure. */
export function renamedOf(plan: PlannedGuest, cluster: string): RenamedMachine | null {
  const { guest, name, nameReason } = plan;
  const isOperators = nameReason === "renamed-by-operator";
  if (nameReason !== "taken" && !isOperators) return null;
  const suffix = isOperators ? null : / \((\d+)\)$/.exec(name);
  return {
    cluster,
    original_name: guest.name,
    resolved_name: name,
    vmid: guest.vmid,
    suffix_index: suffix ? Number(suffix[1]) : 1,
    operator_renamed: isOperators,
  };
}

/** Adds to the outcomes of machines why they are not called what their guests are. One that failed has no name yet. Pure. */
export function withRenames(
  outcomes: readonly ObjectOutcome[],
  plans: readonly PlannedGuest[],
  { facts }: Pick<GuestBatch, "facts">,
): ObjectOutcome[] {
  const renames = new Map(plans.map((plan) => [labelOf(plan), renamedOf(plan, facts.cluster.name)]));
  return outcomes.map((outcome) => {
    const isNamed = outcome.kind === "virtual-machine" && outcome.outcome !== "failed";
    const renamed = isNamed ? renames.get(outcome.name) : null;
    return renamed ? { ...outcome, renamed } : outcome;
  });
}

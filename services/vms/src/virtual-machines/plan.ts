import type { ObjectOutcome } from "@proxbox/contracts/messages";
import { isAskedFor, type TargetOptions } from "@proxbox/contracts/targets";
import {
  keyOf,
  type Match,
  type MatchScope,
  matchGuests,
  type VmRow,
  withoutIdentity,
} from "@proxbox/netbox/guests/match";
import type { KnownVms } from "@proxbox/netbox/guests/read";
import type { Guest } from "@proxbox/proxmox/resources/listing";
import type { PlannedGuest } from "./facts.ts";
import { type NameRequest, resolveNames, type Vacate, vacateFor } from "./names.ts";

/** What was settled for the guests of one endpoint before any configuration is read. */
export type GuestPlan = {
  planned: PlannedGuest[];
  /** Guests that are left alone, and why. */
  problems: ObjectOutcome[];
  /** Machines that must step aside before others take their names. */
  vacate: Vacate[];
};

/**
 * Finds the guests' machines and gives them their names within one NetBox cluster. Pure.
 * @param roleOf the role that is chosen for a guest
 * @param targets which guests the caller asked for
 */
export function planGuests(
  guests: Guest[],
  scope: Omit<MatchScope, "vms"> & KnownVms & { cloudInits: ReadonlyMap<number, number> },
  roleOf: (guest: Guest) => number | null,
  targets: TargetOptions,
): GuestPlan {
  const matches = matchGuests(guests, scope);
  const problems: ObjectOutcome[] = [];
  const chosen: { guest: Guest; match: Exclude<Match, { ambiguous: number[] }> }[] = [];
  for (const guest of guests) {
    const match = matches.get(keyOf(guest));
    if (!match) continue;
    if ("ambiguous" in match) {
      if (match.ambiguous.some((id) => isAskedFor(targets, { vmid: guest.vmid, vm: id })))
        problems.push(ambiguous(guest, match.ambiguous, scope.vms));
    } else if (isAskedFor(targets, { vmid: guest.vmid, vm: match.vm?.id ?? null })) chosen.push({ guest, match });
  }
  const own = new Set(chosen.flatMap(({ match }) => (match.vm ? [match.vm.id] : [])));
  const foreign = scope.vms.filter((vm) => vm.cluster === scope.cluster && !own.has(vm.id)).map((vm) => vm.name);
  const requests = chosen.map(
    ({ guest, match }): NameRequest => ({
      key: keyOf(guest),
      vmid: guest.vmid,
      // A guest whose node is silent has no name just now: it keeps the one it had, and its place among the others.
      wanted: guest.known ? guest.name : match.state?.name || match.vm?.name || guest.name,
      vm: match.vm,
      lastWanted: match.state?.name || null,
    }),
  );
  const names = resolveNames(requests, foreign);
  const vacate = vacateFor(requests, names);
  const aside = new Set(vacate.map(({ vm }) => vm));
  const vms = new Map(scope.vms.map((vm) => [vm.id, vm]));
  const planned = chosen.map(({ guest, match }): PlannedGuest => {
    const vm = match.vm ? vms.get(match.vm.id) : undefined;
    const answer = names.get(keyOf(guest));
    return {
      guest,
      name: answer?.name ?? guest.name,
      nameReason: answer?.reason ?? "free",
      vm: vm?.id ?? null,
      steppedAside: vm !== undefined && aside.has(vm.id),
      cloudInit: vm ? (scope.cloudInits.get(vm.id) ?? null) : null,
      hasDisks: vm?.hasDisks ?? false,
      previousTags: (match.state?.tags ?? "").split(";").filter(Boolean),
      presentRole: vm ? { role: vm.role, written: match.state?.lastRole ?? null } : null,
      defaultRole: roleOf(guest),
    };
  });
  return { planned, problems, vacate };
}

/**
 * What is told of machines and guests that were asked for, and were not found. Pure.
 * @param listed the numbers of all guests that were listed
 */
export function notFound(
  { netbox_vm_ids: machines = [], vmids = [] }: TargetOptions,
  plans: readonly GuestPlan[],
  listed: ReadonlySet<number>,
): ObjectOutcome[] {
  const found = new Set(plans.flatMap(({ planned }) => planned.map(({ vm }) => vm)));
  const base = { kind: "virtual-machine", outcome: "skipped" } as const;
  return [
    ...machines
      .filter((id) => !found.has(id))
      .map((id): ObjectOutcome => {
        const reason = "It was asked for by its id, and no guest of this run's endpoints stands for it.";
        return { ...base, name: `virtual machine ${id}`, id, reason };
      }),
    ...vmids
      .filter((vmid) => !listed.has(vmid))
      .map((vmid): ObjectOutcome => {
        const reason =
          "It was asked for by its number, and no Proxmox endpoint that this run could read has such a guest.";
        return { ...base, name: `guest ${vmid}`, reason };
      }),
  ];
}

/**
 * What is told of machines that carry our tag, in the cluster of an endpoint whose guests are all planned, and of which
 * nothing says whose they are: doubles that an older program made, and machines a person tagged. Pure.
 */
export function strays(scope: Pick<MatchScope, "cluster" | "states" | "vms">, { planned }: GuestPlan): ObjectOutcome[] {
  const taken = new Set(planned.map(({ vm }) => vm));
  return withoutIdentity(scope)
    .filter(({ id, givenUp }) => !taken.has(id) && !givenUp)
    .map(({ id, name }) => ({
      kind: "virtual-machine",
      name,
      id,
      outcome: "skipped",
      reason:
        "It carries our tag, and nothing says which guest it is: it may be the double of one. " +
        "Delete it if it is, or take the tag Proxbox off it.",
    }));
}

function ambiguous(guest: Guest, ids: number[], vms: readonly VmRow[]): ObjectOutcome {
  const object = `${guest.name} (${guest.type} ${guest.vmid})`;
  const named = ids.map((id) => `${vms.find((vm) => vm.id === id)?.name} (id ${id})`).join(", ");
  return {
    kind: "virtual-machine",
    name: object,
    outcome: "failed",
    error: {
      code: "identity_ambiguous",
      message: `${object} has more than one virtual machine in NetBox: ${named}.`,
      retryable: false,
      object,
      next: "Keep one of them: delete the others, or their rows under sync-state/virtual-machines.",
    },
  };
}

import type { StateRow, VmRow } from "@proxbox/netbox/guests/match";

/** What is known about an endpoint before any of its machines may be given up. */
export type SweepEvidence = {
  /** Why the listing cannot be trusted to be complete; null: it is proven. */
  doubt: string | null;
  /** Guests in the listing, as `type/vmid`. */
  listed: ReadonlySet<string>;
  /** How many machines one run may give up for this endpoint. */
  cap: number;
};

/** A machine whose guest is gone, and whether it may be marked so. */
export type SweepVerdict = { vm: VmRow; vmid: number; allowed: boolean; reason: string };

/**
 * Judges the machines whose guests are no longer listed; those that were given up before are no news. Pure.
 * None is given up unless it is ours, the listing is proven complete, it has not collapsed to less than half of what
 * was known, and no more than the cap are concerned.
 */
export function judgeOrphans(states: StateRow[], vms: Map<number, VmRow>, evidence: SweepEvidence): SweepVerdict[] {
  const isListed = (state: StateRow) => evidence.listed.has(`${state.type}/${state.vmid}`);
  const known = states.filter((state) => {
    const vm = vms.get(state.vm);
    return vm && state.vmid !== null && state.type !== "" && (!vm.givenUp || isListed(state));
  });
  const orphans = known.filter((state) => !isListed(state));
  const doubt =
    evidence.doubt ??
    (evidence.listed.size * 2 < known.length
      ? `only ${evidence.listed.size} of ${known.length} known guests are listed`
      : null) ??
    (orphans.length > evidence.cap
      ? `${orphans.length} machines are concerned and one run may give up ${evidence.cap}`
      : null);
  return orphans.flatMap((state) => {
    const vm = vms.get(state.vm);
    if (!vm || state.vmid === null) return [];
    const reason = !vm.ours ? "it is not tagged as ours" : (doubt ?? "its guest is gone from Proxmox");
    return [{ vm, vmid: state.vmid, allowed: vm.ours && doubt === null, reason }];
  });
}

/** Kinds of guests. */
export type GuestType = "qemu" | "lxc";

/** A virtual machine of NetBox, as far as finding the guests' own needs it. */
export type VmRow = {
  id: number;
  name: string;
  cluster: number | null;
  ours: boolean;
  /** Whether it is marked as one whose guest is gone. */
  givenUp: boolean;
};

/** What says which guest a virtual machine is: the plugin's identity row, or before it the custom fields of older programs. */
export type StateRow = {
  vm: number;
  /** Id of the endpoint's row in NetBox; null in rows of older programs. */
  endpoint: number | null;
  vmid: number | null;
  /** Empty in rows of older programs. */
  type: string;
  /** The name Proxmox had when it was last written. */
  name: string;
  /** The Proxmox tags that were last written, separated by `;`. */
  tags: string;
  /** The role that was last written; null: none was. */
  lastRole: number | null;
};

/** Where guests are looked for: one endpoint, the NetBox cluster bound to it, and the rows of NetBox. */
export type MatchScope = { pluginEndpoint: number | null; cluster: number; vms: VmRow[]; states: StateRow[] };

/** What NetBox has for a guest: its virtual machine, nothing, or more than one candidate. */
export type Match = { vm: VmRow | null; state: StateRow | null } | { ambiguous: number[] };

/** The part of a guest that identifies it; one that is not known has a stand-in for a name. */
export type GuestKey = { vmid: number; type: GuestType; name: string; known: boolean };

/**
 * Finds each guest's virtual machine by its identity row (endpoint, vmid, type). Pure.
 * A row without endpoint counts when its machine is in the cluster bound to this endpoint: rows of older programs and
 * of a rebuilt backend are taken over, not doubled. A machine that carries our tag but has no identity, or a row that does
 * not tell the guest, was cut off between the two writes; it goes to the guest whose name it bears. Any other machine is
 * never taken by name.
 */
export function matchGuests(guests: GuestKey[], scope: MatchScope): Map<string, Match> {
  const vms = new Map(scope.vms.map((vm) => [vm.id, vm]));
  const mine = statesOf(scope);
  const found = new Map<string, Match>();
  for (const guest of guests) found.set(keyOf(guest), matchOne(guest, mine, vms));
  adoptHalfWritten(guests, scope, found);
  return found;
}

/** The identity of a guest within its endpoint. */
export function keyOf(guest: { vmid: number; type: GuestType }): string {
  return `${guest.type}/${guest.vmid}`;
}

/** The identity rows that belong to an endpoint. */
export function statesOf({ pluginEndpoint, cluster, vms, states }: MatchScope): StateRow[] {
  const clusters = new Map(vms.map((vm) => [vm.id, vm.cluster]));
  return states.filter((state) =>
    state.endpoint === null ? clusters.get(state.vm) === cluster : state.endpoint === pluginEndpoint,
  );
}

function matchOne(guest: GuestKey, states: StateRow[], vms: Map<number, VmRow>): Match {
  const same = states.filter((state) => state.vmid === guest.vmid && vms.has(state.vm));
  const exact = same.filter((state) => state.type === guest.type);
  const candidates = exact.length > 0 ? exact : same.filter((state) => state.type === "");
  if (candidates.length > 1)
    return { ambiguous: candidates.map((state) => state.vm).sort((left, right) => left - right) };
  const state = candidates[0] ?? null;
  return { vm: state ? (vms.get(state.vm) ?? null) : null, state };
}

/** The machines of the bound cluster that carry our tag and of which no row tells the guest. */
export function withoutIdentity<T extends VmRow>({
  vms,
  states,
  cluster,
}: {
  vms: readonly T[];
  states: readonly StateRow[];
  cluster: number;
}): T[] {
  const identified = new Set(states.flatMap(({ vm, vmid }) => (vmid === null ? [] : [vm])));
  return vms.filter((vm) => vm.ours && vm.cluster === cluster && !identified.has(vm.id));
}

function adoptHalfWritten(guests: GuestKey[], scope: MatchScope, found: Map<string, Match>): void {
  const left = new Set(
    withoutIdentity(scope).sort((one, other) => one.name.localeCompare(other.name, "en", { numeric: true })),
  );
  const named = guests.filter((guest) => guest.known).sort((one, other) => one.vmid - other.vmid);
  // A guest may really be called `web (2)`; what is left then was given such a name because another was there first.
  for (const nameOf of [fold, baseOf]) {
    const byName = Map.groupBy(left, ({ name }) => nameOf(name));
    for (const guest of named) {
      const match = found.get(keyOf(guest));
      if (!match || "ambiguous" in match || match.vm) continue;
      const vm = byName.get(fold(guest.name))?.shift();
      if (!vm) continue;
      left.delete(vm);
      found.set(keyOf(guest), { vm, state: null });
    }
  }
}

function baseOf(name: string): string {
  return fold(/^(.+?) \(\d+\)$/.exec(name)?.[1] ?? name);
}

function fold(name: string): string {
  return name.toLowerCase();
}

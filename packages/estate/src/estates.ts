import type { ObjectOutcome } from "@proxbox/contracts/messages";
import type { SyncOptions } from "@proxbox/contracts/sync-options";
import { isAskedFor, isTargeted } from "@proxbox/contracts/targets";
import { keyOf, matchGuests, type StateRow } from "@proxbox/netbox/guests/match";
import type { KnownVm } from "@proxbox/netbox/guests/read";
import type { HostBinding } from "@proxbox/netbox/hosts/bind";
import type { ListingGaps } from "@proxbox/proxmox/completeness";
import { observeEndpoint } from "@proxbox/proxmox/observe-endpoint";
import type { ObservedHosts } from "@proxbox/proxmox/observe-hosts";
import type { Guest, ListedStorage } from "@proxbox/proxmox/resources/listing";
import type { ProxmoxEndpoint } from "@proxbox/runtime/endpoints";
import { askEndpoints } from "@proxbox/runtime/isolation";
import type { StageContext, StageItemSpec } from "@proxbox/runtime/stage";
import { type Chunk, chunksOf } from "./chunks.ts";
import { machinesOf } from "./machines.ts";
import { placedHosts } from "./placed.ts";
import { unplacedItem } from "./unplaced.ts";

/** A guest that has its virtual machine in NetBox. */
export type EstateGuest = Guest & { vm: KnownVm };

/** One endpoint that answered, with what stands for it in NetBox. */
export type Estate = {
  endpoint: ProxmoxEndpoint;
  hosts: ObservedHosts;
  binding: HostBinding;
  /** Id of its NetBox cluster. */
  cluster: number;
  /** Its guests that have a machine, those of them that were asked for, in the chunks of the whole listing. */
  chunks: Chunk<EstateGuest>[];
  /** Every machine of NetBox that stands for a guest of this endpoint, listed or not, with that guest's identity. */
  machines: { vm: KnownVm; vmid: number; type: Guest["type"] }[];
  storages: ListedStorage[];
  /** Why the listing may lack something that is there; only where it is empty something is proven gone. */
  gaps: ListingGaps;
};

/** The endpoints of a stage, and what is settled already: those that failed, and what is told of guests left out. */
export type Estates = { estates: Estate[]; settled: StageItemSpec<never>[] };

/**
 * Reads what a stage needs that comes after `virtual-machines`: each endpoint's listing, and the virtual machine of each
 * guest. An endpoint that fails becomes its own failed result. Guests without a machine are left out and told of.
 * Throws NetBoxAPIError when NetBox cannot be read.
 */
export async function readEstates(ctx: StageContext): Promise<Estates> {
  const { answered, failed } = await askEndpoints(ctx, (endpoint) => observeEndpoint(ctx, endpoint));
  const settled: Estates["settled"] = [...failed];
  if (answered.length === 0) return { estates: [], settled };
  const bindings = await placedHosts(
    ctx,
    answered.map(({ value }) => value.hosts),
  );
  const bound = answered.flatMap(({ endpoint, value }) => {
    const binding = bindings.find((candidate) => candidate.endpoint === endpoint.id);
    if (binding?.cluster.id != null && !binding.problem)
      return [{ endpoint, value, binding, cluster: binding.cluster.id }];
    settled.push(unplacedItem(endpoint, value.hosts.cluster.name, binding));
    return [];
  });
  if (bound.length === 0) return { estates: [], settled };
  const known = await machinesOf(ctx, bound);
  const estates = bound.map(({ endpoint, value, binding, cluster }): Estate => {
    const { states, vms: rows } = known.get(endpoint.id) ?? { states: [], vms: [] };
    const scope = { pluginEndpoint: binding.pluginEndpoint, cluster, states, vms: rows };
    const matches = matchGuests(value.listing.guests, scope);
    const vms = new Map(rows.map((vm) => [vm.id, vm]));
    const withMachine = (guest: Guest): EstateGuest[] => {
      const match = matches.get(keyOf(guest));
      const vm = match && "vm" in match && match.vm ? vms.get(match.vm.id) : undefined;
      return vm && !vm.givenUp ? [{ ...guest, vm }] : [];
    };
    const wanted = ({ vmid, vm }: EstateGuest) => isAskedFor(ctx.options, { vmid, vm: vm.id });
    const chunks = chunksOf(value.listing.guests).map(({ key, guests }) => ({
      key,
      guests: guests.filter((guest) => isWanted(guest, ctx.options)).flatMap(withMachine),
    }));
    const without = isTargeted(ctx.options) ? [] : withoutMachine(value.listing.guests, chunks, ctx.options);
    if (without.length > 0)
      settled.push({ key: `without-machine-${endpoint.id}`, endpoint: endpoint.id, report: { objects: without } });
    return {
      endpoint,
      hosts: value.hosts,
      binding,
      cluster,
      chunks: chunks
        .map(({ key, guests }) => ({ key, guests: guests.filter(wanted) }))
        .filter(({ guests }) => guests.length > 0),
      machines: identified(states, vms),
      storages: value.listing.storages,
      gaps: value.gaps,
    };
  });
  return { estates, settled };
}

/** Whether a guest is one that the sync modes of machines and templates let in. */
export function isWanted(guest: Pick<Guest, "template">, options: SyncOptions): boolean {
  return (guest.template ? options.sync_mode_vm_template : options.sync_mode_vm) !== "disabled";
}

/** Whether the sync modes leave guests out, so that a machine without a guest in the chunks may be of one that is there. */
export function leavesGuestsOut(options: Pick<SyncOptions, "sync_mode_vm" | "sync_mode_vm_template">): boolean {
  return options.sync_mode_vm === "disabled" || options.sync_mode_vm_template === "disabled";
}

function identified(states: readonly StateRow[], vms: ReadonlyMap<number, KnownVm>): Estate["machines"] {
  return states.flatMap(({ vm: id, vmid, type }) => {
    const vm = vms.get(id);
    return vm && vmid !== null && (type === "qemu" || type === "lxc") ? [{ vm, vmid, type }] : [];
  });
}

function withoutMachine(listed: readonly Guest[], chunks: readonly Chunk[], options: SyncOptions): ObjectOutcome[] {
  const found = new Set(chunks.flatMap(({ guests }) => guests.map(keyOf)));
  return listed
    .filter((guest) => isWanted(guest, options) && !found.has(keyOf(guest)))
    .map((guest) => ({
      kind: "virtual-machine",
      name: `${guest.name} (vmid ${guest.vmid})`,
      outcome: "skipped",
      reason: "It has no virtual machine in NetBox; the stage virtual-machines says why.",
    }));
}

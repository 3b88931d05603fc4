import type { NetBoxClient } from "@proxbox/netbox/client";
import { softDeletedTag } from "@proxbox/netbox/hosts/support";
import { oursTag } from "@proxbox/netbox/tags";
import type { KnownVm, KnownVms } from "./facts.ts";
import type { StateRow } from "./match.ts";
import { slugCandidates, type TagRow } from "./tags.ts";

type VmAnswer = {
  id: number;
  name: string;
  cluster: { id: number } | null;
  tags: { slug: string }[];
  virtual_disk_count: number;
};
type StateAnswer = {
  virtual_machine: { id: number };
  endpoint: { id: number } | null;
  proxmox_vm_id: number | null;
  proxmox_vm_type: string;
  proxmox_vm_name: string;
  proxmox_tags: string;
};

const vmFields = "id,name,cluster,tags,virtual_disk_count";
const stateFields = "id,virtual_machine,endpoint,proxmox_vm_id,proxmox_vm_type,proxmox_vm_name,proxmox_tags";

/**
 * Reads the identity rows once and the machines of the given clusters, and those that have moved out of them, by id.
 * Throws NetBoxAPIError as the client does.
 */
export async function readKnownVms(
  client: NetBoxClient,
  clusters: number[],
  pluginEndpoints: ReadonlySet<number>,
  signal: AbortSignal,
): Promise<KnownVms> {
  const path = "virtualization/virtual-machines";
  const [states, inside, cloudInits] = await Promise.all([
    client.list<StateAnswer>("plugins/proxbox/sync-state/virtual-machines", { fields: stateFields }, signal),
    client.list<VmAnswer>(path, { cluster_id: clusters, fields: vmFields }, signal),
    // NetBox's filter takes one machine at a time, so these are read whole.
    client.list<{ id: number; virtual_machine: { id: number } }>(
      "plugins/proxbox/vm-cloudinit",
      { fields: "id,virtual_machine" },
      signal,
    ),
  ]);
  const found = new Set(inside.map((vm) => vm.id));
  const moved = states
    .filter(
      (state) =>
        state.endpoint !== null && pluginEndpoints.has(state.endpoint.id) && !found.has(state.virtual_machine.id),
    )
    .map((state) => state.virtual_machine.id);
  const outside = moved.length > 0 ? await client.list<VmAnswer>(path, { id: moved, fields: vmFields }, signal) : [];
  return {
    states: states.map(toState),
    vms: [...inside, ...outside].map(toVm),
    cloudInits: new Map(cloudInits.map((row) => [row.virtual_machine.id, row.id])),
  };
}

/** Reads the tags that stand under these names or under the slugs they could have. */
export async function readTags(client: NetBoxClient, names: string[], signal: AbortSignal): Promise<TagRow[]> {
  if (names.length === 0) return [];
  const [bySlug, byName] = await Promise.all([
    client.list<TagRow & { id: number }>(
      "extras/tags",
      { slug: slugCandidates(names), fields: "id,name,slug" },
      signal,
    ),
    client.list<TagRow & { id: number }>("extras/tags", { name__ie: names, fields: "id,name,slug" }, signal),
  ]);
  return [...new Map([...bySlug, ...byName].map((tag) => [tag.id, { name: tag.name, slug: tag.slug }])).values()];
}

function toVm(row: VmAnswer): KnownVm {
  return {
    id: row.id,
    name: row.name,
    cluster: row.cluster?.id ?? null,
    ours: row.tags.some((tag) => tag.slug === oursTag),
    givenUp: row.tags.some((tag) => tag.slug === softDeletedTag),
    hasDisks: row.virtual_disk_count > 0,
  };
}

function toState(row: StateAnswer): StateRow {
  return {
    vm: row.virtual_machine.id,
    endpoint: row.endpoint?.id ?? null,
    vmid: row.proxmox_vm_id,
    type: row.proxmox_vm_type,
    name: row.proxmox_vm_name,
    tags: row.proxmox_tags,
  };
}

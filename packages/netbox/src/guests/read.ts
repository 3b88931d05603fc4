import type { NetBoxClient } from "../client.ts";
import { softDeletedTag } from "../hosts/support.ts";
import { oursTag } from "../tags.ts";
import type { StateRow, VmRow } from "./match.ts";

/** A virtual machine of NetBox with what stages need besides finding it; ids of NetBox. */
export type KnownVm = VmRow & {
  /** NetBox keeps the sum of a machine's disks itself once it has any. */
  hasDisks: boolean;
  site: number | null;
  tenant: number | null;
  role: number | null;
  primaryIp4: number | null;
  primaryIp6: number | null;
};

/** What NetBox knows of virtual machines: all identity rows, and the machines of some clusters and of these rows. */
export type KnownVms = { states: StateRow[]; vms: KnownVm[] };

type Nested = { id: number } | null;
type VmAnswer = {
  id: number;
  name: string;
  cluster: Nested;
  site: Nested;
  tenant: Nested;
  role: Nested;
  primary_ip4: Nested;
  primary_ip6: Nested;
  tags: { slug: string }[];
  virtual_disk_count: number;
  custom_fields: Record<string, unknown>;
};
type StateAnswer = {
  virtual_machine: { id: number };
  endpoint: Nested;
  proxmox_vm_id: number | null;
  proxmox_vm_type: string;
  proxmox_vm_name: string;
  proxmox_tags: string;
  proxmox_last_synced_role_id: number | null;
};

const vmFields = "id,name,cluster,site,tenant,role,primary_ip4,primary_ip6,tags,virtual_disk_count,custom_fields";
const stateFields =
  "id,virtual_machine,endpoint,proxmox_vm_id,proxmox_vm_type,proxmox_vm_name,proxmox_tags,proxmox_last_synced_role_id";

/**
 * Reads the identity rows once and the machines of the given clusters, and those that have moved out of them, by id.
 * Where there is no identity row yet, the custom fields of older programs are read in its place.
 * Throws NetBoxAPIError as the client does.
 */
export async function readKnownVms(
  client: NetBoxClient,
  clusters: readonly number[],
  pluginEndpoints: ReadonlySet<number>,
  signal: AbortSignal,
): Promise<KnownVms> {
  const path = "virtualization/virtual-machines";
  const [states, inside] = await Promise.all([
    client.list<StateAnswer>("plugins/proxbox/sync-state/virtual-machines", { fields: stateFields }, signal),
    client.list<VmAnswer>(path, { cluster_id: clusters, fields: vmFields }, signal),
  ]);
  const found = new Set(inside.map((vm) => vm.id));
  const moved = states
    .filter(
      (state) =>
        state.endpoint !== null && pluginEndpoints.has(state.endpoint.id) && !found.has(state.virtual_machine.id),
    )
    .map((state) => state.virtual_machine.id);
  const outside = moved.length > 0 ? await client.list<VmAnswer>(path, { id: moved, fields: vmFields }, signal) : [];
  const known = states.map(toState);
  const identified = new Set(known.flatMap(({ vm, vmid }) => (vmid === null ? [] : [vm])));
  const older = inside.filter(({ id }) => !identified.has(id)).flatMap(stateInCustomFields);
  return { states: [...known, ...older], vms: [...inside, ...outside].map(toVm) };
}

/** The identity that proxbox-api 0.0.19 kept in custom fields; the plugin's later releases have deleted these. */
function stateInCustomFields({ id, custom_fields: fields }: VmAnswer): StateRow[] {
  const { proxmox_vm_id: vmid, proxmox_vm_type: type } = fields;
  if (typeof vmid !== "number") return [];
  return [
    { vm: id, endpoint: null, vmid, type: typeof type === "string" ? type : "", name: "", tags: "", lastRole: null },
  ];
}

function toVm(row: VmAnswer): KnownVm {
  return {
    id: row.id,
    name: row.name,
    cluster: row.cluster?.id ?? null,
    ours: row.tags.some((tag) => tag.slug === oursTag),
    givenUp: row.tags.some((tag) => tag.slug === softDeletedTag),
    hasDisks: row.virtual_disk_count > 0,
    site: row.site?.id ?? null,
    tenant: row.tenant?.id ?? null,
    role: row.role?.id ?? null,
    primaryIp4: row.primary_ip4?.id ?? null,
    primaryIp6: row.primary_ip6?.id ?? null,
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
    lastRole: row.proxmox_last_synced_role_id,
  };
}

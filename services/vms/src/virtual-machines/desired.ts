import type { SyncOptions } from "@proxbox/contracts/sync-options";
import type { Desired, DesiredTags, Ref } from "@proxbox/netbox/desired";
import {
  clusterRef,
  deviceRef,
  endpointRef,
  proxmoxClusterRef,
  proxmoxNodeRef,
  siteRef,
} from "@proxbox/netbox/hosts/desired";
import { slugOf } from "@proxbox/netbox/hosts/facts";
import { guestTypes, softDeletedTag } from "@proxbox/netbox/hosts/support";
import { oursTag } from "@proxbox/netbox/tags";
import { isNewRole, type RoleRef, roleOf } from "./desired-role.ts";
import { type GuestBatch, type GuestConfig, labelOf, type PlannedGuest } from "./facts.ts";
import { platformSlug } from "./platforms.ts";

/**
 * What NetBox should hold for one guest: its virtual machine, its identity row and, when it has cloud-init options,
 * the row of these. Pure. What the caller's overwrite flags protect is left alone; identity never is.
 */
export function desiredGuest(
  plan: PlannedGuest,
  config: GuestConfig,
  batch: GuestBatch,
  options: SyncOptions,
): Desired[] {
  const role = roleOf(plan, config, batch, options);
  const vm = desiredMachine(plan, config, batch, options, role);
  const ref: Ref = plan.vm === null ? { kind: vm.kind, identity: vm.identity } : { kind: vm.kind, id: plan.vm };
  return [vm, desiredState(plan, config, batch, options, ref, role), ...desiredCloudInit(plan, config, options, ref)];
}

/** The name alone of a guest's machine, as settled for the whole run. Pure. */
export function desiredName({ vm, name }: { vm: number; name: string }): Desired {
  return { kind: "virtual-machine", id: vm, identity: { name }, values: { name }, label: name };
}

function desiredMachine(
  plan: PlannedGuest,
  config: GuestConfig,
  batch: GuestBatch,
  options: SyncOptions,
  role: RoleRef | null,
): Desired {
  const { guest } = plan;
  const { binding } = batch;
  const node = binding.nodes[guest.node];
  const platform = platformRef(config);
  const type = guestTypes[guest.type].ref;
  const cluster = clusterRef(binding);
  const note = config.note ?? { description: `Synced from Proxmox node ${guest.node}`, comments: "" };
  return {
    kind: "virtual-machine",
    ...(plan.vm === null ? {} : { id: plan.vm }),
    identity: { cluster, name: plan.name },
    values: {
      name: plan.name,
      cluster,
      site: siteRef(node?.site ?? binding.site),
      device: deviceRef(binding, guest.node),
      ...(guest.status === null ? {} : { status: guest.status }),
      vcpus: guest.vcpus,
      memory: guest.memoryMebibytes,
      ...(plan.hasDisks ? {} : { disk: config.diskMebibytes }),
      start_on_boot: config.onboot ? "on" : "off",
      ...(batch.vmTypes ? { virtual_machine_type: type } : {}),
      ...(platform ? { platform } : {}),
      description: note.description,
      comments: note.comments,
      ...overrides(config),
      ...(role ? { role } : {}),
    },
    ...(guest.status === null ? { onCreate: { status: "offline" } } : {}),
    keepIfSet: [
      ...(options.overwrite_vm_type ? [] : ["virtual_machine_type"]),
      ...(options.overwrite_vm_platform ? [] : ["platform"]),
      ...(options.overwrite_vm_description ? [] : ["description", "comments"]),
    ],
    tags: desiredTags(plan, config, batch, options),
    // NetBox 4.6.8 counts a type's machines in the type's row: requests that take these rows in one order never deadlock.
    parent: guest.type,
    label: labelOf(plan),
    ...(config.noteFaults.length > 0 ? { note: config.noteFaults.join(" ") } : {}),
  };
}

function desiredTags(plan: PlannedGuest, config: GuestConfig, batch: GuestBatch, options: SyncOptions): DesiredTags {
  const slugs = (tags: string[]) => tags.map((tag) => slugFor(tag, batch));
  const add = [oursTag, ...slugs(proxmoxTags(config, options))];
  const discovered = `proxbox-discovered-${plan.guest.type}`;
  // The mark of a guest that was gone is no tag of an operator's: it comes off whatever the flag says.
  if (!options.overwrite_vm_tags) return { add: [], onCreate: [...add, discovered], own: [softDeletedTag] };
  const previous = options.overwrite_vm_proxmox_tags ? slugs(plan.previousTags) : [];
  return { add, onCreate: [discovered], own: [softDeletedTag, ...previous] };
}

const overridable = ["site", "device", "cluster", "virtual_machine_type", "platform", "tenant"];
const kindOfField: Record<string, Ref["kind"]> = {
  site: "site",
  device: "device",
  cluster: "cluster",
  virtual_machine_type: "virtual-machine-type",
  platform: "platform",
  tenant: "tenant",
};

/** The note's own word wins over what was found; the fields it may set are the ones that point to NetBox objects. */
function overrides(config: GuestConfig): Record<string, Ref> {
  const values: Record<string, Ref> = {};
  for (const field of overridable) {
    const id = config.metadata[field];
    const kind = kindOfField[field];
    if (id !== undefined && kind) values[field] = { kind, id };
  }
  return values;
}

function proxmoxTags(config: GuestConfig, options: SyncOptions): string[] {
  return options.overwrite_vm_proxmox_tags ? config.tags : [];
}

function slugFor(tag: string, batch: GuestBatch): string {
  return batch.tagSlugs[tag] ?? slugOf(tag, "tag");
}

function platformRef(config: GuestConfig): Ref | null {
  return config.platform === null ? null : { kind: "platform", identity: { slug: platformSlug(config.platform) } };
}

function desiredState(
  plan: PlannedGuest,
  config: GuestConfig,
  batch: GuestBatch,
  options: SyncOptions,
  vm: Ref,
  role: RoleRef | null,
): Desired {
  const { guest } = plan;
  const { binding, facts } = batch;
  const node = facts.nodes.find((candidate) => candidate.name === guest.node);
  return {
    kind: "sync-state-virtual-machine",
    identity: { virtual_machine: vm },
    values: {
      endpoint: endpointRef(binding),
      proxmox_cluster: proxmoxClusterRef(facts, binding),
      proxmox_node: node ? proxmoxNodeRef(binding, node) : null,
      proxmox_endpoint_raw_id: facts.endpoint,
      proxmox_cluster_name: facts.cluster.name,
      proxmox_node_name: guest.node,
      proxmox_vm_id: guest.vmid,
      proxmox_vm_type: guest.type,
      proxmox_vm_name: guest.name,
      ...(role && !isNewRole(plan, role) ? { proxmox_last_synced_role_id: role.id } : {}),
      // What we put on the machine, so that it can be taken off again when it goes.
      proxmox_tags: proxmoxTags(config, options).join(";"),
      proxmox_start_at_boot: config.onboot,
      proxmox_unprivileged_container: config.unprivileged,
      proxmox_qemu_agent: config.agent,
      proxmox_search_domain: config.searchDomain,
      proxmox_status: guest.state,
      proxmox_os: config.ostype,
      proxmox_link: batch.webUrl ? `${batch.webUrl}/#v1:0:=${guest.type}/${guest.vmid}` : "",
    },
    keep: [
      // Of tags that are left alone now, a later run must still know which are ours to take off.
      ...(options.overwrite_vm_tags && options.overwrite_vm_proxmox_tags ? [] : ["proxmox_tags"]),
      ...(options.overwrite_vm_custom_fields
        ? []
        : [
            "proxmox_start_at_boot",
            "proxmox_unprivileged_container",
            "proxmox_qemu_agent",
            "proxmox_search_domain",
            "proxmox_status",
            "proxmox_os",
            "proxmox_link",
          ]),
    ],
    label: labelOf(plan),
  };
}

function desiredCloudInit(plan: PlannedGuest, config: GuestConfig, options: SyncOptions, vm: Ref): Desired[] {
  if (config.cloudInit === null && plan.cloudInit === null) return [];
  // A row whose options are gone is emptied, not deleted: it also holds what the plugin intends.
  const values = {
    ciuser: config.cloudInit?.ciuser ?? "",
    sshkeys: config.cloudInit?.sshkeys ?? "",
    ipconfig0: config.cloudInit?.ipconfig0 ?? "",
    sshkeys_truncated: config.cloudInit?.sshkeysTruncated ?? false,
  };
  return [
    {
      kind: "vm-cloudinit",
      ...(plan.cloudInit === null ? {} : { id: plan.cloudInit }),
      identity: { virtual_machine: vm },
      values,
      keep: options.overwrite_vm_cloudinit ? [] : Object.keys(values),
      label: labelOf(plan),
    },
  ];
}

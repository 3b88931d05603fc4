import { familyOf } from "../addresses.ts";
import { customFields, nested, stamps, tags } from "../fields.ts";
import type { Choices, Field, ShapeKey } from "../model.ts";

/** Releases of netbox-proxbox the simulator speaks. */
export type PluginRelease = "0.0.24" | "0.0.29.post6";

/** Whether a release is the current one: no custom fields, typed sidecars. */
export const isCurrent = (release: PluginRelease): boolean => release !== "0.0.24";

/** Below `/api/`. */
export const PROXBOX = "plugins/proxbox";
/** Path of Proxmox endpoints. */
export const ENDPOINTS = `${PROXBOX}/endpoints/proxmox`;
/** Path of Proxmox clusters. */
export const PROXMOX_CLUSTERS = `${PROXBOX}/proxmox-clusters`;
/** Path of Proxmox nodes. */
export const PROXMOX_NODES = `${PROXBOX}/proxmox-nodes`;
/** Path of storages. */
export const STORAGE = `${PROXBOX}/storage`;
/** Path of the interfaces guests report. */
export const GUEST_INTERFACES = `${PROXBOX}/guest-vm-interfaces`;
/** Path of VMs. */
export const MACHINES = "virtualization/virtual-machines";

/** How the plugin nests an object: its own address, its name. */
export const named: readonly ShapeKey[] = ["id", "url", "display", "name"];

/** How the plugin nests a node. */
export const nodeShape: readonly ShapeKey[] = [...named, "node_id", "online"];

/** How the plugin nests the device of a node. */
export const deviceShape: readonly ShapeKey[] = [...named, "status"];

/** How the plugin nests core objects, with their page. */
export const paged = nested("name");

/** How the plugin nests an address. */
export const addressShape: readonly ShapeKey[] = nested(
  { key: "family", value: (row) => familyOf(String(row.address)) },
  "address",
);

/** How the plugin nests a storage. */
export const storageShape: readonly ShapeKey[] = ["id", "url", "display", "cluster", "name"];

/** Modes of a Proxmox cluster. */
export const MODES: Choices = { undefined: "Undefined", standalone: "Standalone", cluster: "Cluster" };

/** States of a row that is kept after its object is gone. */
export const STALENESS: Choices = { active: "Active", stale: "Stale" };

/** The last fields of most plugin models. */
export const ending = (): Record<string, Field> => ({ tags: tags(), custom_fields: customFields(), ...stamps });

/** The last fields of clusters and nodes. */
export const otherEnding = (): Record<string, Field> => ({ ...stamps, custom_fields: customFields(), tags: tags() });

/** Per-object switches and modes, named as in the settings. */
export const SYNC_MODES = [
  "vm",
  "vm_template",
  "vm_interface",
  "mac",
  "ip_address",
  "cluster",
  "node",
  "storage",
  "sdn",
  "sdn_bgp",
].map((name) => `sync_mode_${name}`);

/** When a kind of object is synced. */
export const SYNC_MODE_CHOICES: Choices = { always: "Always", bootstrap_only: "Bootstrap only", disabled: "Disabled" };

const OVERWRITES = [
  "device_role",
  "device_type",
  "device_tags",
  "device_status",
  "device_description",
  "device_custom_fields",
  "vm_role",
  "vm_type",
  "vm_platform",
  "vm_tags",
  "vm_proxmox_tags",
  "vm_description",
  "vm_custom_fields",
  "vm_cloudinit",
  "cluster_tags",
  "cluster_description",
  "cluster_custom_fields",
  "node_interface_tags",
  "node_interface_custom_fields",
  "storage_tags",
  "vm_interface_tags",
  "vm_interface_custom_fields",
  "ip_status",
  "ip_tags",
  "ip_custom_fields",
  "ip_address_dns_name",
];

/** Names of the overwrite flags a release has. */
export const overwrites = (release: PluginRelease): string[] =>
  OVERWRITES.filter((name) => name !== "vm_platform" || isCurrent(release)).map((name) => `overwrite_${name}`);

/** What the plugin answers to a second row of the same batch, of the tables that say it this way. */
export const FORBIDDEN = { status: 403, body: { detail: "You do not have permission to perform this action." } };

/** The same field under each of these names. */
export const each = (names: readonly string[], field: (name: string) => Field): Record<string, Field> =>
  Object.fromEntries(names.map((name) => [name, field(name)]));

import { TOKENS } from "./access.ts";
import { CUSTOM_FIELDS } from "./custom-fields.ts";
import type { Json } from "./model.ts";
import { isCurrent, type PluginRelease, PROXBOX } from "./models/plugin-parts.ts";
import { tableAt, takeOut, type World } from "./world.ts";
import { create } from "./write.ts";

const VM = "virtualization.virtualmachine";
const HIDDEN = { search_weight: 0, filter_logic: "disabled", ui_editable: "hidden" };
const INTERNAL = { ...HIDDEN, ui_visible: "hidden" };
const SHOWN = { search_weight: 0 };

type Definition = readonly [
  name: string,
  label: string,
  type: string,
  model: string,
  rest: Readonly<Record<string, Json>>,
];

/** The custom fields that are not deleted again by later releases. */
const KEPT = new Set<Json | undefined>(["proxmox_node", "proxmox_storage"]);

/** The custom fields the plugin's migrations make, in the order of their ids. */
const DEFINITIONS: readonly Definition[] = [
  ["proxmox_last_synced_role_id", "Proxmox last-synced role id", "integer", VM, INTERNAL],
  ["hardware_chassis_serial", "Chassis serial", "text", "dcim.device", HIDDEN],
  ["hardware_chassis_manufacturer", "Chassis manufacturer", "text", "dcim.device", HIDDEN],
  ["hardware_chassis_product", "Chassis product name", "text", "dcim.device", HIDDEN],
  ["nic_speed_gbps", "NIC speed (Gbps)", "integer", "dcim.interface", HIDDEN],
  ["nic_duplex", "NIC duplex", "text", "dcim.interface", HIDDEN],
  ["nic_link", "NIC link up", "boolean", "dcim.interface", HIDDEN],
  ["proxmox_node", "Proxmox target node", "text", VM, SHOWN],
  ["proxmox_storage", "Proxmox storage pool", "text", VM, SHOWN],
  ["proxmox_iso", "Proxmox ISO volume id", "text", VM, SHOWN],
  ["proxmox_template_vmid", "Proxmox template VMID", "integer", VM, SHOWN],
  ["cloud_init_user", "Cloud-Init user", "text", VM, SHOWN],
  ["cloud_init_ssh_keys", "Cloud-Init SSH keys", "longtext", VM, SHOWN],
  ["cloud_init_user_data", "Cloud-Init user-data (YAML)", "longtext", VM, SHOWN],
  ["cloud_init_network", "Cloud-Init network config", "longtext", VM, SHOWN],
  ["proxbox_intent_state", "Proxbox intent state", "text", VM, INTERNAL],
  ["proxbox_last_apply_run_id", "Proxbox last apply run id", "text", VM, INTERNAL],
];

const ROLES: readonly (readonly [name: string, slug: string, color: string])[] = [
  ["Virtual Machine (QEMU)", "virtual-machine-qemu", "9c27b0"],
  ["Container (LXC)", "container-lxc", "00bcd4"],
];

/** Puts in what a new NetBox with the plugin has: a superuser with two tokens, two roles, the settings, custom fields (two of the newest release). */
export const seed = (world: World, release: PluginRelease): void => {
  const add = (path: string, body: Readonly<Record<string, Json>>) => {
    const reading = { partial: false, accepts: () => true };
    return create(world, tableAt(world, path), body, reading, { user: "admin", request: "migration" });
  };
  const admin = add("users/users", { username: "admin", password: "" }).id;
  add("users/tokens", { user: admin, version: 1, token: TOKENS.v1 });
  add("users/tokens", { user: admin, version: 2, key: TOKENS.v2.key, token: TOKENS.v2.secret });
  for (const [name, slug, color] of ROLES) add("dcim/device-roles", { name, slug, color });
  add(`${PROXBOX}/settings`, {});
  for (const [name, label, type, model, rest] of DEFINITIONS) {
    add(CUSTOM_FIELDS, { name, label, type, object_types: [model], ...rest });
  }
  if (isCurrent(release)) {
    const table = tableAt(world, CUSTOM_FIELDS);
    for (const field of [...table.rows.values()]) if (!KEPT.has(field.name)) takeOut(world, table, field);
  }
  world.changes.length = 0;
};

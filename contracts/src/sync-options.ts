import { type Static, Type } from "@sinclair/typebox";

const mode = (fallback: "always" | "disabled", description: string) =>
  Type.Union([Type.Literal("always"), Type.Literal("bootstrap_only"), Type.Literal("disabled")], {
    default: fallback,
    description,
  });
const flag = (fallback: boolean, description: string) => Type.Boolean({ default: fallback, description });
const id = (description: string) => Type.Integer({ minimum: 1, description });
const ids = (maxItems: number, description: string) =>
  Type.Array(Type.Integer({ minimum: 1 }), { minItems: 1, maxItems, uniqueItems: true, description });

/** How many guests a run may be limited to by name; who wants more wants all. */
export const mostChosenGuests = 1_000;

/**
 * The `overwrite_*` flags. False: leave this field of an existing object alone; a new object always gets it.
 * Identity in the plugin's sidecars is written whatever they say.
 */
export const overwriteFlags = {
  overwrite_device_role: flag(true, "Role of existing devices."),
  overwrite_device_type: flag(true, "Device type of existing devices."),
  overwrite_device_tags: flag(true, "Tags of existing devices."),
  overwrite_vm_role: flag(true, "Role of existing virtual machines that have one."),
  overwrite_vm_type: flag(true, "Type of existing virtual machines that have one."),
  overwrite_vm_platform: flag(false, "Platform of existing virtual machines that have one."),
  overwrite_vm_tags: flag(true, "Tags of existing virtual machines."),
  overwrite_vm_proxmox_tags: flag(true, "False: tags of Proxmox guests are not taken over at all."),
  overwrite_device_status: flag(true, "Status of existing devices."),
  overwrite_device_description: flag(true, "Description of existing devices."),
  overwrite_device_custom_fields: flag(
    true,
    "Accepted for callers that send it: a device's sidecar holds identity only, which is always written.",
  ),
  overwrite_vm_description: flag(true, "Description and comments of existing virtual machines that have them."),
  overwrite_vm_custom_fields: flag(true, "Descriptive fields of the virtual machine's sidecar."),
  overwrite_vm_cloudinit: flag(true, "Existing cloud-init rows."),
  overwrite_cluster_tags: flag(true, "Tags of existing clusters."),
  overwrite_cluster_description: flag(true, "Description of existing clusters."),
  overwrite_cluster_custom_fields: flag(true, "Descriptive fields of the cluster's sidecar."),
  overwrite_node_interface_tags: flag(true, "Tags of existing node interfaces."),
  overwrite_node_interface_custom_fields: flag(
    true,
    "Accepted for callers that send it: node interfaces have no sidecar, and custom fields are never written.",
  ),
  overwrite_storage_tags: flag(true, "Tags of existing storages."),
  overwrite_vm_interface_tags: flag(true, "Tags of existing guest interfaces."),
  overwrite_vm_interface_custom_fields: flag(true, "Descriptive fields of a guest interface's sidecar."),
  overwrite_ip_status: flag(true, "Status of existing addresses."),
  overwrite_ip_tags: flag(true, "Tags of existing addresses."),
  overwrite_ip_custom_fields: flag(
    true,
    "Accepted for callers that send it: addresses have no sidecar, and custom fields are never written.",
  ),
  overwrite_ip_address_dns_name: flag(true, "DNS name of existing addresses."),
};

/** The name of an overwrite flag. */
export type OverwriteFlag = keyof typeof overwriteFlags;

/** What a run synchronises and how, with every default filled in. */
export const SyncOptions = Type.Object(
  {
    proxmox_endpoint_ids: Type.Optional(ids(100, "Only these Proxmox endpoints; left out: every enabled one.")),
    netbox_vm_ids: Type.Optional(ids(mostChosenGuests, "Only these virtual machines, by their NetBox id.")),
    vmids: Type.Optional(ids(mostChosenGuests, "Only these guests, by their Proxmox number.")),
    dry_run: Type.Optional(Type.Boolean({ description: "Write nothing; tell what would be written." })),
    job: Type.Optional(
      Type.String({
        pattern: "^[A-Za-z0-9_-]{1,64}$",
        description: "Runs of one job share what they saw of Proxmox, while it is fresh.",
      }),
    ),
    netbox_branch_schema_id: Type.Optional(
      Type.String({ pattern: "^[A-Za-z0-9_]{1,64}$", description: "Write into this NetBox branch." }),
    ),
    node_device_name_template: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 255,
        description: "Name of a node's device; {node} {cluster} {cluster_slug} {endpoint}.",
      }),
    ),
    delete_orphans: flag(false, "Mark virtual machines whose guest is gone as decommissioning."),
    max_deletions: Type.Integer({
      minimum: 0,
      maximum: 100000,
      default: 20,
      description:
        "More machines, disks, interfaces or addresses than this to give up: none is touched, all are reported.",
    }),
    delete_nonexistent_backup: flag(false, "Delete backups whose volume is gone from Proxmox."),
    delete_nonexistent_snapshot: flag(false, "Delete snapshots that are gone from Proxmox."),
    parse_description_metadata: flag(false, "Apply the netbox-metadata block of a guest's notes."),
    sync_mode_cluster: mode("always", "Clusters."),
    sync_mode_node: mode("always", "Nodes."),
    sync_mode_storage: mode("always", "Storages."),
    sync_mode_vm: mode("always", "Guests that are no templates."),
    sync_mode_vm_template: mode("always", "Templates."),
    sync_mode_vm_interface: mode("always", "Interfaces of guests."),
    sync_mode_mac: mode("always", "MAC addresses of guests' interfaces."),
    sync_mode_ip_address: mode("always", "IP addresses of guests."),
    sync_mode_sdn: mode("disabled", "Software-defined networks: stage sdn."),
    use_guest_agent_interface_name: flag(
      true,
      "With legacy_rename: an interface is named as the guest's agent names it, not as Proxmox does.",
    ),
    vm_interface_sync_strategy: Type.Union([Type.Literal("guest_os_model"), Type.Literal("legacy_rename")], {
      default: "guest_os_model",
      description:
        "guest_os_model: what the guest calls its interfaces goes to rows of the plugin; legacy_rename: NetBox's interfaces are renamed.",
    }),
    primary_ip_preference: Type.Union([Type.Literal("ipv4"), Type.Literal("ipv6")], {
      default: "ipv4",
      description: "Which family of an interface's addresses comes first.",
    }),
    ignore_ipv6_link_local_addresses: flag(true, "Leave out link-local addresses, of both families."),
    default_role_qemu: Type.Optional(id("Role of QEMU machines, by its NetBox id.")),
    default_role_lxc: Type.Optional(id("Role of containers, by its NetBox id.")),
    journal: flag(true, "Journal entries in NetBox for changed machines and clusters."),
    ...overwriteFlags,
  },
  { $id: "SyncOptions", additionalProperties: false },
);
export type SyncOptions = Static<typeof SyncOptions>;

/** The same options as a caller gives them: each may be left out. */
export const SyncOptionsInput = Type.Partial(SyncOptions, { $id: "SyncOptionsInput", additionalProperties: false });
export type SyncOptionsInput = Static<typeof SyncOptionsInput>;

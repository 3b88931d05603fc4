import {
  big,
  boolean,
  computed,
  customFields,
  datetime,
  integer,
  reference,
  requiredReference,
  signed,
  stamps,
  tags,
  text,
} from "../fields.ts";
import type { Derive, Field, Filter, JsonObject, Model, Rule, ShapeKey } from "../model.ts";
import {
  clusterIsOfCluster,
  endpointOwnsDevice,
  fillRelations,
  nodeIsOfDevice,
  oneRowPer,
  relationsAgree,
  TAKEN,
} from "../rules/plugin.ts";
import {
  ENDPOINTS,
  each,
  isCurrent,
  MACHINES,
  named,
  nodeShape,
  type PluginRelease,
  PROXBOX,
  PROXMOX_CLUSTERS,
  PROXMOX_NODES,
  STORAGE,
} from "./plugin-parts.ts";

/** One sidecar: which core object it is about, and what it adds. */
type Sidecar = {
  readonly path: string;
  readonly parent: string;
  readonly to: string;
  readonly object: string;
  /** Keys of the parent as nested. */
  readonly shape?: readonly ShapeKey[];
  readonly fields?: Readonly<Record<string, Field>>;
  readonly filterable?: readonly string[];
  readonly rules?: readonly Rule[];
  readonly derive?: readonly Derive[];
  readonly brief?: readonly string[];
  readonly filters?: Readonly<Record<string, Filter>>;
  /** The answer to a batch that names one parent twice. */
  readonly twice?: JsonObject;
};

const byIds = (field: string): Filter => ({ by: "ids", field });

const texts = (max: number | undefined, ...names: string[]) => each(names, () => text(max));

const url = (): Field => ({ kind: "url", max: 500, blank: true, default: "" });

const relations = (): Record<string, Field> => ({
  endpoint: reference(ENDPOINTS, "set-null", named),
  proxmox_node: reference(PROXMOX_NODES, "set-null", nodeShape),
  proxmox_node_name: text(255),
  proxmox_cluster: reference(PROXMOX_CLUSTERS, "set-null", named),
  proxmox_cluster_name: text(255),
});

const legacy = (): Record<string, Field> => ({
  ...texts(undefined, "proxmox_tags"),
  ...texts(255, "proxmox_os", "proxmox_storage", "proxmox_disk"),
  ...texts(undefined, "proxmox_interfaces"),
  ...texts(64, "proxmox_vmid"),
  ...texts(undefined, "proxmox_notes", "proxmox_tcp_states"),
  ...texts(255, "proxmox_cpu_type"),
  ...texts(undefined, "proxmox_storage_ids", "proxmox_storage_names", "proxmox_device_names"),
});

const MACHINE: Sidecar = {
  path: "virtual-machines",
  parent: "virtual_machine",
  to: MACHINES,
  object: "ProxboxVirtualMachineSyncState",
  fields: {
    ...relations(),
    proxmox_endpoint_raw_id: signed(),
    proxmox_vm_id: signed(),
    proxmox_vm_type: text(64),
    proxmox_vm_name: text(255),
    proxmox_last_synced_role_id: big(0),
    proxmox_start_at_boot: boolean(null),
    proxmox_unprivileged_container: boolean(null),
    proxmox_qemu_agent: boolean(null),
    proxmox_search_domain: text(255),
    proxmox_link: url(),
    proxmox_status: text(64),
    proxmox_uptime: signed(),
    ...legacy(),
    proxmox_migration_duration: signed(),
    proxmox_migration_type: text(64),
  },
  filterable: [
    "endpoint",
    "proxmox_node",
    "proxmox_cluster",
    "proxmox_vm_id",
    "proxmox_vm_type",
    "proxmox_last_synced_role_id",
    "proxmox_status",
    "proxmox_endpoint_raw_id",
  ],
  rules: [relationsAgree],
  derive: [fillRelations],
  brief: ["proxmox_vm_id"],
};

const device = (release: PluginRelease): Sidecar => ({
  path: "devices",
  parent: "device",
  to: "dcim/devices",
  object: "ProxboxDeviceSyncState",
  fields: {
    ...relations(),
    ...(isCurrent(release) ? { proxmox_endpoint_raw_id: signed() } : {}),
    proxmox_link: url(),
    ...legacy(),
    ...texts(255, "hardware_chassis_serial", "hardware_chassis_manufacturer", "hardware_chassis_product"),
  },
  filterable: ["endpoint", "proxmox_node", "proxmox_cluster", "proxmox_vmid", "hardware_chassis_serial"],
  rules: [endpointOwnsDevice, nodeIsOfDevice, relationsAgree],
  derive: [fillRelations],
  filters: isCurrent(release)
    ? { proxmox_endpoint_raw_id: { by: "ids", field: "proxmox_endpoint_raw_id", orNull: true } }
    : {},
  twice: { device: TAKEN },
});

const SIDECARS: readonly Sidecar[] = [
  {
    path: "clusters",
    parent: "cluster",
    to: "virtualization/clusters",
    object: "ProxboxClusterSyncState",
    fields: {
      proxmox_cluster: reference(PROXMOX_CLUSTERS, "set-null", named),
      proxmox_cluster_name: text(255),
      proxmox_cluster_status: text(64),
      proxmox_cluster_raw_id: signed(),
    },
    filterable: ["proxmox_cluster", "proxmox_cluster_name", "proxmox_cluster_status", "proxmox_cluster_raw_id"],
    rules: [clusterIsOfCluster],
  },
  {
    path: "virtual-disks",
    parent: "virtual_disk",
    to: "virtualization/virtual-disks",
    object: "ProxboxVirtualDiskSyncState",
    fields: {
      proxbox_storage: reference(STORAGE, "set-null"),
      proxbox_storage_id: computed((row) => row.proxbox_storage ?? null),
      proxbox_storage_raw_id: big(),
      proxbox_storage_raw_value: text(),
    },
    filterable: ["proxbox_storage", "proxbox_storage_raw_id"],
  },
  {
    path: "vm-interfaces",
    parent: "vm_interface",
    to: "virtualization/interfaces",
    object: "ProxboxVMInterfaceSyncState",
    fields: {
      proxbox_bridge: reference("dcim/interfaces", "set-null", named),
      proxbox_bridge_raw_id: big(),
      proxbox_bridge_raw_value: text(),
    },
    filterable: ["proxbox_bridge", "proxbox_bridge_raw_id"],
  },
  {
    path: "ip-addresses",
    parent: "ip_address",
    to: "ipam/ip-addresses",
    object: "ProxboxIPAddressSyncState",
    shape: ["id", "url", "display", "address"],
    fields: { proxmox_interface: text(255), proxmox_mac: text(64), proxmox_ip_addresses: text() },
    filterable: ["proxmox_interface", "proxmox_mac"],
  },
  {
    path: "interfaces",
    parent: "interface",
    to: "dcim/interfaces",
    object: "ProxboxInterfaceSyncState",
    fields: { nic_speed_gbps: signed(), nic_duplex: text(64), nic_link: boolean(null) },
    filterable: ["nic_speed_gbps", "nic_duplex", "nic_link"],
  },
  {
    path: "vlans",
    parent: "vlan",
    to: "ipam/vlans",
    object: "ProxboxVLANSyncState",
    shape: ["id", "url", "display", "vid", "name"],
    fields: { proxmox_vlan_id: integer({ min: -2147483648 }) },
    filterable: ["proxmox_vlan_id"],
  },
  {
    path: "cluster-groups",
    parent: "cluster_group",
    to: "virtualization/cluster-groups",
    object: "ProxboxClusterGroupSyncState",
    fields: { proxmox_cluster_name: text(255), proxmox_cluster_status: text(64) },
    filterable: ["proxmox_cluster_name", "proxmox_cluster_status"],
  },
  { path: "device-roles", parent: "device_role", to: "dcim/device-roles", object: "ProxboxDeviceRoleSyncState" },
  {
    path: "device-types",
    parent: "device_type",
    to: "dcim/device-types",
    object: "ProxboxDeviceTypeSyncState",
    shape: ["id", "url", "display", "model"],
  },
  { path: "manufacturers", parent: "manufacturer", to: "dcim/manufacturers", object: "ProxboxManufacturerSyncState" },
  { path: "sites", parent: "site", to: "dcim/sites", object: "ProxboxSiteSyncState" },
  {
    path: "cluster-types",
    parent: "cluster_type",
    to: "virtualization/cluster-types",
    object: "ProxboxClusterTypeSyncState",
  },
];

const toModel = (sidecar: Sidecar): Model => {
  const { parent, to, fields = {}, filterable = [], rules = [] } = sidecar;
  const path = `${PROXBOX}/sync-state/${sidecar.path}`;
  const references = [parent, ...filterable.filter((name) => fields[name]?.kind === "reference")];
  return {
    path,
    type: `netbox_proxbox.${sidecar.object.toLowerCase()}`,
    object: sidecar.object,
    table: `netbox_proxbox_${sidecar.object.toLowerCase()}`,
    fields: {
      [parent]: requiredReference(to, "cascade", sidecar.shape ?? named),
      ...fields,
      proxmox_last_updated: datetime(),
      last_updated: stamps.last_updated,
      last_run_id: text(255),
      tags: tags(),
      custom_fields: customFields(),
      created: stamps.created,
    },
    brief: ["id", "url", "display", parent, ...(sidecar.brief ?? [])],
    display: (row, lookup) => {
      const owner = lookup.get(to, row[parent]);
      return `${owner ? lookup.display(to, owner) : ""} Proxbox sync state`;
    },
    order: [parent],
    seenThrough: parent,
    uniques: [
      {
        fields: [parent],
        answer: "database",
        conflict: {
          status: 409,
          body: sidecar.twice ?? { detail: "The target parent already has a Proxbox sync-state row." },
        },
        constraint: `netbox_proxbox_${sidecar.object.toLowerCase()}_${parent}_id_key`,
        columns: [`${parent}_id`],
      },
    ],
    rules: [oneRowPer(path, parent), ...rules],
    ...(sidecar.derive ? { derive: sidecar.derive } : {}),
    filterable: [...references, ...filterable, "proxmox_last_updated"],
    filters: {
      ...Object.fromEntries(
        references.flatMap((name) => [[name, byIds(name)] as const, [`${name}_id`, byIds(name)] as const]),
      ),
      ...sidecar.filters,
    },
    search: [parent, "proxmox_node_name", "proxmox_cluster_name", "proxmox_vm_name", "proxmox_status"],
  };
};

/** The sidecars of core objects: one row each. */
export const syncStateModels = (release: PluginRelease): readonly Model[] =>
  [MACHINE, device(release), ...SIDECARS].map(toModel);

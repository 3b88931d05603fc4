import {
  boolean,
  brief,
  choice,
  computed,
  constant,
  counter,
  customFields,
  decimal,
  integer,
  json,
  linked,
  linkId,
  linkType,
  nested,
  optionalChoice,
  reference,
  references,
  requiredInteger,
  requiredReference,
  requiredText,
  slug,
  stamps,
  storedCounter,
  tags,
  text,
  unset,
} from "../fields.ts";
import type { Choices, Field, Model, Unique } from "../model.ts";
import { dropVlansWithoutMode, machineLinks, machinePrimaryMac, machineVlanSites } from "../rules/interfaces.ts";
import {
  diskChangesMachine,
  diskMatchesSum,
  hostsInScope,
  inheritSite,
  machinePlacement,
  machinePrimaryAddresses,
  nameUniqueIn,
  restoreDiskSum,
  scopeIsWhole,
  scopeMovesMachines,
} from "../rules/placement.ts";
import {
  addressCount,
  hasPrimaryAddress,
  l2vpnTermination,
  macAddresses,
  macFilter,
  macOfInterface,
  primaryAddress,
  primaryMacText,
  VLAN_MODES,
} from "./interface-parts.ts";

const CLUSTER_STATUS: Choices = {
  planned: "Planned",
  staging: "Staging",
  active: "Active",
  decommissioning: "Decommissioning",
  offline: "Offline",
};

const MACHINE_STATUS: Choices = {
  offline: "Offline",
  active: "Active",
  planned: "Planned",
  staged: "Staged",
  failed: "Failed",
  decommissioning: "Decommissioning",
  paused: "Paused",
};

/** Content types a cluster or a prefix is scoped to. */
export const SCOPES = ["dcim.region", "dcim.sitegroup", "dcim.site", "dcim.location"] as const;

const MACHINES = "virtualization/virtual-machines";
const PORTS = "virtualization/interfaces";

const described = { description: text(200) };
const owned = { owner: unset(), comments: text() };
const labelled = { tags: tags(), custom_fields: customFields(), ...stamps };

/** Name and slug, each unique. */
const identity = (title: string): Record<string, Field> => ({
  name: requiredText(100, { unique: `${title} with this name already exists.` }),
  slug: slug(100, { unique: `${title} with this slug already exists.` }),
});

const CLUSTER_TYPES: Model = {
  path: "virtualization/cluster-types",
  type: "virtualization.clustertype",
  object: "ClusterType",
  table: "virtualization_clustertype",
  fields: {
    ...identity("cluster type"),
    ...described,
    ...owned,
    ...labelled,
    cluster_count: counter("virtualization/clusters", "type"),
  },
  brief: brief("name", "slug", "description"),
  display: (row) => String(row.name),
  order: ["name"],
};

const CLUSTER_GROUPS: Model = {
  path: "virtualization/cluster-groups",
  type: "virtualization.clustergroup",
  object: "ClusterGroup",
  table: "virtualization_clustergroup",
  fields: {
    ...identity("cluster group"),
    ...described,
    ...owned,
    ...labelled,
    cluster_count: counter("virtualization/clusters", "group"),
  },
  brief: brief("name", "slug", "description"),
  display: (row) => String(row.name),
  order: ["name"],
};

/** The sum of a number over the VMs of a cluster; null without any. */
const allocated = (field: string): Field =>
  computed((row, lookup) => {
    const values = lookup.having(MACHINES, "cluster", row.id).flatMap((machine) => machine[field] ?? []);
    return values.length === 0 ? null : values.reduce<number>((sum, value) => sum + Number(value), 0);
  });

const CLUSTERS: Model = {
  path: "virtualization/clusters",
  type: "virtualization.cluster",
  object: "Cluster",
  table: "virtualization_cluster",
  fields: {
    name: requiredText(100),
    type: requiredReference("virtualization/cluster-types", "protect"),
    group: reference("virtualization/cluster-groups", "protect"),
    status: choice(CLUSTER_STATUS, "active"),
    tenant: reference("tenancy/tenants", "protect"),
    scope_type: linkType(SCOPES),
    scope_id: linkId(),
    scope: linked(),
    ...described,
    ...owned,
    ...labelled,
    device_count: counter("dcim/devices", "cluster"),
    virtualmachine_count: counter(MACHINES, "cluster"),
    allocated_vcpus: allocated("vcpus"),
    allocated_memory: allocated("memory"),
    allocated_disk: allocated("disk"),
  },
  brief: brief("name", "description"),
  display: (row) => String(row.name),
  natural: true,
  order: ["name"],
  link: { type: "scope_type", id: "scope_id", onDelete: "none" },
  uniques: [
    {
      fields: ["group", "name"],
      answer: "400",
      message: "Cluster with this Group and Name already exists.",
      constraint: "virtualization_cluster_unique_group_name",
      columns: ["group_id", "name"],
    },
    {
      fields: ["scope_id", "name"],
      when: (row) => row.scope_type === "dcim.site",
      answer: "database",
      constraint: "virtualization_cluster_unique__site_name",
      columns: ["_site_id", "name"],
    },
  ],
  rules: [scopeIsWhole, hostsInScope],
  effects: [scopeMovesMachines],
  filters: {
    site_id: { by: "link", to: "dcim/sites", type: "dcim.site", key: "id" },
    site: { by: "link", to: "dcim/sites", type: "dcim.site", key: "slug" },
  },
};

/** Types of VMs, which came with NetBox 4.6. */
export const MACHINE_TYPES: Model = {
  path: "virtualization/virtual-machine-types",
  type: "virtualization.virtualmachinetype",
  object: "VirtualMachineType",
  table: "virtualization_virtualmachinetype",
  fields: {
    name: requiredText(100),
    slug: slug(100),
    default_platform: reference("dcim/platforms"),
    default_vcpus: decimal(4, 2, { min: 0.01 }),
    default_memory: integer(),
    ...described,
    ...owned,
    ...labelled,
    virtual_machine_count: counter(MACHINES, "virtual_machine_type"),
  },
  brief: brief("name", "slug", "description"),
  display: (row) => String(row.name),
  order: ["name"],
  uniques: (["name", "slug"] as const).map((field) => ({
    fields: [field],
    fold: [field],
    answer: "400",
    message: `Virtual machine type ${field} must be unique.`,
    constraint: `virtualization_virtualmachinetype_unique_${field}`,
    columns: [`lower(${field}::text)`],
  })),
};

const VIRTUAL_MACHINES: Model = {
  path: MACHINES,
  type: "virtualization.virtualmachine",
  object: "VirtualMachine",
  table: "virtualization_virtualmachine",
  fields: {
    name: requiredText(64),
    virtual_machine_type: reference("virtualization/virtual-machine-types", "protect"),
    role: reference("dcim/device-roles", "protect"),
    status: choice(MACHINE_STATUS, "active"),
    start_on_boot: choice({ on: "On", off: "Off", laststate: "Last State" }, "off"),
    site: reference("dcim/sites", "protect"),
    cluster: reference("virtualization/clusters", "protect"),
    device: reference("dcim/devices", "protect"),
    platform: reference("dcim/platforms"),
    primary_ip: primaryAddress(),
    primary_ip4: reference("ipam/ip-addresses"),
    primary_ip6: reference("ipam/ip-addresses"),
    vcpus: decimal(4, 2, { min: 0.01 }),
    memory: integer(),
    disk: integer(),
    ...described,
    serial: text(50),
    tenant: reference("tenancy/tenants", "protect"),
    ...owned,
    tags: tags(),
    local_context_data: json(null),
    config_template: unset(),
    custom_fields: customFields(),
    ...stamps,
    interface_count: storedCounter(PORTS, "virtual_machine"),
    virtual_disk_count: storedCounter("virtualization/virtual-disks", "virtual_machine"),
    config_context: computed((row) => row.local_context_data ?? {}),
  },
  brief: brief("name", "description"),
  display: (row) => String(row.name),
  natural: true,
  order: ["name"],
  uniques: [
    ...nameUniqueIn("cluster", "virtualization_virtualmachine", "Virtual machine"),
    ...nameUniqueIn("device", "virtualization_virtualmachine", "Virtual machine"),
  ],
  rules: [machinePlacement, diskMatchesSum, machinePrimaryAddresses],
  derive: [inheritSite, restoreDiskSum],
  filters: {
    name: { by: "field", field: "name", ignoreCase: true },
    cluster_type_id: { by: "reference", path: ["cluster", "type"], to: "virtualization/cluster-types", key: "id" },
    cluster_type: { by: "reference", path: ["cluster", "type"], to: "virtualization/cluster-types", key: "slug" },
    cluster_group_id: { by: "reference", path: ["cluster", "group"], to: "virtualization/cluster-groups", key: "id" },
    mac_address: macOfInterface(PORTS, "virtual_machine"),
    has_primary_ip: hasPrimaryAddress,
    local_context_data: {
      by: "test",
      accepts: (row, value) => (row.local_context_data !== null) === (value === "true"),
    },
  },
  search: ["name", "description", "comments", "serial"],
};

const NAMED = nested("name");

const PORT_SHAPE = nested({ key: "virtual_machine", shape: NAMED }, "name");

const ofMachine = (table: string, title: string): Unique => ({
  fields: ["virtual_machine", "name"],
  answer: "400",
  message: `${title} with this Virtual machine and Name already exists.`,
  constraint: `${table}_unique_virtual_machine_name`,
  columns: ["virtual_machine_id", "name"],
});

const VM_INTERFACES: Model = {
  path: PORTS,
  type: "virtualization.vminterface",
  object: "VMInterface",
  noun: "interface",
  table: "virtualization_vminterface",
  fields: {
    virtual_machine: requiredReference(MACHINES, "cascade"),
    name: requiredText(64),
    enabled: boolean(true),
    parent: reference(PORTS, "restrict", PORT_SHAPE),
    bridge: reference(PORTS, "set-null", PORT_SHAPE),
    mtu: integer({ min: 1, max: 65536 }),
    mac_address: primaryMacText(),
    primary_mac_address: reference("dcim/mac-addresses"),
    mac_addresses: macAddresses("virtualization.vminterface"),
    ...described,
    mode: optionalChoice(VLAN_MODES),
    untagged_vlan: reference("ipam/vlans"),
    tagged_vlans: references("ipam/vlans", { idsOnly: true }),
    qinq_svlan: reference("ipam/vlans"),
    vlan_translation_policy: unset(),
    vrf: reference("ipam/vrfs"),
    l2vpn_termination: l2vpnTermination("virtualization.vminterface"),
    owner: unset(),
    ...labelled,
    count_ipaddresses: addressCount("virtualization.vminterface"),
    count_fhrp_groups: constant(0),
  },
  brief: brief("virtual_machine", "name", "description"),
  display: (row) => String(row.name),
  natural: "interface",
  order: ["virtual_machine", "name"],
  deleteOrder: ["virtual_machine", "parent", "name"],
  uniques: [ofMachine("virtualization_vminterface", "Interface")],
  rules: [machineLinks, machineVlanSites, machinePrimaryMac],
  derive: [dropVlansWithoutMode],
  filters: {
    mac_address: macFilter,
    cluster_id: { by: "reference", path: ["virtual_machine", "cluster"], to: "virtualization/clusters", key: "id" },
    cluster: { by: "reference", path: ["virtual_machine", "cluster"], to: "virtualization/clusters", key: "name" },
    vlan_id: {
      by: "test",
      accepts: (row, value) =>
        row.untagged_vlan === Number(value) || (row.tagged_vlans as number[]).includes(Number(value)),
    },
  },
};

const VIRTUAL_DISKS: Model = {
  path: "virtualization/virtual-disks",
  type: "virtualization.virtualdisk",
  object: "VirtualDisk",
  table: "virtualization_virtualdisk",
  fields: {
    virtual_machine: requiredReference(MACHINES, "cascade"),
    name: requiredText(64),
    ...described,
    size: requiredInteger(),
    owner: unset(),
    ...labelled,
  },
  brief: brief("virtual_machine", "name", "description", "size"),
  display: (row) => String(row.name),
  natural: true,
  order: ["virtual_machine", "name"],
  uniques: [ofMachine("virtualization_virtualdisk", "Virtual disk")],
  effects: [diskChangesMachine],
};

/** Clusters, VMs and what they are made of. */
export const VIRTUALIZATION: readonly Model[] = [
  CLUSTER_TYPES,
  CLUSTER_GROUPS,
  CLUSTERS,
  MACHINE_TYPES,
  VIRTUAL_MACHINES,
  VM_INTERFACES,
  VIRTUAL_DISKS,
];

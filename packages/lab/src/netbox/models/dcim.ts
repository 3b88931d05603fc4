import {
  boolean,
  brief,
  choice,
  color,
  computed,
  constant,
  counter,
  customFields,
  decimal,
  float,
  integer,
  json,
  linked,
  linkId,
  linkType,
  nested,
  nullableText,
  optionalChoice,
  reference,
  references,
  requiredChoice,
  requiredReference,
  requiredText,
  slug,
  stamps,
  tags,
  text,
} from "../fields.ts";
import type { Choices, Field, Model, ShapeKey, Unique } from "../model.ts";
import { primaryMacStays } from "../rules/addresses.ts";
import {
  deviceLinks,
  devicePrimaryMac,
  deviceVlanSites,
  modeAllowsVlans,
  onlyVirtualHaveParents,
  virtualHaveNoLag,
} from "../rules/interfaces.ts";
import { devicePlacement, devicePrimaryAddresses, nameUniqueIn } from "../rules/placement.ts";
import {
  addressCount,
  hasPrimaryAddress,
  INTERFACE_KINDS,
  l2vpnTermination,
  linkFilters,
  macAddresses,
  macFilter,
  macOfInterface,
  primaryAddress,
  primaryMacText,
  VLAN_MODES,
} from "./interface-parts.ts";
import { INTERFACE_TYPES } from "./interface-types.ts";

const SITE_STATUS: Choices = {
  planned: "Planned",
  staging: "Staging",
  active: "Active",
  decommissioning: "Decommissioning",
  retired: "Retired",
};

const DEVICE_STATUS: Choices = {
  offline: "Offline",
  active: "Active",
  planned: "Planned",
  staged: "Staged",
  failed: "Failed",
  inventory: "Inventory",
  decommissioning: "Decommissioning",
};

const AIRFLOW: Choices = {
  "front-to-rear": "Front to rear",
  "rear-to-front": "Rear to front",
  "left-to-right": "Left to right",
  "right-to-left": "Right to left",
  "side-to-rear": "Side to rear",
  "rear-to-side": "Rear to side",
  "bottom-to-top": "Bottom to top",
  "top-to-bottom": "Top to bottom",
  passive: "Passive",
  mixed: "Mixed",
};

const described = { description: text(200) };
const owned = { owner: constant(null), comments: text() };
const labelled = { tags: tags(), custom_fields: customFields(), ...stamps };

const NAMED = nested("name");

/** A counter that nested objects always show as zero. */
const uncounted = (key: string): ShapeKey => ({ key, value: () => 0 });

const SITES: Model = {
  path: "dcim/sites",
  type: "dcim.site",
  object: "Site",
  table: "dcim_site",
  fields: {
    name: requiredText(100, { unique: "site with this name already exists." }),
    slug: slug(100, { unique: "site with this slug already exists." }),
    status: choice(SITE_STATUS, "active"),
    region: constant(null),
    group: constant(null),
    tenant: reference("tenancy/tenants", "protect"),
    facility: text(50),
    time_zone: nullableText(),
    ...described,
    physical_address: text(200),
    shipping_address: text(200),
    latitude: decimal(2, 6, { min: -90, max: 90 }),
    longitude: decimal(3, 6, { min: -180, max: 180 }),
    ...owned,
    asns: constant([]),
    ...labelled,
    circuit_count: constant(0),
    device_count: counter("dcim/devices", "site"),
    prefix_count: constant(0),
    rack_count: constant(0),
    virtualmachine_count: counter("virtualization/virtual-machines", "site"),
    vlan_count: counter("ipam/vlans", "site"),
  },
  brief: brief("name", "slug", "description"),
  display: (row) => String(row.name),
  natural: true,
  order: ["name"],
  search: ["name", "facility", "description", "physical_address", "shipping_address", "comments"],
};

const MANUFACTURERS: Model = {
  path: "dcim/manufacturers",
  type: "dcim.manufacturer",
  object: "Manufacturer",
  table: "dcim_manufacturer",
  fields: {
    name: requiredText(100, { unique: "manufacturer with this name already exists." }),
    slug: slug(100, { unique: "manufacturer with this slug already exists." }),
    ...described,
    ...owned,
    ...labelled,
    devicetype_count: counter("dcim/device-types", "manufacturer"),
    moduletype_count: constant(0),
    inventoryitem_count: constant(0),
    platform_count: counter("dcim/platforms", "manufacturer"),
  },
  brief: brief("name", "slug", "description"),
  display: (row) => String(row.name),
  order: ["name"],
};

const TEMPLATE_COUNTS = [
  "console_port",
  "console_server_port",
  "power_port",
  "power_outlet",
  "interface",
  "front_port",
  "rear_port",
  "device_bay",
  "module_bay",
  "inventory_item",
];

const zeros = (names: readonly string[]): Record<string, Field> =>
  Object.fromEntries(names.map((name) => [name, constant(0)]));

const pair = (
  model: string,
  title: string,
  fields: readonly [string, string],
  names: readonly [string, string],
): Unique => ({
  fields,
  answer: "400",
  message: `${title} with this ${names[0]} and ${names[1]} already exists.`,
  constraint: `${model}_unique_${fields.join("_")}`,
  columns: [`${fields[0]}_id`, fields[1]],
});

const DEVICE_TYPES: Model = {
  path: "dcim/device-types",
  type: "dcim.devicetype",
  object: "DeviceType",
  table: "dcim_devicetype",
  fields: {
    manufacturer: requiredReference("dcim/manufacturers", "protect"),
    default_platform: reference("dcim/platforms"),
    model: requiredText(100),
    slug: slug(100),
    part_number: text(50),
    u_height: decimal(4, 1, { null: false, default: 1, min: 0, max: 1000 }),
    exclude_from_utilization: boolean(false),
    is_full_depth: boolean(true),
    subdevice_role: optionalChoice({ parent: "Parent", child: "Child" }),
    airflow: optionalChoice(AIRFLOW),
    weight: decimal(6, 2),
    weight_unit: optionalChoice({ kg: "Kilograms", g: "Grams", lb: "Pounds", oz: "Ounces" }),
    front_image: constant(null),
    rear_image: constant(null),
    ...described,
    ...owned,
    ...labelled,
    device_count: counter("dcim/devices", "device_type"),
    ...zeros(TEMPLATE_COUNTS.map((name) => `${name}_template_count`)),
  },
  brief: brief("manufacturer", "model", "slug", "description", "device_count"),
  display: (row) => String(row.model),
  order: ["manufacturer", "model"],
  uniques: [
    pair("dcim_devicetype", "Device type", ["manufacturer", "model"], ["Manufacturer", "Model"]),
    pair("dcim_devicetype", "Device type", ["manufacturer", "slug"], ["Manufacturer", "Slug"]),
  ],
  search: ["manufacturer", "model", "part_number", "description", "comments"],
};

/** Names and slugs are unique among the children of one parent, and at the top. */
const treeUniques = (model: string, title: string): Unique[] =>
  (["name", "slug"] as const).flatMap((field): Unique[] => [
    {
      fields: ["parent", field],
      answer: "400",
      message: `${title} with this Parent and ${field === "name" ? "Name" : "Slug"} already exists.`,
      constraint: `${model}_parent_${field}`,
      columns: ["parent_id", field],
    },
    {
      fields: [field],
      when: (row) => row.parent === null,
      answer: "400",
      message: `A top-level ${title.toLowerCase()} with this ${field} already exists.`,
      constraint: `${model}_${field}`,
      columns: [field],
    },
  ]);

const DEVICE_ROLES: Model = {
  path: "dcim/device-roles",
  type: "dcim.devicerole",
  object: "DeviceRole",
  table: "dcim_devicerole",
  fields: {
    name: requiredText(100),
    slug: slug(100),
    color: color(),
    vm_role: boolean(true),
    config_template: constant(null),
    parent: reference("dcim/device-roles", "cascade", NAMED),
    ...described,
    ...labelled,
    device_count: counter("dcim/devices", "role"),
    virtualmachine_count: counter("virtualization/virtual-machines", "role"),
    ...owned,
    _depth: computed((row) => (row.parent === null ? 0 : 1)),
  },
  brief: brief("name", "slug", "description", uncounted("device_count"), uncounted("virtualmachine_count"), "_depth"),
  display: (row) => String(row.name),
  order: ["id"],
  uniques: treeUniques("dcim_devicerole", "Device role"),
};

const PLATFORMS: Model = {
  path: "dcim/platforms",
  type: "dcim.platform",
  object: "Platform",
  table: "dcim_platform",
  fields: {
    parent: reference("dcim/platforms", "cascade", NAMED),
    name: requiredText(100),
    slug: slug(100),
    manufacturer: reference("dcim/manufacturers", "protect"),
    config_template: constant(null),
    ...described,
    ...owned,
    ...labelled,
    device_count: counter("dcim/devices", "platform"),
    virtualmachine_count: counter("virtualization/virtual-machines", "platform"),
    _depth: computed((row) => (row.parent === null ? 0 : 1)),
  },
  brief: brief("name", "slug", "description", uncounted("device_count"), uncounted("virtualmachine_count"), "_depth"),
  display: (row) => String(row.name),
  order: ["name"],
  uniques: (["name", "slug"] as const).map((field) => ({
    fields: [field],
    when: (row) => row.manufacturer === null,
    answer: "400",
    message: `Platform ${field} must be unique.`,
    constraint: `dcim_platform_${field}`,
    columns: [field],
  })),
};

const COMPONENT_COUNTS = ["console_port", "console_server_port", "power_port", "power_outlet"];
const MORE_COMPONENT_COUNTS = ["front_port", "rear_port", "device_bay", "module_bay", "inventory_item"];

const DEVICES: Model = {
  path: "dcim/devices",
  type: "dcim.device",
  object: "Device",
  table: "dcim_device",
  fields: {
    name: nullableText(64),
    device_type: requiredReference("dcim/device-types", "protect"),
    role: requiredReference("dcim/device-roles", "protect"),
    tenant: reference("tenancy/tenants", "protect"),
    platform: reference("dcim/platforms"),
    serial: text(50),
    asset_tag: nullableText(50, { unique: "device with this asset tag already exists." }),
    site: requiredReference("dcim/sites", "protect"),
    location: constant(null),
    rack: constant(null),
    position: constant(null),
    face: optionalChoice({ front: "Front", rear: "Rear" }),
    latitude: decimal(2, 6, { min: -90, max: 90 }),
    longitude: decimal(3, 6, { min: -180, max: 180 }),
    parent_device: constant(null),
    status: choice(DEVICE_STATUS, "active"),
    airflow: optionalChoice(AIRFLOW),
    primary_ip: primaryAddress(),
    primary_ip4: reference("ipam/ip-addresses"),
    primary_ip6: reference("ipam/ip-addresses"),
    oob_ip: reference("ipam/ip-addresses"),
    cluster: reference("virtualization/clusters"),
    virtual_chassis: constant(null),
    vc_position: integer({ max: 255 }),
    vc_priority: integer({ max: 255 }),
    ...described,
    ...owned,
    config_template: constant(null),
    config_context: computed((row) => row.local_context_data ?? {}),
    local_context_data: json(null),
    ...labelled,
    ...zeros(COMPONENT_COUNTS.map((name) => `${name}_count`)),
    interface_count: counter("dcim/interfaces", "device"),
    ...zeros(MORE_COMPONENT_COUNTS.map((name) => `${name}_count`)),
  },
  brief: brief("name", "description"),
  display: (row, lookup) => {
    if (row.name !== null && row.name !== "") {
      return row.asset_tag === null ? String(row.name) : `${row.name} (${row.asset_tag})`;
    }
    const type = lookup.get("dcim/device-types", row.device_type);
    const maker = lookup.get("dcim/manufacturers", type?.manufacturer);
    return `${maker?.name} ${type?.model} (${row.id})`;
  },
  natural: true,
  order: ["name"],
  uniques: nameUniqueIn("site", "dcim_device", "Device"),
  createsInTurn: true,
  rules: [devicePrimaryAddresses, devicePlacement],
  filters: {
    name: { by: "field", field: "name", ignoreCase: true },
    manufacturer_id: { by: "reference", path: ["device_type", "manufacturer"], to: "dcim/manufacturers", key: "id" },
    manufacturer: { by: "reference", path: ["device_type", "manufacturer"], to: "dcim/manufacturers", key: "slug" },
    cluster_group_id: { by: "reference", path: ["cluster", "group"], to: "virtualization/cluster-groups", key: "id" },
    virtual_chassis_member: { by: "test", accepts: (row, value) => row.name === value },
    mac_address: macOfInterface("dcim/interfaces", "device"),
    has_primary_ip: hasPrimaryAddress,
    interfaces: {
      by: "test",
      accepts: (row, value, lookup) => lookup.count("dcim/interfaces", "device", row.id) > 0 === (value === "true"),
    },
  },
  search: ["name", "serial", "asset_tag", "description", "comments"],
};

const PORT_SHAPE = nested({ key: "device", shape: NAMED }, "name", "cable", "_occupied");

const INTERFACES: Model = {
  path: "dcim/interfaces",
  type: "dcim.interface",
  object: "Interface",
  table: "dcim_interface",
  fields: {
    device: requiredReference("dcim/devices", "cascade"),
    vdcs: constant([]),
    module: constant(null),
    name: requiredText(64),
    label: text(64),
    type: requiredChoice(INTERFACE_TYPES),
    enabled: boolean(true),
    parent: reference("dcim/interfaces", "restrict", PORT_SHAPE),
    bridge: reference("dcim/interfaces", "set-null", PORT_SHAPE),
    bridge_interfaces: {
      kind: "computed",
      to: "dcim/interfaces",
      shape: PORT_SHAPE,
      compute: (row, lookup) => lookup.having("dcim/interfaces", "bridge", row.id).map((port) => port.id),
    },
    lag: reference("dcim/interfaces", "set-null", PORT_SHAPE),
    mtu: integer({ min: 1, max: 65536 }),
    mac_address: primaryMacText(),
    primary_mac_address: reference("dcim/mac-addresses"),
    mac_addresses: macAddresses("dcim.interface"),
    speed: integer({ max: 2 ** 63 - 1 }),
    duplex: optionalChoice({ half: "Half", full: "Full", auto: "Auto" }),
    wwn: nullableText(),
    mgmt_only: boolean(false),
    ...described,
    mode: optionalChoice(VLAN_MODES),
    rf_role: constant(null),
    rf_channel: constant(null),
    poe_mode: constant(null),
    poe_type: constant(null),
    rf_channel_frequency: float(),
    rf_channel_width: float(),
    tx_power: integer({ min: -40, max: 127 }),
    untagged_vlan: reference("ipam/vlans"),
    tagged_vlans: references("ipam/vlans", { idsOnly: true }),
    qinq_svlan: reference("ipam/vlans"),
    vlan_translation_policy: constant(null),
    mark_connected: boolean(false),
    cable: constant(null),
    cable_end: constant(null),
    wireless_link: constant(null),
    link_peers: constant([]),
    link_peers_type: constant(null),
    wireless_lans: constant([]),
    vrf: reference("ipam/vrfs"),
    l2vpn_termination: l2vpnTermination("dcim.interface"),
    connected_endpoints: constant(null),
    connected_endpoints_type: constant(null),
    connected_endpoints_reachable: constant(false),
    owner: constant(null),
    ...labelled,
    count_ipaddresses: addressCount("dcim.interface"),
    count_fhrp_groups: constant(0),
    _occupied: constant(false),
  },
  brief: brief("device", "name", "description", "cable", "_occupied"),
  display: (row) => (row.label === "" ? String(row.name) : `${row.name} (${row.label})`),
  natural: "interface",
  order: ["device", "name"],
  deleteOrder: ["device", "parent", "name"],
  uniques: [pair("dcim_interface", "Interface", ["device", "name"], ["Device", "Name"])],
  rules: [modeAllowsVlans, onlyVirtualHaveParents, virtualHaveNoLag, deviceLinks, deviceVlanSites, devicePrimaryMac],
  filters: {
    mac_address: macFilter,
    virtual_chassis_member: { by: "reference", path: ["device"], to: "dcim/devices", key: "name" },
    virtual_chassis_member_id: { by: "reference", path: ["device"], to: "dcim/devices", key: "id" },
    site_id: { by: "reference", path: ["device", "site"], to: "dcim/sites", key: "id" },
    site: { by: "reference", path: ["device", "site"], to: "dcim/sites", key: "slug" },
    kind: {
      by: "test",
      accepts: (row, value) =>
        (["virtual", "bridge", "lag"].includes(String(row.type)) ? "virtual" : "physical") === value,
    },
  },
};

const MAC_ADDRESSES: Model = {
  path: "dcim/mac-addresses",
  type: "dcim.macaddress",
  object: "MACAddress",
  noun: "MAC address",
  table: "dcim_macaddress",
  fields: {
    mac_address: { kind: "mac", required: true },
    assigned_object_type: linkType(INTERFACE_KINDS),
    assigned_object_id: linkId(),
    assigned_object: linked(),
    ...described,
    ...owned,
    ...labelled,
  },
  brief: brief("mac_address", "description"),
  display: (row) => String(row.mac_address),
  order: ["mac_address"],
  link: { type: "assigned_object_type", id: "assigned_object_id", onDelete: "cascade" },
  rules: [primaryMacStays],
  search: ["mac_address"],
  filters: {
    ...linkFilters(),
    primary: {
      by: "test",
      accepts: (row, value, lookup) =>
        ["dcim/interfaces", "virtualization/interfaces"].some(
          (path) => lookup.count(path, "primary_mac_address", row.id) > 0,
        ) ===
        (value === "true"),
    },
  },
};

/** Sites, devices and what they are made of. */
export const DCIM: readonly Model[] = [
  SITES,
  MANUFACTURERS,
  DEVICE_TYPES,
  DEVICE_ROLES,
  PLATFORMS,
  DEVICES,
  INTERFACES,
  MAC_ADDRESSES,
];

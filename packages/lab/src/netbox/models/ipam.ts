import { contains, familyOf, formatNetwork, hostOf, lengthOf, parseNetwork } from "../addresses.ts";
import {
  boolean,
  brief,
  choice,
  computed,
  constant,
  counter,
  customFields,
  linked,
  linkId,
  linkType,
  nullableText,
  optionalChoice,
  reference,
  requiredInteger,
  requiredText,
  stamps,
  tags,
  text,
} from "../fields.ts";
import type { Choices, Field, Filter, Json, Lookup, Model, Row } from "../model.ts";
import {
  addressIsAssignable,
  addressIsUnique,
  addressKey,
  around,
  inNetwork,
  prefixIsUnique,
  prefixKey,
  primaryAddressStays,
  slaacIsVersion6,
  withinNetwork,
} from "../rules/addresses.ts";
import { scopeIsWhole } from "../rules/placement.ts";
import { INTERFACE_KINDS, l2vpnTermination, linkFilters } from "./interface-parts.ts";
import { SCOPES } from "./virtualization.ts";

const ADDRESS_STATUS: Choices = {
  active: "Active",
  reserved: "Reserved",
  deprecated: "Deprecated",
  dhcp: "DHCP",
  slaac: "SLAAC",
};

const ADDRESS_ROLES: Choices = {
  loopback: "Loopback",
  secondary: "Secondary",
  anycast: "Anycast",
  vip: "VIP",
  vrrp: "VRRP",
  hsrp: "HSRP",
  glbp: "GLBP",
  carp: "CARP",
};

const PREFIX_STATUS: Choices = {
  container: "Container",
  active: "Active",
  reserved: "Reserved",
  deprecated: "Deprecated",
};

const VLAN_STATUS: Choices = { active: "Active", reserved: "Reserved", deprecated: "Deprecated" };

const DNS_NAME: readonly [RegExp, string] = [
  /^([0-9A-Za-z_-]+|\*)(\.[0-9A-Za-z_-]+)*\.?$/,
  "Only alphanumeric characters, asterisks, hyphens, periods, and underscores are allowed in DNS names",
];

const labelled = { tags: tags(), custom_fields: customFields(), ...stamps };

const family = (field: string): Field =>
  computed((row) => {
    const value = familyOf(String(row[field]));
    return { value, label: `IPv${value}` };
  });

/** `family=4`. */
const familyFilter = (field: string): Filter => ({
  by: "test",
  accepts: (row, value) => familyOf(String(row[field])) === Number(value),
});

/** `mask_length=24`. */
const lengthFilter = (field: string): Filter => ({
  by: "test",
  accepts: (row, value) => lengthOf(String(row[field])) === Number(value),
});

/** How an asked address is stored. Each is held against every row, so it is read only once. */
const asked = new Map<string, string | undefined>();

const storedForm = (value: string): string | undefined => {
  if (!asked.has(value)) {
    const network = parseNetwork(value);
    asked.set(value, network && formatNetwork(network));
  }
  return asked.get(value);
};

/** `address=`: a host alone matches any mask. */
const addressFilter: Filter = {
  by: "test",
  accepts: (row, value) => {
    const wanted = storedForm(value);
    if (wanted === undefined) return false;
    const stored = String(row.address);
    return value.includes("/") ? stored === wanted : hostOf(stored) === hostOf(wanted);
  },
};

const VRFS: Model = {
  path: "ipam/vrfs",
  type: "ipam.vrf",
  object: "VRF",
  noun: "VRF",
  table: "ipam_vrf",
  fields: {
    name: requiredText(100),
    rd: nullableText(21, { unique: "VRF with this route distinguisher already exists." }),
    tenant: reference("tenancy/tenants", "protect"),
    enforce_unique: boolean(true),
    description: text(200),
    owner: constant(null),
    comments: text(),
    import_targets: constant([]),
    export_targets: constant([]),
    ...labelled,
    ipaddress_count: counter("ipam/ip-addresses", "vrf"),
    prefix_count: counter("ipam/prefixes", "vrf"),
  },
  brief: brief("name", "rd", "description"),
  display: (row) => (row.rd === null || row.rd === "" ? String(row.name) : `${row.name} (${row.rd})`),
  natural: true,
  order: ["name", "rd"],
};

const IP_ADDRESSES: Model = {
  path: "ipam/ip-addresses",
  type: "ipam.ipaddress",
  object: "IPAddress",
  noun: "IP address",
  table: "ipam_ipaddress",
  fields: {
    family: family("address"),
    address: { kind: "address", required: true },
    vrf: reference("ipam/vrfs", "protect"),
    tenant: reference("tenancy/tenants", "protect"),
    status: choice(ADDRESS_STATUS, "active"),
    role: optionalChoice(ADDRESS_ROLES),
    assigned_object_type: linkType(INTERFACE_KINDS),
    assigned_object_id: linkId(),
    assigned_object: linked(),
    nat_inside: reference("ipam/ip-addresses"),
    nat_outside: constant([]),
    dns_name: text(255, { pattern: DNS_NAME, lower: true }),
    description: text(200),
    owner: constant(null),
    comments: text(),
    ...labelled,
  },
  brief: brief("family", "address", "nat_inside", "nat_outside", "dns_name", "description"),
  display: (row) => String(row.address),
  order: ["address"],
  link: { type: "assigned_object_type", id: "assigned_object_id", onDelete: "cascade" },
  indexes: { duplicates: addressKey },
  rules: [addressIsAssignable, addressIsUnique, primaryAddressStays, slaacIsVersion6],
  filters: {
    ...linkFilters(),
    address: addressFilter,
    parent: inNetwork,
    family: familyFilter("address"),
    mask_length: lengthFilter("address"),
  },
  search: ["address", "dns_name", "description", "comments"],
};

/** Prefixes of the same table around this one, and inside it. */
const relatives = (row: Row, lookup: Lookup, inside: boolean): number => {
  const own = parseNetwork(String(row.prefix));
  const others = lookup.having("ipam/prefixes", "table", row.vrf ?? "global");
  return others.filter((other) => {
    const network = other.prefix === row.prefix ? undefined : parseNetwork(String(other.prefix));
    return network && own && (inside ? contains(own, network) : contains(network, own));
  }).length;
};

const tableKey = (row: Row): Json => row.vrf ?? "global";

const PREFIXES: Model = {
  path: "ipam/prefixes",
  type: "ipam.prefix",
  object: "Prefix",
  table: "ipam_prefix",
  fields: {
    family: family("prefix"),
    prefix: { kind: "network", required: true },
    vrf: reference("ipam/vrfs", "protect"),
    scope_type: linkType(SCOPES),
    scope_id: linkId(),
    scope: linked(),
    tenant: reference("tenancy/tenants", "protect"),
    vlan: reference("ipam/vlans", "protect"),
    status: choice(PREFIX_STATUS, "active"),
    role: constant(null),
    is_pool: boolean(false),
    mark_utilized: boolean(false),
    description: text(200),
    owner: constant(null),
    comments: text(),
    ...labelled,
    children: computed((row, lookup) => relatives(row, lookup, true)),
    _depth: computed((row, lookup) => relatives(row, lookup, false)),
  },
  brief: brief("family", "prefix", "description", "_depth"),
  display: (row) => String(row.prefix),
  order: ["prefix"],
  link: { type: "scope_type", id: "scope_id", onDelete: "none" },
  indexes: { duplicates: prefixKey, table: tableKey },
  rules: [scopeIsWhole, prefixIsUnique],
  filters: {
    contains: around,
    within: withinNetwork(false),
    within_include: withinNetwork(true),
    family: familyFilter("prefix"),
    mask_length: lengthFilter("prefix"),
    site_id: { by: "link", to: "dcim/sites", type: "dcim.site", key: "id" },
    site: { by: "link", to: "dcim/sites", type: "dcim.site", key: "slug" },
  },
};

const VLANS: Model = {
  path: "ipam/vlans",
  type: "ipam.vlan",
  object: "VLAN",
  noun: "VLAN",
  table: "ipam_vlan",
  fields: {
    site: reference("dcim/sites", "protect"),
    group: constant(null),
    vid: requiredInteger(1, 4094),
    name: requiredText(64),
    tenant: reference("tenancy/tenants", "protect"),
    status: choice(VLAN_STATUS, "active"),
    role: constant(null),
    description: text(200),
    qinq_role: optionalChoice({ svlan: "Service", cvlan: "Customer" }),
    qinq_svlan: reference("ipam/vlans", "protect"),
    owner: constant(null),
    comments: text(),
    l2vpn_termination: l2vpnTermination("ipam.vlan"),
    ...labelled,
    prefix_count: counter("ipam/prefixes", "vlan"),
  },
  brief: brief("vid", "name", "description"),
  display: (row) => `${row.name} (${row.vid})`,
  natural: true,
  order: ["site", "vid"],
  filters: {
    available_at_site: { by: "test", accepts: (row, value) => row.site === null || row.site === Number(value) },
    available_on_virtualmachine: {
      by: "test",
      accepts: (row, value, lookup) =>
        row.site === null ||
        row.site === (lookup.get("virtualization/virtual-machines", Number(value))?.site ?? undefined),
    },
    group_id: { by: "test", accepts: (_row, value) => value === "null" },
  },
};

const ROUTE_TARGETS: Model = {
  path: "ipam/route-targets",
  type: "ipam.routetarget",
  object: "RouteTarget",
  table: "ipam_routetarget",
  fields: {
    name: requiredText(21, { unique: "route target with this name already exists." }),
    tenant: reference("tenancy/tenants", "protect"),
    description: text(200),
    owner: constant(null),
    comments: text(),
    ...labelled,
  },
  brief: brief("name", "description"),
  display: (row) => String(row.name),
  natural: true,
  order: ["name"],
};

/** Addresses, prefixes, VLANs, VRFs and route targets. */
export const IPAM: readonly Model[] = [VRFS, ROUTE_TARGETS, IP_ADDRESSES, PREFIXES, VLANS];

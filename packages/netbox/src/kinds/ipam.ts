import { choice, cidr, integer, type Kind, mac, network, reference, references, text } from "../kind.ts";

/** What holds an address of either sort; NetBox wants both fields together. */
const assignment = {
  assigned_object_type: choice,
  assigned_object_id: reference("interface", "vm-interface"),
};

/**
 * `ipam/vlans`. NetBox keeps VLANs apart by nothing but their group: outside of groups one site may have a vid twice, so
 * writers side by side must not both make it.
 */
export const vlan: Kind = {
  path: "ipam/vlans",
  label: "VLAN",
  model: "ipam.vlan",
  identity: { site: "site_id", vid: "vid" },
  fields: {
    site: reference("site"),
    vid: integer,
    name: text(64),
    group: reference(),
    tenant: reference("tenant"),
    status: choice,
    description: text(200),
  },
  tagged: true,
};

/** `dcim/mac-addresses`. NetBox takes the same one any number of times; on one interface it is one. */
export const macAddress: Kind = {
  path: "dcim/mac-addresses",
  label: "MAC address",
  model: "dcim.macaddress",
  identity: {
    assigned_object_type: "assigned_object_type",
    assigned_object_id: "assigned_object_id",
    mac_address: null,
  },
  fields: { ...assignment, mac_address: mac, description: text(200) },
  tagged: true,
  together: [["assigned_object_type", "assigned_object_id"]],
};

/**
 * `ipam/ip-addresses`, outside of VRFs. An address on another object is another object: NetBox refuses the second one,
 * and nobody's address is taken over by its number. Whoever knows better names the row by its id. Every write waits for
 * one lock in NetBox, so writes have a permit of their own.
 */
export const ipAddress: Kind = {
  path: "ipam/ip-addresses",
  label: "IP address",
  model: "ipam.ipaddress",
  identity: { address: "address", vrf: null, assigned_object_type: null, assigned_object_id: null },
  fields: {
    ...assignment,
    address: cidr,
    vrf: reference(),
    tenant: reference("tenant"),
    status: choice,
    role: choice,
    dns_name: text(255),
    description: text(200),
  },
  tagged: true,
  together: [["assigned_object_type", "assigned_object_id"]],
  writes: "netbox-address",
};

/** `ipam/prefixes`, outside of VRFs. */
export const prefix: Kind = {
  path: "ipam/prefixes",
  label: "prefix",
  model: "ipam.prefix",
  identity: { prefix: "prefix", vrf: null },
  fields: {
    prefix: network,
    vrf: reference(),
    scope_type: choice,
    scope_id: { ...reference("site"), when: ["scope_type", "dcim.site"] },
    tenant: reference("tenant"),
    vlan: reference("vlan"),
    status: choice,
    description: text(200),
  },
  tagged: true,
  together: [["scope_type", "scope_id"]],
};

/** `ipam/route-targets`; the name is the target, e.g. `65000:100`. */
export const routeTarget: Kind = {
  path: "ipam/route-targets",
  label: "route target",
  model: "ipam.routetarget",
  identity: { name: "name" },
  fields: { name: text(21), tenant: reference("tenant"), description: text(200) },
  tagged: true,
};

/** `vpn/l2vpns`. Slug and name are unique each. */
export const l2vpn: Kind = {
  path: "vpn/l2vpns",
  label: "L2VPN",
  model: "vpn.l2vpn",
  identity: { slug: "slug" },
  fields: {
    slug: text(100),
    name: text(100),
    type: choice,
    status: choice,
    identifier: integer,
    tenant: reference("tenant"),
    import_targets: references("route-target"),
    export_targets: references("route-target"),
    description: text(200),
  },
  tagged: true,
};

/** `vpn/l2vpn-terminations`. An object ends one L2VPN only. */
export const l2vpnTermination: Kind = {
  path: "vpn/l2vpn-terminations",
  label: "L2VPN termination",
  model: "vpn.l2vpntermination",
  identity: { l2vpn: "l2vpn_id", assigned_object_type: null, assigned_object_id: null },
  fields: {
    l2vpn: reference("l2vpn"),
    assigned_object_type: choice,
    assigned_object_id: reference("vlan", "interface", "vm-interface"),
  },
  tagged: true,
};

import { boolean, choice, type Field, integer, json, jsonList, type Kind, reference, text } from "../kind.ts";

/** What every table of the plugin for software-defined networks has; `identity` tells rows of one cluster apart. */
function sdnKind(name: string, identity: Kind["identity"], fields: Readonly<Record<string, Field>>): Kind {
  return {
    path: `plugins/proxbox/sdn-${name}s`,
    label: `SDN ${name.replace("-", " ")}`,
    model: `netbox_proxbox.proxmoxsdn${name.replace("-", "")}`,
    identity: { endpoint: "endpoint", cluster_name: "cluster_name", ...identity },
    single: ["endpoint"],
    fields: {
      endpoint: reference("proxmox-endpoint"),
      cluster_name: text(255),
      status: choice,
      raw_config: json,
      ...fields,
    },
    tagged: true,
  };
}

/** `plugins/proxbox/sdn-fabrics`; `fabric_type` is required. */
export const sdnFabric = sdnKind(
  "fabric",
  { fabric_name: "fabric_name" },
  {
    fabric_name: text(255),
    fabric_type: choice,
    asn: integer,
    advertise_subnets: boolean,
    disable_arp_nd_suppression: boolean,
    vrf_vxlan: integer,
    peers: jsonList,
  },
);

/** `plugins/proxbox/sdn-controllers`. */
export const sdnController = sdnKind(
  "controller",
  { controller_name: "controller_name" },
  {
    controller_name: text(255),
    controller_type: text(32),
    asn: integer,
    peers: jsonList,
    nodes: jsonList,
    loopback: text(255),
    state: text(32),
  },
);

/** `plugins/proxbox/sdn-zones`. */
export const sdnZone = sdnKind(
  "zone",
  { zone_name: "zone_name" },
  {
    zone_name: text(255),
    zone_type: text(32),
    controller: text(255),
    vrf_vxlan: integer,
    tag: integer,
    mtu: integer,
    dns: text(255),
    ipam: text(255),
    rt_import: jsonList,
    state: text(32),
  },
);

/** `plugins/proxbox/sdn-vnets`. */
export const sdnVnet = sdnKind(
  "vnet",
  { vnet_name: "vnet_name" },
  {
    vnet_name: text(255),
    zone_name: text(255),
    vnet_type: text(32),
    tag: integer,
    alias: text(255),
    vlanaware: boolean,
    state: text(32),
    l2vpn: reference("l2vpn"),
  },
);

/** `plugins/proxbox/sdn-subnets`. */
export const sdnSubnet = sdnKind(
  "subnet",
  { vnet_name: "vnet_name", subnet: "subnet" },
  {
    vnet_name: text(255),
    subnet: text(128),
    zone_name: text(255),
    subnet_type: text(32),
    gateway: text(128),
    snat: boolean,
    prefix: reference("prefix"),
    skip_reason: text(),
  },
);

/** `plugins/proxbox/sdn-bindings`: which object of NetBox something of Proxmox became. */
export const sdnBinding = sdnKind(
  "binding",
  { source_type: "source_type", source_name: "source_name" },
  {
    source_type: text(64),
    source_name: text(512),
    node: text(255),
    zone_name: text(255),
    vnet_name: text(255),
    target_type: text(64),
    target_id: integer,
    status: text(64),
    conflict_reason: text(),
  },
);

/** `plugins/proxbox/sdn-route-maps`: one row for each entry of a map. */
export const sdnRouteMap = sdnKind(
  "route-map",
  { name: "name", order: null },
  {
    name: text(255),
    order: integer,
    action: text(16),
    match_peer: text(255),
    match_ip: text(255),
    set_community: text(255),
  },
);

/** `plugins/proxbox/sdn-prefix-lists`: one row for each entry of a list. */
export const sdnPrefixList = sdnKind(
  "prefix-list",
  { name: "name", cidr: null },
  { name: text(255), cidr: text(64), action: text(16), le: integer, ge: integer },
);

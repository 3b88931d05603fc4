import { big, boolean, choice, integer, json, reference, requiredText, signed, text } from "../fields.ts";
import type { Choices, Field, Model, Rule } from "../model.ts";
import { ENDPOINTS, each, ending, PROXBOX } from "./plugin-parts.ts";

/** One table of the SDN of an endpoint: which columns name a row beside endpoint and cluster, and what else it has. */
type SdnTable = {
  readonly path: string;
  readonly object: string;
  readonly title: string;
  readonly constraint: string;
  readonly identity: readonly string[];
  /** Columns that order and name a row, where those are others. */
  readonly order?: readonly string[];
  readonly shown?: readonly string[];
  readonly fields: Readonly<Record<string, Field>>;
  readonly rules?: readonly Rule[];
  /** Free text instead of the three states. */
  readonly freeStatus?: boolean;
};

const STATES: Choices = { active: "Active", stale: "Stale", error: "Error" };

const FABRICS: Choices = { wireguard: "WireGuard", bgp: "BGP", vxlan: "VXLAN", ospf: "OSPF" };

const texts = (max: number, ...names: string[]) => each(names, () => text(max));

const lists = (...names: string[]) => each(names, () => json([]));

const numbers = (...names: string[]) => each(names, signed);

/** A reference by id alone, also in answers. */
const plain = (to: string, onDelete: "cascade" | "set-null"): Field => ({
  ...reference(to, onDelete, "id"),
  idsOnly: true,
});

const fabricTypeIsGiven: Rule = ({ row }) =>
  row.fabric_type === null ? { fabric_type: ["This field cannot be blank."] } : undefined;

const TABLES: readonly SdnTable[] = [
  {
    path: "sdn-fabrics",
    object: "ProxmoxSdnFabric",
    title: "SDN Fabric",
    constraint: "netbox_proxbox_sdnfabric_unique_endpoint_cluster_fabric",
    identity: ["fabric_name"],
    fields: {
      fabric_name: requiredText(255),
      fabric_type: { kind: "choice", choices: FABRICS, default: null },
      asn: signed(),
      advertise_subnets: boolean(false),
      disable_arp_nd_suppression: boolean(false),
      vrf_vxlan: signed(),
      peers: json([]),
    },
    rules: [fabricTypeIsGiven],
  },
  {
    path: "sdn-controllers",
    object: "ProxmoxSdnController",
    title: "SDN Controller",
    constraint: "nbpx_sdncontroller_unique_endpoint_cluster_name",
    identity: ["controller_name"],
    fields: {
      controller_name: requiredText(255),
      ...texts(32, "controller_type"),
      asn: signed(),
      ...lists("peers", "nodes"),
      ...texts(255, "loopback"),
      ...texts(32, "state"),
    },
  },
  {
    path: "sdn-zones",
    object: "ProxmoxSdnZone",
    title: "SDN Zone",
    constraint: "nbpx_sdnzone_unique_endpoint_cluster_name",
    identity: ["zone_name"],
    fields: {
      zone_name: requiredText(255),
      ...texts(32, "zone_type"),
      ...texts(255, "controller"),
      ...numbers("vrf_vxlan", "tag", "mtu"),
      ...texts(255, "dns", "ipam"),
      ...lists("rt_import"),
      ...texts(32, "state"),
    },
  },
  {
    path: "sdn-vnets",
    object: "ProxmoxSdnVNet",
    title: "SDN VNet",
    constraint: "nbpx_sdnvnet_unique_endpoint_cluster_name",
    identity: ["vnet_name"],
    order: ["zone_name", "vnet_name"],
    shown: ["zone_name", "vnet_name"],
    fields: {
      ...texts(255, "zone_name"),
      vnet_name: requiredText(255),
      ...texts(32, "vnet_type"),
      tag: signed(),
      ...texts(255, "alias"),
      vlanaware: boolean(false),
      ...texts(32, "state"),
      l2vpn: plain("vpn/l2vpns", "set-null"),
    },
  },
  {
    path: "sdn-subnets",
    object: "ProxmoxSdnSubnet",
    title: "SDN Subnet",
    constraint: "nbpx_sdnsubnet_unique_endpoint_cluster_vnet_subnet",
    identity: ["vnet_name", "subnet"],
    fields: {
      ...texts(255, "zone_name"),
      vnet_name: requiredText(255),
      subnet: requiredText(128),
      ...texts(32, "subnet_type"),
      ...texts(128, "gateway"),
      snat: boolean(false),
      prefix: plain("ipam/prefixes", "set-null"),
      skip_reason: text(),
    },
  },
  {
    path: "sdn-bindings",
    object: "ProxmoxSdnBinding",
    title: "SDN Binding",
    constraint: "nbpx_sdnbinding_unique_endpoint_cluster_source",
    identity: ["source_type", "source_name"],
    fields: {
      source_type: requiredText(64),
      source_name: requiredText(512),
      ...texts(255, "node", "zone_name", "vnet_name"),
      ...texts(64, "target_type"),
      target_id: big(0),
    },
    freeStatus: true,
  },
  {
    path: "sdn-route-maps",
    object: "ProxmoxSdnRouteMap",
    title: "SDN Route Map",
    constraint: "netbox_proxbox_sdnroutemap_unique_endpoint_cluster_name_order",
    identity: ["name", "order"],
    shown: ["name"],
    fields: {
      name: requiredText(255),
      ...texts(16, "action"),
      ...texts(255, "match_peer", "match_ip", "set_community"),
      order: integer({ min: -2147483648, null: false, default: 0 }),
    },
  },
  {
    path: "sdn-prefix-lists",
    object: "ProxmoxSdnPrefixList",
    title: "SDN Prefix List",
    constraint: "netbox_proxbox_sdnprefixlist_unique_endpoint_cluster_name_cidr",
    identity: ["name", "cidr"],
    order: ["name"],
    shown: ["name"],
    fields: {
      name: requiredText(255),
      ...texts(64, "cidr"),
      ...texts(16, "action"),
      ...numbers("le", "ge"),
    },
  },
];

const worded = (name: string): string => `${name.charAt(0).toUpperCase()}${name.slice(1).replaceAll("_", " ")}`;

const enumerated = (words: readonly string[]): string => `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;

const toModel = ({ identity, shown = identity, order = identity, ...table }: SdnTable): Model => {
  const status: Field = table.freeStatus ? { kind: "text", max: 64, default: "active" } : choice(STATES, "active");
  const after: Record<string, Field> = table.freeStatus ? { conflict_reason: text() } : {};
  const fields = {
    endpoint: plain(ENDPOINTS, "cascade"),
    cluster_name: requiredText(255),
    ...table.fields,
    status,
    ...after,
    raw_config: json({}),
    ...ending(),
  };
  const key = ["endpoint", "cluster_name", ...identity];
  return {
    path: `${PROXBOX}/${table.path}`,
    type: `netbox_proxbox.${table.object.toLowerCase()}`,
    object: table.object,
    table: `netbox_proxbox_${table.object.toLowerCase()}`,
    fields,
    brief: ["id", "url", "display", ...Object.keys(fields)],
    display: (row) => ["cluster_name", ...shown].map((name) => String(row[name])).join(" / "),
    order: ["endpoint", "cluster_name", ...order],
    uniques: [
      {
        fields: key,
        answer: "400",
        message: `${table.title} with this ${enumerated(["Proxmox endpoint", ...key.slice(1).map(worded)])} already exists.`,
        constraint: table.constraint,
        columns: ["endpoint_id", ...key.slice(1)],
      },
    ],
    ...(table.rules ? { rules: table.rules } : {}),
    filterable: [...key, "status"],
  };
};

/** What the plugin keeps of the SDN of an endpoint. */
export const SDN: readonly Model[] = TABLES.map(toModel);

import type { ObjectOutcome } from "@proxbox/contracts/messages";
import type { Desired, Identity } from "@proxbox/netbox/desired";
import { oursTag } from "@proxbox/netbox/tags";
import type { SdnController, SdnFabric, SdnSubnet, SdnVnet, SdnZone } from "@proxbox/proxmox/resources/sdn";
import type { PrefixListEntry, RouteMapEntry } from "@proxbox/proxmox/resources/sdn-routing";
import type { SdnFacts, SdnKind, SdnOwner } from "./facts.ts";
import { l2vpnRefOf, prefixRefOf, type SdnScope } from "./overlay.ts";

/** A row of one of the plugin's tables: what tells it from others of its cluster, its columns, and what Proxmox gave. */
type TableRow = { kind: SdnKind; identity: Identity; values: Desired["values"]; raw: object };

/**
 * Rows of the plugin's tables, one for each object of the software-defined network. Pure. Proxmox's own words go into
 * the columns as they are, everything else into `raw_config`.
 */
export function desiredTables(sdn: SdnFacts, owner: SdnOwner, scope: SdnScope): Desired[] {
  const rows = [
    ...sdn.fabrics.filter(isKnownFabric).map(fabricRow),
    ...sdn.controllers.map(controllerRow),
    ...sdn.zones.map(zoneRow),
    ...sdn.vnets.map((vnet) => vnetRow(vnet, sdn, owner)),
    ...sdn.subnets.map((subnet) => subnetRow(subnet, scope)),
    ...sdn.routeMaps.map(routeMapRow),
    ...[...Map.groupBy(sdn.prefixLists, ({ name, cidr }) => `${name} ${cidr}`).values()].flatMap(prefixListRow),
  ];
  const common = { endpoint: { kind: "proxmox-endpoint", id: owner.endpoint }, cluster_name: owner.cluster } as const;
  return rows.map(({ kind, identity, values, raw }) => ({
    kind,
    identity: { ...common, ...identity },
    values: { ...values, status: "active", raw_config: raw },
    tags: { add: [oursTag] },
    label: [owner.cluster, ...Object.values(identity).map(String)].join("/"),
  }));
}

/** What is told of fabrics that the plugin's table has no type for. */
export function skippedFabrics(sdn: SdnFacts, owner: SdnOwner): ObjectOutcome[] {
  return sdn.fabrics
    .filter((fabric) => !isKnownFabric(fabric))
    .map(({ name, type }) => ({
      kind: "sdn-fabric",
      name: `${owner.cluster}/${name}`,
      outcome: "skipped",
      reason: `The plugin's table of fabrics has no type "${type}".`,
    }));
}

/** The types of fabric that the plugin 0.0.29 has. */
const fabricTypes: ReadonlySet<string> = new Set(["wireguard", "bgp", "vxlan", "ospf"]);

function isKnownFabric({ type }: SdnFabric): boolean {
  return fabricTypes.has(type);
}

function fabricRow({ name, type, nodes, raw }: SdnFabric): TableRow {
  const peers = nodes.map((node) => node.node_id ?? null);
  return {
    kind: "sdn-fabric",
    identity: { fabric_name: name },
    values: { fabric_type: type, asn: asnOf(Number(raw.asn)), peers },
    raw: { ...raw, nodes },
  };
}

function controllerRow({ name, type, asn, peers, nodes, loopback, state, raw }: SdnController): TableRow {
  return {
    kind: "sdn-controller",
    identity: { controller_name: name },
    values: { controller_type: type, asn: asnOf(asn), peers, nodes, loopback, state },
    raw,
  };
}

function zoneRow({ name, type, controller, vrfVxlan, tag, mtu, dns, ipam, rtImport, state, raw }: SdnZone): TableRow {
  return {
    kind: "sdn-zone",
    identity: { zone_name: name },
    values: { zone_type: type, controller, vrf_vxlan: vrfVxlan, tag, mtu, dns, ipam, rt_import: rtImport, state },
    raw,
  };
}

function vnetRow(vnet: SdnVnet, sdn: SdnFacts, owner: SdnOwner): TableRow {
  const { name, zone, type, tag, alias, vlanAware, state, raw } = vnet;
  const l2vpn = l2vpnRefOf(vnet, sdn, owner);
  return {
    kind: "sdn-vnet",
    identity: { vnet_name: name },
    values: { zone_name: zone, vnet_type: type, tag, alias, vlanaware: vlanAware, state, l2vpn },
    raw,
  };
}

function subnetRow({ name, vnet, zone, type, prefix, gateway, snat, raw }: SdnSubnet, scope: SdnScope): TableRow {
  return {
    kind: "sdn-subnet",
    identity: { vnet_name: vnet, subnet: prefix ?? name },
    values: {
      zone_name: zone,
      subnet_type: type,
      gateway,
      snat,
      prefix: prefix && prefixRefOf(prefix, scope),
      skip_reason: prefix === null ? "Proxmox gives no prefix for it." : "",
    },
    raw,
  };
}

function routeMapRow({ name, order, action, match, set, raw }: RouteMapEntry): TableRow {
  const ip = match["ip-address-prefix-list"] ?? match["ip6-address-prefix-list"] ?? "";
  return {
    kind: "sdn-route-map",
    identity: { name, order },
    values: { action, match_peer: match.peer ?? "", match_ip: ip, set_community: set.community ?? "" },
    raw,
  };
}

/** The table has one row for a prefix of a list: the entry that counts first. */
function prefixListRow([first, ...more]: PrefixListEntry[]): TableRow[] {
  if (!first) return [];
  const { name, cidr, action, le, ge, raw } = first;
  const whole = more.length > 0 ? { entries: [raw, ...more.map((entry) => entry.raw)] } : raw;
  return [{ kind: "sdn-prefix-list", identity: { name, cidr }, values: { action, le, ge }, raw: whole }];
}

/** The column holds 32 bits with a sign, so that the upper half of the AS numbers does not fit. */
const mostAsn = 2 ** 31 - 1;

function asnOf(asn: number | null): number | null {
  return asn !== null && asn > 0 && asn <= mostAsn ? asn : null;
}

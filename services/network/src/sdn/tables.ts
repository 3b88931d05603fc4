import type { ObjectOutcome } from "@proxbox/contracts/messages";
import type { Desired, Identity } from "@proxbox/netbox/desired";
import { oursTag } from "@proxbox/netbox/tags";
import type { PrefixListEntry } from "@proxbox/proxmox/resources/sdn-routing";
import type { SdnFacts, SdnKind, SdnOwner } from "./facts.ts";
import { l2vpnRefOf, prefixRefOf, type SdnScope } from "./overlay.ts";

/** The kinds of fabric that the plugin 0.0.29 has. */
const fabricTypes: ReadonlySet<string> = new Set(["wireguard", "bgp", "vxlan", "ospf"]);

/** Its column holds 32 bits with a sign, so that the upper half of the AS numbers does not fit. */
const mostAsn = 2 ** 31 - 1;

/**
 * Rows of the plugin's tables, one for each object of the software-defined network. Pure. Proxmox's own words go into
 * the columns as they are, everything else into `raw_config`.
 */
export function desiredTables(sdn: SdnFacts, owner: SdnOwner, scope: SdnScope): Desired[] {
  const row = (kind: SdnKind, identity: Identity, values: Desired["values"], raw: object): Desired => ({
    kind,
    identity: { endpoint: { kind: "proxmox-endpoint", id: owner.endpoint }, cluster_name: owner.cluster, ...identity },
    values: { ...values, status: "active", raw_config: raw },
    tags: { add: [oursTag] },
    label: [owner.cluster, ...Object.values(identity).map(String)].join("/"),
  });
  return [
    ...sdn.fabrics
      .filter(isKnownFabric)
      .map(({ name, type, nodes, raw }) =>
        row(
          "sdn-fabric",
          { fabric_name: name },
          { fabric_type: type, asn: asnOf(Number(raw.asn)), peers: nodes.map((node) => node.node_id ?? null) },
          { ...raw, nodes },
        ),
      ),
    ...sdn.controllers.map(({ name, type, asn, peers, nodes, loopback, state, raw }) =>
      row(
        "sdn-controller",
        { controller_name: name },
        { controller_type: type, asn: asnOf(asn), peers, nodes, loopback, state },
        raw,
      ),
    ),
    ...sdn.zones.map(({ name, type, controller, vrfVxlan, tag, mtu, dns, ipam, rtImport, state, raw }) =>
      row(
        "sdn-zone",
        { zone_name: name },
        { zone_type: type, controller, vrf_vxlan: vrfVxlan, tag, mtu, dns, ipam, rt_import: rtImport, state },
        raw,
      ),
    ),
    ...sdn.vnets.map((vnet) =>
      row(
        "sdn-vnet",
        { vnet_name: vnet.name },
        {
          zone_name: vnet.zone,
          vnet_type: vnet.type,
          tag: vnet.tag,
          alias: vnet.alias,
          vlanaware: vnet.vlanAware,
          state: vnet.state,
          l2vpn: l2vpnRefOf(vnet, sdn, owner),
        },
        vnet.raw,
      ),
    ),
    ...sdn.subnets.map((subnet) =>
      row(
        "sdn-subnet",
        { vnet_name: subnet.vnet, subnet: subnet.prefix ?? subnet.name },
        {
          zone_name: subnet.zone,
          subnet_type: subnet.type,
          gateway: subnet.gateway,
          snat: subnet.snat,
          prefix: subnet.prefix && prefixRefOf(subnet.prefix, scope),
          skip_reason: subnet.prefix === null ? "Proxmox gives no prefix for it." : "",
        },
        subnet.raw,
      ),
    ),
    ...sdn.routeMaps.map(({ name, order, action, match, set, raw }) =>
      row(
        "sdn-route-map",
        { name, order },
        {
          action,
          match_peer: match.peer ?? "",
          match_ip: match["ip-address-prefix-list"] ?? match["ip6-address-prefix-list"] ?? "",
          set_community: set.community ?? "",
        },
        raw,
      ),
    ),
    ...[...Map.groupBy(sdn.prefixLists, ({ name, cidr }) => `${name} ${cidr}`).values()].flatMap(desiredPrefixList),
  ];

  /** The table has one row for a prefix of a list: the entry that counts first. */
  function desiredPrefixList([first, ...more]: PrefixListEntry[]): Desired[] {
    if (!first) return [];
    const { name, cidr, action, le, ge, raw } = first;
    const whole = more.length > 0 ? { entries: [raw, ...more.map((entry) => entry.raw)] } : raw;
    return [row("sdn-prefix-list", { name, cidr }, { action, le, ge }, whole)];
  }
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

function isKnownFabric({ type }: { type: string }): boolean {
  return fabricTypes.has(type);
}

function asnOf(asn: number | null): number | null {
  return asn !== null && asn >= 0 && asn <= mostAsn ? asn : null;
}

import type { Row } from "@proxbox/proxmox/parse/rows";
import { parseFlag, parseInteger, parseText } from "@proxbox/proxmox/parse/scalars";
import type { RouteMapEntry } from "@proxbox/proxmox/resources/sdn-routing";

/** The parts of software-defined networking that are told, each with its texts, numbers and flags. */
const sdnParts = {
  controllers: { texts: ["controller", "type", "peers", "node", "loopback", "state"], integers: ["asn"], flags: [] },
  zones: {
    texts: ["zone", "type", "controller", "dns", "ipam", "rt_import", "state"],
    integers: ["vrf_vxlan", "tag", "mtu"],
    flags: [],
  },
  vnets: { texts: ["vnet", "zone", "type", "alias", "state"], integers: ["tag"], flags: ["vlanaware"] },
  subnets: { texts: ["vnet", "zone", "subnet", "type", "gateway"], integers: [], flags: ["snat"] },
  fabrics: {
    texts: ["fabric", "type", "peers"],
    integers: ["vrf_vxlan", "asn"],
    flags: ["advertise_subnets", "disable_arp_nd_suppression"],
  },
  "route-maps": {
    texts: ["name", "action", "match_peer", "match_ip", "set_community"],
    integers: ["order"],
    flags: [],
  },
  "prefix-lists": { texts: ["name", "cidr", "action"], integers: ["le", "ge"], flags: [] },
} as const satisfies Record<
  string,
  { texts: readonly string[]; integers: readonly string[]; flags: readonly string[] }
>;

/** The name of a part. */
export type SdnPart = keyof typeof sdnParts;

/** The names of the parts. */
export const sdnPartNames = Object.keys(sdnParts) as SdnPart[];

/** An entry of a route map as one row. Pure. */
export function routeMapRow({ name, order, action, match, set }: RouteMapEntry): Row {
  const address = match["ip-address"] ?? match.ip;
  return { name, order, action, match_peer: match.peer, match_ip: address, set_community: set.community };
}

/**
 * One object: its known fields (null where Proxmox leaves them out) and everything as Proxmox gave it. `told`: where they are
 * found, when not there. Pure.
 */
export function sdnShape(part: SdnPart, owner: { id: number; cluster: string }, raw: Row, told: Row = raw): Row {
  const { texts, integers, flags } = sdnParts[part];
  const { id, protocol } = told;
  const row: Row = part === "fabrics" ? { fabric: id, type: protocol, ...told } : told;
  // Proxmox writes with a hyphen what is told with an underscore.
  const given = (name: string) => row[name] ?? row[name.replaceAll("_", "-")];
  return {
    endpoint_id: owner.id,
    cluster_name: owner.cluster,
    ...Object.fromEntries(texts.map((name) => [name, parseText(given(name))])),
    ...Object.fromEntries(integers.map((name) => [name, parseInteger(given(name))])),
    ...Object.fromEntries(flags.map((name) => [name, parseFlag(given(name))])),
    status: "ok",
    error: null,
    raw_config: raw,
  };
}

import { ProxmoxAPIError } from "@proxbox/runtime/errors";
import type { ProxmoxClient } from "../client.ts";
import { badListing, isEndpointFailure, isProxmoxError } from "../failures.ts";
import { parseNames } from "../parse/names.ts";
import { parseRow, parseRows, type Row } from "../parse/rows.ts";
import { parseFlag, parseInteger, parseText } from "../parse/scalars.ts";
import { parseSubnet } from "../parse/subnet.ts";

/** What all objects have: their name, type, state ("" when applied), and everything as Proxmox gave it but the digest. */
type SdnObject = { name: string; type: string; state: string; raw: Row };

export type SdnController = SdnObject & {
  asn: number | null;
  peers: string[];
  nodes: string[];
  loopback: string;
};

export type SdnZone = SdnObject & {
  controller: string;
  vrfVxlan: number | null;
  tag: number | null;
  mtu: number | null;
  bridge: string;
  nodes: string[];
  dns: string;
  ipam: string;
  /** Route targets, e.g. `65000:1`. */
  rtImport: string[];
};

export type SdnVnet = SdnObject & {
  zone: string;
  /** VLAN or VNI, by the type of its zone. */
  tag: number | null;
  alias: string;
  vlanAware: boolean;
};

export type SdnSubnet = SdnObject & {
  vnet: string;
  zone: string;
  /** Canonical prefix, e.g. `10.0.0.0/24`; null when it is none. */
  prefix: string | null;
  gateway: string;
  snat: boolean;
};

export type SdnFabric = SdnObject & {
  prefixes: string[];
  /** Its nodes as Proxmox gives them. */
  nodes: Row[];
};

/** The software-defined network of a cluster. */
export type Sdn = {
  controllers: SdnController[];
  zones: SdnZone[];
  vnets: SdnVnet[];
  subnets: SdnSubnet[];
  fabrics: SdnFabric[];
  ipams: { name: string; type: string }[];
  /** Vnets whose subnets could not be read, with the reason. */
  unread: { vnet: string; reason: string }[];
};

/**
 * Reads the software-defined network of a cluster (GET /cluster/sdn/zones, vnets, vnets/{vnet}/subnets, controllers,
 * fabrics/all, ipams), of what we may see. `none`: the server has no such thing; fabrics came with Proxmox VE 9.
 * Throws ProxmoxAPIError as the client does.
 */
export async function readSdn(
  client: ProxmoxClient,
  signal: AbortSignal,
): Promise<{ state: "ok"; sdn: Sdn } | { state: "none"; reason: string }> {
  const zones = await ifPresent(list(client, "/cluster/sdn/zones", signal));
  if (zones === null) return { state: "none", reason: `${client.name} has no software-defined network.` };
  const [vnetRows, controllers, fabrics, ipams] = await Promise.all([
    list(client, "/cluster/sdn/vnets", signal),
    list(client, "/cluster/sdn/controllers", signal),
    ifPresent(client.get("/cluster/sdn/fabrics/all", { signal })),
    list(client, "/cluster/sdn/ipams", signal),
  ]);
  const vnets = vnetRows.flatMap(vnetOf);
  const subnets = await Promise.all(vnets.map((vnet) => readSubnets(client, vnet, signal)));
  const sdn: Sdn = {
    controllers: controllers.flatMap(controllerOf),
    zones: zones.flatMap(zoneOf),
    vnets,
    subnets: subnets.flatMap((answer) => (Array.isArray(answer) ? answer : [])),
    fabrics: fabricsOf(fabrics),
    ipams: ipams.map((row) => ({ name: parseText(row.ipam) ?? "", type: parseText(row.type) ?? "" })),
    unread: subnets.flatMap((answer) => (Array.isArray(answer) ? [] : [answer])),
  };
  return { state: "ok", sdn };
}

async function list(client: ProxmoxClient, path: string, signal: AbortSignal): Promise<Row[]> {
  const data = await client.get(path, { signal });
  if (!Array.isArray(data)) throw badListing(client.name, path);
  return parseRows(data);
}

/** What a server answered; null when it does not know what was asked for, as one of an older release. */
export async function ifPresent<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (thrown) {
    const unknown = thrown instanceof ProxmoxAPIError && thrown.status === 501;
    if (unknown || isProxmoxError(thrown, "proxmox_not_found")) return null;
    throw thrown;
  }
}

async function readSubnets(
  client: ProxmoxClient,
  { name, zone }: SdnVnet,
  signal: AbortSignal,
): Promise<SdnSubnet[] | { vnet: string; reason: string }> {
  try {
    const rows = await list(client, `/cluster/sdn/vnets/${encodeURIComponent(name)}/subnets`, signal);
    return rows.flatMap((row) => subnetOf(row, name, zone));
  } catch (thrown) {
    if (!(thrown instanceof ProxmoxAPIError) || isEndpointFailure(thrown)) throw thrown;
    return { vnet: name, reason: thrown.message };
  }
}

function objectOf(row: Row, key: string): SdnObject[] {
  const name = parseText(row[key])?.trim();
  if (!name) return [];
  const { digest: _, ...raw } = row;
  return [{ name, type: parseText(row.type) ?? "", state: parseText(row.state) ?? "", raw }];
}

/** The controller of a row of GET /cluster/sdn/controllers; pure. */
export function controllerOf(row: Row): SdnController[] {
  return objectOf(row, "controller").map((object) => ({
    ...object,
    asn: parseInteger(row.asn),
    peers: parseNames(row.peers),
    nodes: parseNames(row.nodes ?? row.node),
    loopback: parseText(row.loopback) ?? "",
  }));
}

/** The zone of a row of GET /cluster/sdn/zones; pure. */
export function zoneOf(row: Row): SdnZone[] {
  return objectOf(row, "zone").map((object) => ({
    ...object,
    controller: parseText(row.controller) ?? "",
    vrfVxlan: parseInteger(row["vrf-vxlan"]),
    tag: parseInteger(row.tag),
    mtu: parseInteger(row.mtu),
    bridge: parseText(row.bridge) ?? "",
    nodes: parseNames(row.nodes),
    dns: parseText(row.dns) ?? "",
    ipam: parseText(row.ipam) ?? "",
    rtImport: parseNames(row["rt-import"]),
  }));
}

/** The vnet of a row of GET /cluster/sdn/vnets; pure. */
export function vnetOf(row: Row): SdnVnet[] {
  return objectOf(row, "vnet").map((object) => ({
    ...object,
    zone: parseText(row.zone) ?? "",
    tag: parseInteger(row.tag),
    alias: parseText(row.alias)?.trim() ?? "",
    vlanAware: parseFlag(row.vlanaware) ?? false,
  }));
}

/** The subnet of a row of GET /cluster/sdn/vnets/{vnet}/subnets; pure. */
export function subnetOf(row: Row, vnet: string, zone: string): SdnSubnet[] {
  return objectOf(row, "subnet").map((object) => ({
    ...object,
    vnet: parseText(row.vnet) ?? vnet,
    zone: parseText(row.zone) ?? zone,
    prefix:
      parseSubnet(row.cidr) ?? parseSubnet(object.name.replace(/^.*?-(?=[\da-fA-F:.]+-\d+$)/, "").replace("-", "/")),
    gateway: parseText(row.gateway) ?? "",
    snat: parseFlag(row.snat) ?? false,
  }));
}

/** The fabrics of GET /cluster/sdn/fabrics/all, each with its nodes; pure. */
export function fabricsOf(data: unknown): SdnFabric[] {
  const { fabrics, nodes } = parseRow(data) ?? {};
  const members = Map.groupBy(parseRows(nodes).map(withoutDigest), (node) => parseText(node.fabric_id) ?? "");
  return parseRows(fabrics).flatMap((row) =>
    objectOf(row, "id").map((object) => ({
      ...object,
      type: parseText(row.protocol) ?? object.type,
      prefixes: [parseSubnet(row.ip_prefix), parseSubnet(row.ip6_prefix)].filter((prefix) => prefix !== null),
      nodes: members.get(object.name) ?? [],
    })),
  );
}

function withoutDigest({ digest: _, ...row }: Row): Row {
  return row;
}

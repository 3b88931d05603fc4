import ipaddr from "ipaddr.js";
import type { ProxmoxClient } from "../client.ts";
import { badListing } from "../failures.ts";
import { type GuestAddress, parseCidr } from "../parse/guest-address.ts";
import { parseMac } from "../parse/mac.ts";
import { parseNames } from "../parse/names.ts";
import { parseRows, type Row } from "../parse/rows.ts";
import { parseFlag, parseInteger, parseText } from "../parse/scalars.ts";

/** A network interface of a node. */
export type NodeInterface = {
  name: string;
  /** Proxmox's own word: eth, bond, bridge, vlan, alias, OVSBridge, OVSBond, OVSPort, OVSIntPort, unknown, ... */
  type: string;
  /** Whether it is up; also false where Proxmox does not say, since it says so only of those that are. */
  active: boolean;
  autostart: boolean;
  /** Only where it is configured: Proxmox VE 9.2 does not tell the card's own. */
  mac: string | null;
  mtu: number | null;
  comment: string;
  /** Static ones of both families in canonical form, of every scope. */
  addresses: GuestAddress[];
  gateway: string | null;
  gateway6: string | null;
  /** Interfaces that a bond bundles. */
  slaves: string[];
  bondMode: string | null;
  /** Interfaces that a bridge connects. */
  ports: string[];
  vlanAware: boolean;
  /** The Open vSwitch bridge it is a port of. */
  bridge: string | null;
  /** Number of its VLAN, given or told by the name (`vmbr0.10`, `vlan10`); of an Open vSwitch port its tag. */
  vlan: number | null;
  /** The interface below a VLAN's. */
  rawDevice: string | null;
};

/** Reads GET /nodes/{node}/network. Throws ProxmoxAPIError as the client does. */
export async function readNodeNetwork(
  client: ProxmoxClient,
  node: string,
  signal: AbortSignal,
): Promise<NodeInterface[]> {
  const path = `/nodes/${encodeURIComponent(node)}/network`;
  const data = await client.get(path, { signal, node });
  if (!Array.isArray(data)) throw badListing(client.name, path);
  return parseRows(data).flatMap((row) => nodeInterfaceOf(row) ?? []);
}

/** One row of GET /nodes/{node}/network; null when it has no name. Pure. */
export function nodeInterfaceOf(row: Row): NodeInterface | null {
  const name = parseText(row.iface)?.trim();
  if (!name) return null;
  const type = parseText(row.type) ?? "unknown";
  const addresses = [cidrOf(row.cidr, row.address, row.netmask), cidrOf(row.cidr6, row.address6, row.netmask6)];
  return {
    name,
    type,
    active: parseFlag(row.active) ?? false,
    autostart: parseFlag(row.autostart) ?? false,
    mac: macOf(row),
    mtu: mtuOf(row.mtu),
    comment: (parseText(row.comments) ?? parseText(row.comments6) ?? "").trim(),
    addresses: addresses.filter((address) => address !== null),
    gateway: parseCidr(row.gateway)?.host ?? null,
    gateway6: parseCidr(row.gateway6)?.host ?? null,
    slaves: parseNames(row.slaves ?? row.ovs_bonds),
    bondMode: parseText(row.bond_mode),
    ports: parseNames(row.bridge_ports ?? row.ovs_ports).filter((port) => port !== "none"),
    vlanAware: parseFlag(row.bridge_vlan_aware) ?? false,
    bridge: parseText(row.ovs_bridge),
    ...vlanOf(row, name, type),
  };
}

/** `eth0.10` names both; `vlan10` only the number. */
function vlanOf(row: Row, name: string, type: string): Pick<NodeInterface, "vlan" | "rawDevice"> {
  const rawDevice = parseText(row["vlan-raw-device"]);
  if (type !== "vlan") return { vlan: vidOf(row.ovs_tag), rawDevice };
  const [, device, dotted] = /^(.+)\.(\d{1,4})$/.exec(name) ?? [];
  const [, plain] = /^vlan(\d{1,4})$/.exec(name) ?? [];
  return { vlan: vidOf(row["vlan-id"]) ?? vidOf(dotted ?? plain), rawDevice: rawDevice ?? device ?? null };
}

const lastVlan = 4094;

function vidOf(value: unknown): number | null {
  const vid = parseInteger(value);
  return vid !== null && vid >= 1 && vid <= lastVlan ? vid : null;
}

function mtuOf(value: unknown): number | null {
  const mtu = parseInteger(value);
  return mtu !== null && mtu > 1 && mtu <= 65_536 ? mtu : null;
}

/** In the order of what newer releases give; the last is how ifupdown keeps it. */
function macOf(row: Row): string | null {
  const options = [row.options, row.options6].flat().map((option) => /^hwaddress\s+(.*)$/i.exec(String(option))?.[1]);
  const given = [row.hwaddress, row.hwaddr, row["hardware-address"], ...options];
  return (
    given.map((text) => parseMac(String(text ?? "").replace(/^ether\s+/i, ""))).find((mac) => mac !== null) ?? null
  );
}

/** Old releases give address and mask apart, the mask as a length or with dots. */
function cidrOf(cidr: unknown, address: unknown, mask: unknown): GuestAddress | null {
  const host = parseText(address)?.trim();
  const whole = parseCidr(cidr);
  if (whole || !host) return whole;
  return host.includes("/") || mask === undefined ? parseCidr(host) : parseCidr(`${host}/${lengthOf(mask)}`);
}

function lengthOf(mask: unknown): string {
  const text = parseText(mask)?.trim() ?? "";
  if (!ipaddr.IPv4.isValidFourPartDecimal(text)) return text;
  return String(ipaddr.IPv4.parse(text).prefixLengthFromSubnetMask() ?? "");
}

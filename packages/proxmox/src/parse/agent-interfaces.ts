import { type GuestAddress, parseCidr, parseGuestAddress } from "./guest-address.ts";
import { interfaceName } from "./interface-name.ts";
import { parseMac } from "./mac.ts";
import { parseRow, parseRows, type Row } from "./rows.ts";

/** An interface as the running guest sees it. Addresses of every scope, each once. */
export type GuestInterface = { name: string; mac: string | null; addresses: GuestAddress[] };

/**
 * The interfaces in an answer of the QEMU guest agent (`network-get-interfaces`), with or without its `result`. An alias
 * (`eth0:1`) is merged into its parent. Never throws: what cannot be read is left out.
 */
export function parseAgentInterfaces(data: unknown): GuestInterface[] {
  const answer = parseRow(data);
  return interfacesOf(parseRows(answer ? answer.result : data), (row) =>
    parseRows(row["ip-addresses"]).map((entry) => parseGuestAddress(entry["ip-address"], entry.prefix)),
  );
}

/** The same from GET /nodes/{node}/lxc/{vmid}/interfaces; old releases have only `inet` and `inet6` (Proxmox VE 8). */
export function parseContainerInterfaces(data: unknown): GuestInterface[] {
  return interfacesOf(parseRows(data), (row) => [
    ...parseRows(row["ip-addresses"]).map((entry) => parseGuestAddress(entry["ip-address"], entry.prefix)),
    parseCidr(row.inet),
    parseCidr(row.inet6),
  ]);
}

function interfacesOf(rows: readonly Row[], addressesOf: (row: Row) => (GuestAddress | null)[]): GuestInterface[] {
  const found = rows.flatMap((row) => {
    const mac = parseMac(row["hardware-address"] ?? row.hwaddr);
    const name = interfaceName(row.name, mac ?? "");
    return name === "" ? [] : [{ name, mac, addresses: addressesOf(row).filter((address) => address !== null) }];
  });
  return [...Map.groupBy(found, ({ name }) => parentOf(name)).entries()].map(([parent, group]) =>
    merged(parent, group),
  );
}

function parentOf(name: string): string {
  return /^(.+):\d+$/.exec(name)?.[1] ?? name;
}

/** Of aliases whose parent is not reported the first gives the name. */
function merged(parent: string, group: readonly GuestInterface[]): GuestInterface {
  const head = group.find(({ name }) => name === parent) ?? group[0];
  const all = group.flatMap((each) => each.addresses);
  return {
    name: head?.name ?? parent,
    mac: head?.mac ?? group.find(({ mac }) => mac !== null)?.mac ?? null,
    addresses: all.filter((address, at) => all.findIndex(({ host }) => host === address.host) === at),
  };
}

import { macOf } from "./addresses.ts";
import { configure, guestOf } from "./change.ts";
import type { EstateCluster, EstateGuest } from "./estate.ts";

/** What a new card is; `addresses` are those of the guest's own interface, like `10.0.0.5/24`. */
export type NewCard = { card?: number; model?: string; options?: string; addresses?: string[] };

/** Gives a guest a card, `net3` unless told, and the system in it an interface for it; gives back the card's name. */
export function addNic(
  cluster: EstateCluster,
  vmid: number,
  { card = 3, model = "virtio", options = "bridge=vmbr0", addresses = [] }: NewCard = {},
): string {
  const guest = guestOf(cluster, vmid);
  const key = `net${card}`;
  const mac = macOf(cluster.index, vmid, card);
  const value =
    guest.type === "qemu" ? `${model}=${mac},${options}` : `name=eth${card},hwaddr=${mac},${options},type=veth`;
  configure(cluster, vmid, { [key]: value });
  const name = guest.type === "qemu" ? `ens${18 + card}` : `eth${card}`;
  guest.system.interfaces.push({ name, mac: mac.toLowerCase(), addresses });
  return key;
}

/** Takes a card away, and its interface with it. */
export function removeNic(cluster: EstateCluster, vmid: number, key: string): void {
  const guest = guestOf(cluster, vmid);
  const mac = cardMac(guest, key);
  configure(cluster, vmid, { [key]: undefined });
  guest.system.interfaces = guest.system.interfaces.filter((one) => one.mac !== mac);
}

/** Sets the addresses a guest's own interface has on a card, e.g. of `net0`. */
export function setAddresses(cluster: EstateCluster, vmid: number, key: string, addresses: string[]): void {
  const guest = guestOf(cluster, vmid);
  const mac = cardMac(guest, key);
  const found = guest.system.interfaces.find((one) => one.mac === mac);
  if (!found) throw new RangeError(`Guest ${vmid} has no interface on ${key}.`);
  found.addresses = addresses;
}

/** Takes an address from one guest's `net0` and gives it to another's. */
export function moveAddress(cluster: EstateCluster, address: string, from: number, to: number): void {
  const of = (vmid: number) => {
    const guest = guestOf(cluster, vmid);
    return guest.system.interfaces.find((one) => one.mac === cardMac(guest, "net0"))?.addresses ?? [];
  };
  if (!of(from).includes(address)) throw new RangeError(`Guest ${from} has no address ${address}.`);
  setAddresses(
    cluster,
    from,
    "net0",
    of(from).filter((one) => one !== address),
  );
  setAddresses(cluster, to, "net0", [...of(to), address]);
}

/** Whether the agent of a guest answers when it is configured. */
export function setAgentAnswers(cluster: EstateCluster, vmid: number, answers: boolean): void {
  guestOf(cluster, vmid).agentAnswers = answers;
}

function cardMac({ vmid, config }: EstateGuest, key: string): string {
  const mac = /(?:[0-9A-F]{2}:){5}[0-9A-F]{2}/.exec(String(config[key]))?.[0];
  if (!mac) throw new RangeError(`Guest ${vmid} has no card ${key}.`);
  return mac.toLowerCase();
}

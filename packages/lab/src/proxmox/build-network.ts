import { gatewayOf, ipv4Of, ipv6Of, linkLocalOf, macOf } from "./addresses.ts";
import type { GuestOptions, GuestSystem, SystemInterface } from "./estate.ts";
import type { Random } from "./random.ts";

/** Whose network is built: `cluster` is its place in the estate. */
export type NetworkOwner = { cluster: number; vmid: number; name: string | null };

/** The options of a guest that concern its network, and what the guest makes of them inside. */
export type GuestNetwork = { options: GuestOptions; system: GuestSystem };

/** Cards of every model a virtual machine can have, and a system that knows them by names of its own. */
export function machineNetwork(
  random: Random,
  owner: NetworkOwner,
  cloudInit: boolean,
  windows: boolean,
): GuestNetwork {
  const options: GuestOptions = {};
  const interfaces: SystemInterface[] = [loopback];
  for (const [at, index] of cardsOf(random).entries()) {
    const mac = macOf(owner.cluster, owner.vmid, index);
    options[`net${index}`] = machineCard(random, mac, at);
    const addresses = at < 3 ? addressesOf(random, owner, at) : [];
    if (cloudInit && at < 2) options[`ipconfig${index}`] = ipConfig(random, addresses);
    const name = windows ? `Ethernet ${at + 1}` : `ens${18 + at}`;
    interfaces.push({ name, mac: mac.toLowerCase(), addresses: [...addresses, linkLocalOf(mac)] });
    if (windows) continue;
    if (random.chance(0.05)) interfaces.push(...kin(owner, name, mac));
  }
  if (!windows && random.chance(0.2)) interfaces.push(...containerBridge(random, owner.vmid));
  return { options, system: { hostname: hostnameOf(random, owner), interfaces } };
}

/** Cards of a container, whose names and addresses its configuration can fix. */
export function containerNetwork(random: Random, owner: NetworkOwner): GuestNetwork {
  const options: GuestOptions = {};
  const interfaces: SystemInterface[] = [loopback];
  for (const [at, index] of cardsOf(random).slice(0, 2).entries()) {
    const mac = macOf(owner.cluster, owner.vmid, index);
    const [ipv4, ipv6] = addressesOf(random, owner, at);
    const name = `eth${at}`;
    const way = random.pick(["static", "static", "dhcp", "manual"]);
    const ip = way === "static" ? `ip=${ipv4},gw=${gatewayOf(ipv4)}` : `ip=${way}`;
    const ip6 = ipv6 ? random.pick([`,ip6=${ipv6}`, ",ip6=auto", ",ip6=dhcp"]) : "";
    const extras = [
      random.chance(0.3) ? `,tag=${vlanOf(random)}` : "",
      random.chance(0.1) ? ",mtu=1400" : "",
      random.chance(0.1) ? ",link_down=1" : "",
    ].join("");
    options[`net${index}`] = `name=${name},bridge=vmbr${at},hwaddr=${mac},${ip}${ip6}${extras},type=veth`;
    const addresses = [...(way === "manual" ? [] : [ipv4]), ...(ipv6 ? [ipv6] : [])];
    interfaces.push({ name, mac: mac.toLowerCase(), addresses: [...addresses, linkLocalOf(mac)] });
  }
  return { options, system: { hostname: owner.name, interfaces } };
}

const loopback: SystemInterface = { name: "lo", mac: "00:00:00:00:00:00", addresses: ["127.0.0.1/8", "::1/128"] };

/** The numbers of a guest's cards; there may be gaps. */
function cardsOf(random: Random): number[] {
  return random.pick([[0], [0], [0], [0], [0, 1], [0, 1], [0, 2], [0, 1, 2, 10]]);
}

const models = ["virtio", "virtio", "virtio", "virtio", "e1000", "e1000e", "rtl8139", "vmxnet3"] as const;

function machineCard(random: Random, mac: string, at: number): string {
  const model = random.pick(models);
  const bridge = `bridge=${at === 0 ? "vmbr0" : "vmbr1"}`;
  const extras = [
    random.chance(0.5) ? "firewall=1" : null,
    random.chance(0.1) ? "link_down=1" : null,
    random.chance(0.1) ? `mtu=${random.pick([1, 1400, 9000])}` : null,
    random.chance(0.05) ? "queues=4,rate=12.5" : null,
    random.chance(0.35) ? `tag=${vlanOf(random)}` : null,
    random.chance(0.1) ? `trunks=${random.pick(["20;30", "20;30-32", "101"])}` : null,
  ].filter((extra) => extra !== null);
  const card = random.chance(0.05) ? `macaddr=${mac},model=${model}` : `${model}=${mac}`;
  return [card, bridge, ...extras].join(",");
}

function vlanOf(random: Random): number {
  return random.pick([5, 10, 20, 30, 101, 400]);
}

/** An IPv4 address, and sometimes one of IPv6. */
function addressesOf(random: Random, { cluster, vmid }: NetworkOwner, at: number): [string, ...string[]] {
  const ipv4 = ipv4Of(cluster, vmid, at);
  return random.chance(0.3) ? [ipv4, ipv6Of(cluster, vmid, at)] : [ipv4];
}

function ipConfig(random: Random, [ipv4 = "", ipv6]: string[]): string {
  if (random.chance(0.3)) return random.pick(["ip=dhcp", "ip6=auto", "ip=dhcp,ip6=dhcp"]);
  return `ip=${ipv4},gw=${gatewayOf(ipv4)}${ipv6 ? `,ip6=${ipv6}` : ""}`;
}

/** What shares the card's MAC address: an alias, which is an address of the card itself, and a VLAN's interface. */
function kin({ cluster, vmid }: NetworkOwner, name: string, mac: string): SystemInterface[] {
  const [alias, vlan] = [1, 2].map((third) => `172.${24 + third}.${cluster}.${vmid % 250}`);
  if (name !== "ens18" || vmid >= 250) return [];
  return [
    { name: `${name}:1`, mac: mac.toLowerCase(), addresses: [`${alias}/24`] },
    {
      name: `${name}.40`,
      mac: mac.toLowerCase(),
      addresses: [`${vlan}/24`, linkLocalOf(mac).replace("/", `%${name}.40/`)],
    },
  ];
}

/** The bridge of a container engine: the same address in every guest, and no card of ours. */
function containerBridge(random: Random, vmid: number): SystemInterface[] {
  const mac = `02:42:${random.integer(16, 99)}:00:00:${String(vmid % 90).padStart(2, "0")}`;
  return [
    { name: "docker0", mac, addresses: ["172.17.0.1/16"] },
    { name: `veth${vmid.toString(16)}@if2`, mac: mac.replace("02:42", "5a:42"), addresses: ["fe80::5842:1%veth0/64"] },
  ];
}

/** Systems are not always called as their guest, and some have no name yet. */
function hostnameOf(random: Random, { vmid, name }: NetworkOwner): string | null {
  if (random.chance(0.1)) return random.pick(["localhost", "localhost.localdomain"]);
  return `${(name ?? `vm-${vmid}`).replace(/[^\w.-]/g, "-")}${random.pick(["", ".example.net", ".EXAMPLE.net."])}`;
}

import ipaddr from "ipaddr.js";
import { type EstateGuest, isOn, type SystemInterface } from "../../src/proxmox/estate.ts";
import { type Columns, deviceOf, endpointOf, keyOf, knownGuests, placeOf, type Shown, type Truth } from "./form.ts";
import { addressColumns, canonical, vlanColumns } from "./node-network.ts";

/** One card of a guest: its key in the configuration, its name in NetBox, and its options. */
type Card = { key: string; name: string; mac: string; options: Record<string, string> };

/** The interfaces of an endpoint's guests with MAC addresses and VLANs, their addresses, and what the guests call them. */
export function guestNetworkOf(shown: Shown): Truth {
  const truth: Truth = {};
  const put = (path: string, key: string, columns: Columns) => {
    truth[path] = { ...truth[path], [key]: columns };
  };
  const { site } = placeOf(shown);
  for (const guest of knownGuests(shown)) {
    const machine = keyOf(endpointOf(shown), guest);
    const dnsName = dnsNameOf(guest);
    for (const card of cardsOf(guest)) {
      const key = `${machine}/${card.name}`;
      const mac = `${key} ${card.mac}`;
      const { untagged, tagged, mode } = vlansOf(card);
      for (const vid of [...untagged, ...tagged]) put("ipam/vlans", `${site}/${vid}`, vlanColumns(site, vid));
      const mtu = Number(card.options.mtu ?? 1);
      put("virtualization/interfaces", key, {
        virtual_machine: machine,
        name: card.name,
        enabled: card.options.link_down !== "1",
        mtu: mtu > 1 ? mtu : null,
        parent: null,
        bridge: null,
        mode,
        untagged_vlan: untagged.map((vid) => `${site}/${vid}`)[0] ?? null,
        tagged_vlans: tagged.map((vid) => `${site}/${vid}`).sort(),
        description: "",
        primary_mac_address: mac,
        tags: ["proxbox"],
      });
      put("dcim/mac-addresses", mac, {
        mac_address: card.mac,
        assigned_object_type: "virtualization.vminterface",
        assigned_object: key,
        tags: ["proxbox"],
      });
      put("plugins/proxbox/sync-state/vm-interfaces", key, {
        vm_interface: key,
        proxbox_bridge: `${deviceOf(shown, guest.node)}/${card.options.bridge}`,
      });
      for (const address of addressesOf(guest, card))
        put("ipam/ip-addresses", address, addressColumns("virtualization.vminterface", key, address, dnsName));
    }
    for (const [name, columns] of guestInterfacesOf(guest, machine)) {
      put("plugins/proxbox/guest-vm-interfaces", `${machine}/${name}`, columns);
    }
    for (const [name, address] of guestAddressesOf(guest)) {
      const key = `${machine}/${name}`;
      put("plugins/proxbox/guest-vm-interface-addresses", `${key} ${address}`, {
        guest_interface: key,
        ip_address: address,
      });
    }
  }
  return truth;
}

/** The first address of each family, card by card. */
export function primariesOf(guest: EstateGuest): { primary_ip4: string | null; primary_ip6: string | null } {
  const all = cardsOf(guest).flatMap((card) => addressesOf(guest, card));
  return {
    primary_ip4: all.find((address) => !address.includes(":")) ?? null,
    primary_ip6: all.find((address) => address.includes(":")) ?? null,
  };
}

function cardsOf({ config }: EstateGuest): Card[] {
  return Object.keys(config)
    .filter((key) => /^net\d+$/.test(key))
    .sort((left, right) => Number(left.slice(3)) - Number(right.slice(3)))
    .map((key) => {
      const text = String(config[key]);
      const options = Object.fromEntries(text.split(",").map((part) => part.split("=") as [string, string]));
      const mac = /(?:[0-9A-F]{2}:){5}[0-9A-F]{2}/.exec(text)?.[0] ?? "";
      return { key, name: options.name ?? key, mac, options };
    });
}

function vlansOf({ options }: Card): { untagged: number[]; tagged: number[]; mode: string | null } {
  const untagged = options.tag === undefined ? [] : [Number(options.tag)];
  const ranges = (options.trunks ?? "")
    .split(";")
    .filter(Boolean)
    .map((range) => range.split("-").map(Number));
  const tagged = ranges
    .flatMap(([first = 0, last = first]) => Array.from({ length: last - first + 1 }, (_, at) => first + at))
    .filter((vid) => !untagged.includes(vid));
  return { untagged, tagged, mode: tagged.length > 0 ? "tagged" : untagged.length > 0 ? "access" : null };
}

/** What a guest that runs says of itself: by its agent, or as a container by its node. */
function told(guest: EstateGuest): readonly SystemInterface[] {
  if (guest.status !== "running") return [];
  if (guest.type === "qemu" && !(isOn(guest.config.agent) && guest.agentAnswers)) return [];
  return guest.system.interfaces;
}

/** The machines whose guests say nothing of their interfaces just now; what NetBox has of these it keeps. */
export function silentMachines(shown: readonly Shown[]): string[] {
  return shown.flatMap((one) =>
    knownGuests(one)
      .filter((guest) => told(guest).length === 0)
      .map((guest) => keyOf(endpointOf(one), guest)),
  );
}

/** The addresses of a card that NetBox keeps: those the guest tells, else those it was given; IPv4 first. */
function addressesOf(guest: EstateGuest, card: Card): string[] {
  const own = told(guest).filter(({ mac }) => mac === card.mac.toLowerCase());
  const said = own.flatMap(({ addresses }) => addresses).filter(isKept);
  const all = said.length > 0 ? said : givenTo(guest, card).filter(isKept);
  const canon = all.map(canonical);
  return [...canon.filter((address) => !address.includes(":")), ...canon.filter((address) => address.includes(":"))];
}

/** Static addresses: of a container in its card, of a virtual machine for cloud-init. */
function givenTo({ type, config }: EstateGuest, { key, options }: Card): string[] {
  const text = type === "lxc" ? "" : String(config[key.replace("net", "ipconfig")] ?? "");
  const given = type === "lxc" ? options : Object.fromEntries(text.split(",").map((part) => part.split("=")));
  return [given.ip, given.ip6].filter((address) => address?.includes("/")) as string[];
}

function isKept(cidr: string): boolean {
  const range = ipaddr.parse((cidr.split("/")[0] ?? "").replace(/%.*/, "")).range();
  return !["loopback", "linkLocal", "multicast", "unspecified"].includes(range);
}

/** The name the system has, as DNS writes it; "" where there is none that DNS could hold. */
function dnsNameOf(guest: EstateGuest): string {
  const name = guest.type === "lxc" ? guest.config.hostname : told(guest).length > 0 ? guest.system.hostname : null;
  const plain = String(name ?? "")
    .toLowerCase()
    .replace(/\.$/, "");
  return /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(plain) && !plain.startsWith("localhost") ? plain : "";
}

/** Interfaces as the guest tells them; an alias is an address of what it is an alias of. */
function guestInterfacesOf(guest: EstateGuest, machine: string): [name: string, columns: Columns][] {
  const cards = cardsOf(guest);
  const taken = new Set<string>();
  return told(guest)
    .filter(({ name }) => !/:\d+$/.test(name))
    .map(({ name, mac }) => {
      const card = cards.find((one) => one.mac.toLowerCase() === mac && !taken.has(one.key));
      if (card) taken.add(card.key);
      const columns = {
        virtual_machine: machine,
        vm_interface: card ? `${machine}/${card.name}` : null,
        name,
        mac_address: mac === "00:00:00:00:00:00" ? "" : mac,
        enabled: true,
        mtu: null,
        tags: ["proxbox"],
      };
      return [name, columns];
    });
}

/** Which of the guest's interfaces has which of the addresses that NetBox keeps. */
function guestAddressesOf(guest: EstateGuest): [name: string, address: string][] {
  const macs = cardsOf(guest).map(({ mac }) => mac.toLowerCase());
  return told(guest)
    .filter(({ mac }) => macs.includes(mac ?? ""))
    .flatMap(({ name, addresses }) =>
      addresses.filter(isKept).map((address): [string, string] => [name.replace(/:\d+$/, ""), canonical(address)]),
    );
}

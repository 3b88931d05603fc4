import type { Row } from "./estate.ts";

/** Which node: the places of its cluster in the estate and of itself in the cluster, and its address. */
export type NodePlace = { cluster: number; at: number; ip: string };

/** Interfaces of a node: cards, bonds, bridges, VLANs in both notations, and on every third node Open vSwitch. */
export function buildNodeNetwork(place: NodePlace): Row[] {
  const rows = [...cards, ...linux(place)];
  return (place.at % 3 === 1 ? [...rows, ...openSwitch(place)] : rows).map((row, priority) => ({
    priority: priority + 3,
    families: ["inet"],
    ...row,
  }));
}

const manual = { method: "manual", method6: "manual" };
const card = { type: "eth", exists: 1, active: 1, ...manual };

const cards: Row[] = [
  { iface: "lo", type: "unknown", method: "loopback", active: 1, autostart: 1 },
  { iface: "eno1", ...card },
  { iface: "eno2", ...card, mtu: "9000" },
  { iface: "eno3", ...card, active: undefined, comments: "not plugged in\n" },
  { iface: "eno4", ...card },
  { iface: "eno5", ...card },
];

function linux({ cluster, at, ip }: NodePlace): Row[] {
  const host = at + 11;
  return [
    {
      iface: "bond0",
      type: "bond",
      slaves: "eno1 eno2",
      bond_mode: "802.3ad",
      bond_xmit_hash_policy: "layer2+3",
      active: 1,
      autostart: 1,
      mtu: 9000,
      ...manual,
    },
    {
      iface: "vmbr0",
      type: "bridge",
      bridge_ports: "bond0",
      bridge_stp: "off",
      bridge_fd: "0",
      bridge_vlan_aware: 1,
      bridge_vids: "2-4094",
      active: 1,
      autostart: 1,
      method: "static",
      method6: "static",
      families: ["inet", "inet6"],
      address: ip,
      netmask: "24",
      cidr: `${ip}/24`,
      gateway: ip.replace(/\.\d+$/, ".1"),
      address6: `2001:DB8:${cluster + 1}:ffff::${host.toString(16)}`,
      netmask6: 64,
      cidr6: `2001:DB8:${cluster + 1}:ffff::${host.toString(16)}/64`,
      comments: "Verwaltung – Größe 1\n",
    },
    { iface: "vmbr1", type: "bridge", bridge_ports: "", active: 1, autostart: 1, ...manual },
    {
      iface: "vmbr0.10",
      type: "vlan",
      active: 1,
      autostart: 1,
      method: "static",
      address: `10.${cluster + 1}.10.${host}`,
      netmask: "255.255.255.0",
      cidr: `10.${cluster + 1}.10.${host}/24`,
      ...(at % 2 === 0 ? { "vlan-id": "10", "vlan-raw-device": "vmbr0" } : {}),
    },
    {
      iface: "vlan20",
      type: "vlan",
      "vlan-raw-device": "bond0",
      ...(at % 2 === 0 ? { "vlan-id": 20 } : {}),
      active: 1,
      autostart: 1,
      method: "static",
      cidr: `10.${cluster + 1}.20.${host}/24`,
      address: `10.${cluster + 1}.20.${host}`,
    },
    { iface: "vmbr0:1", type: "alias", method: "static", address: `10.${cluster + 1}.30.${host}`, netmask: "24" },
    { iface: "storage0", type: "unknown", exists: 1, ...manual },
  ];
}

function openSwitch({ cluster, at }: NodePlace): Row[] {
  const host = at + 11;
  return [
    { iface: "vmbr2", type: "OVSBridge", ovs_ports: "ovsbond0 mgmt0 eno5", active: 1, autostart: 1, ...manual },
    {
      iface: "ovsbond0",
      type: "OVSBond",
      ovs_bonds: "eno3 eno4",
      ovs_bridge: "vmbr2",
      bond_mode: "lacp-balance-tcp",
      active: 1,
      ...manual,
    },
    {
      iface: "mgmt0",
      type: "OVSIntPort",
      ovs_bridge: "vmbr2",
      ovs_tag: "30",
      active: 1,
      method: "static",
      address: `10.${cluster + 1}.40.${host}`,
      cidr: `10.${cluster + 1}.40.${host}/24`,
    },
    { iface: "tap0", type: "OVSPort", ovs_bridge: "vmbr2", ovs_tag: 40, active: 1, ...manual },
  ];
}

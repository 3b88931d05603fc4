import { expect, test } from "bun:test";
import { nodeInterfaceOf } from "./node-network.ts";

const plain = {
  name: "x0",
  type: "eth",
  active: false,
  autostart: false,
  mac: null,
  mtu: null,
  comment: "",
  addresses: [],
  gateway: null,
  gateway6: null,
  slaves: [],
  bondMode: null,
  ports: [],
  vlanAware: false,
  bridge: null,
  vlan: null,
  rawDevice: null,
};

test("a bridge with everything", () => {
  const row = {
    iface: "vmbr0",
    type: "bridge",
    active: 1,
    autostart: "1",
    hwaddress: "bc:24:11:00:00:01",
    mtu: "9000",
    comments: "Management\n",
    cidr: "10.0.0.5/24",
    address: "10.0.0.5",
    netmask: "24",
    gateway: "10.0.0.1",
    cidr6: "2001:DB8::5/64",
    gateway6: "2001:DB8::1",
    bridge_ports: "bond0 eno3",
    bridge_vlan_aware: 1,
  };
  expect(nodeInterfaceOf(row)).toEqual({
    ...plain,
    name: "vmbr0",
    type: "bridge",
    active: true,
    autostart: true,
    mac: "BC:24:11:00:00:01",
    mtu: 9000,
    comment: "Management",
    addresses: [
      { address: "10.0.0.5/24", host: "10.0.0.5", family: 4, scope: "global" },
      { address: "2001:db8::5/64", host: "2001:db8::5", family: 6, scope: "global" },
    ],
    gateway: "10.0.0.1",
    gateway6: "2001:db8::1",
    ports: ["bond0", "eno3"],
    vlanAware: true,
  });
});

test.each<[object, object]>([
  [{}, {}],
  [{ type: undefined }, { type: "unknown" }],
  [
    { slaves: "eno1 eno2", bond_mode: "802.3ad" },
    { slaves: ["eno1", "eno2"], bondMode: "802.3ad" },
  ],
  [{ bridge_ports: "none" }, { ports: [] }],
  [
    { ovs_bonds: "eno1 eno2", ovs_bridge: "vmbr2" },
    { slaves: ["eno1", "eno2"], bridge: "vmbr2" },
  ],
  [{ ovs_ports: "bond0 mgmt0" }, { ports: ["bond0", "mgmt0"] }],
  [
    { type: "OVSIntPort", ovs_bridge: "vmbr2", ovs_tag: "30" },
    { type: "OVSIntPort", bridge: "vmbr2", vlan: 30 },
  ],
  [{ mtu: 1 }, { mtu: null }],
  [{ options: ["hwaddress ether bc:24:11:00:00:01"] }, { mac: "BC:24:11:00:00:01" }],
  [{ options6: ["hwaddress bc:24:11:00:00:01"] }, { mac: "BC:24:11:00:00:01" }],
  [{ comments6: "six" }, { comment: "six" }],
])("%p", (row, found) =>
  expect(nodeInterfaceOf({ iface: "x0", type: "eth", ...row })).toEqual({ ...plain, ...found } as never),
);

test.each([
  ["vmbr0.10", {}, 10, "vmbr0"],
  ["vmbr0.10", { "vlan-id": "11", "vlan-raw-device": "bond0" }, 11, "bond0"],
  ["vlan20", { "vlan-raw-device": "bond0" }, 20, "bond0"],
  ["vlan20", {}, 20, null],
  ["storage", { "vlan-id": 4095 }, null, null],
])("the VLAN of %s with %p is %p over %p", (iface, row, vlan, rawDevice) => {
  expect(nodeInterfaceOf({ iface, type: "vlan", ...row })).toMatchObject({ vlan, rawDevice });
});

test("a card that is named like a VLAN's is none", () => {
  expect(nodeInterfaceOf({ iface: "enp1s0.5", type: "eth" })).toMatchObject({ vlan: null, rawDevice: null });
});

test.each([
  [{ address: "10.0.0.5", netmask: "255.255.255.0" }, ["10.0.0.5/24"]],
  [{ address: "10.0.0.5", netmask: 24 }, ["10.0.0.5/24"]],
  [{ address: "10.0.0.5/24" }, ["10.0.0.5/24"]],
  [{ address: "10.0.0.5" }, ["10.0.0.5/32"]],
  [{ address: "10.0.0.5", netmask: "255.0.255.0" }, []],
  [{ address6: "fe80::5", netmask6: 64 }, ["fe80::5/64"]],
  [{ cidr: "nonsense" }, []],
])("the addresses of %p are %p", (row, addresses) => {
  const found = nodeInterfaceOf({ iface: "x0", type: "eth", ...row })?.addresses.map(({ address }) => address);
  expect(found).toEqual(addresses);
});

test("a row without name is none", () => expect(nodeInterfaceOf({ type: "eth" })).toBeNull());

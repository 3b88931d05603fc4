import { expect, test } from "bun:test";
import { type NodeInterface, nodeInterfaceOf } from "@proxbox/proxmox/resources/node-network";
import fc from "fast-check";
import { placeInterfaces, typeOf } from "./topology.ts";

/** An interface as Proxmox answers it. */
const one = (iface: string, type: string, change: object = {}): NodeInterface =>
  nodeInterfaceOf({ iface, type, active: 1, ...change }) as NodeInterface;

const place = (...all: NodeInterface[]) => placeInterfaces(all, false);

test.each([
  ["eth", "other"],
  ["bond", "lag"],
  ["bridge", "bridge"],
  ["vlan", "virtual"],
  ["OVSBridge", "bridge"],
  ["OVSBond", "lag"],
  ["OVSIntPort", "virtual"],
  ["OVSPort", "other"],
  ["alias", "other"],
  ["unknown", "other"],
])("%s is %s", (proxmox, netbox) => {
  expect(typeOf(proxmox)).toBe(netbox as never);
});

test("loopbacks and aliases are no interfaces", () => {
  const placed = place(one("lo", "unknown"), one("dummy", "loopback"), one("vmbr0:1", "alias"), one("vmbr0", "bridge"));
  expect(placed.map(({ name }) => name)).toEqual(["vmbr0"]);
});

test("NICs in a bond, the bond on a bridge, a VLAN on the bond", () => {
  const placed = place(
    one("eno1", "eth"),
    one("eno2", "eth", { active: undefined }),
    one("bond0", "bond", { slaves: "eno1 eno2", mtu: "9000" }),
    one("vmbr0", "bridge", { bridge_ports: "bond0", comments: " uplink\nof  all \n" }),
    one("bond0.20", "vlan", { "vlan-raw-device": "bond0", "vlan-id": 20 }),
    one("vmbr20", "bridge", { bridge_ports: "bond0.20" }),
  );
  const relations = placed.map(({ name, type, lag, bridge, parent }) => [name, type, lag, bridge, parent]);
  expect(relations).toEqual([
    ["eno1", "other", "bond0", null, null],
    ["eno2", "other", "bond0", null, null],
    ["bond0", "lag", null, "vmbr0", null],
    ["vmbr0", "bridge", null, null, null],
    ["bond0.20", "virtual", null, "vmbr20", "bond0"],
    ["vmbr20", "bridge", null, null, null],
  ]);
  expect(placed.map(({ enabled }) => enabled)).toEqual([true, false, true, true, true, true]);
  expect(placed[2]).toMatchObject({ mtu: 9000, vlan: null });
  expect(placed[3]).toMatchObject({ comment: "uplink of all" });
});

test("Open vSwitch: ports of the bridge, and those with a tag in a VLAN", () => {
  const placed = place(
    one("eno1", "OVSPort", { ovs_bridge: "vmbr1" }),
    one("bond1", "OVSBond", { ovs_bridge: "vmbr1", ovs_bonds: "eno2 eno3", ovs_tag: "7" }),
    one("eno2", "eth"),
    one("mgmt", "OVSIntPort", { ovs_bridge: "vmbr1", ovs_tag: 50 }),
    one("vmbr1", "OVSBridge", { ovs_ports: "eno1 bond1 mgmt" }),
  );
  expect(placed).toMatchObject([
    { name: "eno1", type: "other", bridge: "vmbr1", vlan: "none" },
    { name: "bond1", type: "lag", bridge: "vmbr1", vlan: { mode: "access", vid: 7 } },
    { name: "eno2", type: "other", lag: "bond1", bridge: null },
    { name: "mgmt", type: "virtual", bridge: "vmbr1", vlan: { mode: "access", vid: 50 } },
    { name: "vmbr1", type: "bridge", bridge: null, vlan: null },
  ]);
});

test.each<[NodeInterface, number | "none", string | null]>([
  [one("eno1.10", "vlan"), 10, "eno1"],
  [one("eno1.10.20", "vlan"), 20, "eno1.10"],
  [one("vlan30", "vlan", { "vlan-raw-device": "eno1" }), 30, "eno1"],
  [one("storage", "vlan", { "vlan-raw-device": "eno1", "vlan-id": "40" }), 40, "eno1"],
  [one("storage", "vlan"), "none", null],
  [one("eno1.4095", "vlan"), "none", "eno1"],
  [one("gone0.10", "vlan"), 10, null],
  [one("eno1.10", "vlan", { "vlan-id": 11 }), 11, "eno1"],
])("a VLAN interface %#", (vlan, vid, parent) => {
  const placed = place(one("eno1", "eth"), one("eno1.10", "vlan"), vlan).at(-1);
  expect(placed).toMatchObject({ type: "virtual", parent, vlan: vid === "none" ? vid : { mode: "tagged", vid } });
});

test("what names an interface that is not there, or itself, is left out", () => {
  const placed = place(one("bond0", "bond", { slaves: "bond0 eno9" }), one("vmbr0", "OVSPort", { ovs_bridge: "gone" }));
  expect(placed).toMatchObject([
    { lag: null, bridge: null },
    { lag: null, bridge: null },
  ]);
});

test.each<[object, string[], string[]]>([
  [{ cidr: "192.0.2.5/24", cidr6: "2001:DB8:0::5/64" }, ["192.0.2.5/24", "2001:db8::5/64"], []],
  [{ address: "192.0.2.5", netmask: "255.255.255.0" }, ["192.0.2.5/24"], []],
  [{ cidr: "192.0.2.0/24" }, [], []],
  [{ cidr: "192.0.2.255/24" }, [], []],
  [{ cidr: "192.0.2.0/31", cidr6: "2001:db8::/127" }, ["192.0.2.0/31", "2001:db8::/127"], []],
  [{ cidr: "127.0.0.2/8", cidr6: "fe80::1/64" }, [], ["fe80::1/64"]],
])("addresses of %o", (row, wanted, linkLocal) => {
  const all = [one("vmbr0", "bridge", row)];
  const addresses = (withLinkLocal: boolean) =>
    placeInterfaces(all, withLinkLocal).flatMap((placed) => placed.addresses.map(({ address }) => address));
  expect(addresses(false)).toEqual(wanted);
  expect(addresses(true)).toEqual([...wanted, ...linkLocal]);
});

const names = fc.constantFrom("lo", "eno1", "eno1.10", "bond0", "vmbr0", "vlan5", "vmbr0:1", "ünï\u0000");
const lists = fc.array(names, { maxLength: 3 }).map((members) => members.join(" "));
const rows = fc.array(
  fc.record(
    {
      iface: names,
      type: fc.constantFrom("eth", "bond", "bridge", "vlan", "OVSBridge", "OVSBond", "OVSPort", "OVSIntPort", "x"),
      slaves: lists,
      bridge_ports: lists,
      ovs_ports: lists,
      ovs_bridge: names,
      ovs_tag: fc.oneof(fc.integer({ min: -1, max: 5000 }), fc.string()),
      "vlan-raw-device": names,
      comments: fc.string({ unit: "binary" }),
      cidr: fc.oneof(fc.string(), fc.constant("10.0.0.1/24")),
    },
    { requiredKeys: ["iface", "type"] },
  ),
  { maxLength: 8 },
);

test("whatever a node lists, NetBox can have it", () => {
  fc.assert(
    fc.property(rows, (all) => {
      const placed = place(...all.flatMap((row) => nodeInterfaceOf(row) ?? []));
      const known = new Set(placed.map(({ name }) => name));
      for (const { name, type, lag, bridge, parent, vlan } of placed) {
        for (const other of [lag, bridge, parent])
          expect(other === null || (other !== name && known.has(other))).toBe(true);
        if (type === "virtual") expect(lag).toBeNull();
        else expect(parent).toBeNull();
        if (typeof vlan === "object" && vlan) expect(vlan.vid >= 1 && vlan.vid <= 4094).toBe(true);
      }
    }),
  );
});

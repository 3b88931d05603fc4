import { describe, expect, test } from "bun:test";
import type { NodeInterface } from "./facts.ts";
import { placeInterfaces, typeOf } from "./topology.ts";

const one = (name: string, type: string, change: Partial<NodeInterface> = {}): NodeInterface => ({
  name,
  type,
  active: true,
  mtu: null,
  mac: null,
  comment: "",
  addresses: [],
  members: [],
  bridge: null,
  vlan: null,
  rawDevice: null,
  ...change,
});

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
  const all = [one("lo", "loopback"), one("lo", "eth"), one("vmbr0:1", "alias"), one("vmbr0", "bridge")];
  expect(placeInterfaces(all).map(({ name }) => name)).toEqual(["vmbr0"]);
});

test("NICs in a bond, the bond on a bridge, a VLAN on the bond", () => {
  const placed = placeInterfaces([
    one("eno1", "eth"),
    one("eno2", "eth", { active: false }),
    one("bond0", "bond", { members: ["eno1", "eno2"], mtu: 9000 }),
    one("vmbr0", "bridge", { members: ["bond0"], comment: " uplink\nof  all " }),
    one("bond0.20", "vlan", { rawDevice: "bond0", vlan: 20 }),
    one("vmbr20", "bridge", { members: ["bond0.20"] }),
  ]);
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

test("Open vSwitch: ports of the bridge, an internal port in a VLAN", () => {
  const placed = placeInterfaces([
    one("eno1", "OVSPort", { bridge: "vmbr1" }),
    one("bond1", "OVSBond", { bridge: "vmbr1", members: ["eno2", "eno3"], vlan: 7 }),
    one("eno2", "eth"),
    one("mgmt", "OVSIntPort", { bridge: "vmbr1", vlan: 50 }),
    one("vmbr1", "OVSBridge", { members: ["eno1", "bond1", "mgmt"] }),
  ]);
  expect(placed).toMatchObject([
    { name: "eno1", type: "other", bridge: "vmbr1", vlan: "none" },
    { name: "bond1", type: "lag", bridge: "vmbr1", vlan: { mode: "access", vid: 7 } },
    { name: "eno2", type: "other", lag: "bond1", bridge: null },
    { name: "mgmt", type: "virtual", bridge: "vmbr1", vlan: { mode: "access", vid: 50 } },
    { name: "vmbr1", type: "bridge", bridge: null, vlan: null },
  ]);
});

describe("a VLAN interface", () => {
  test.each<[NodeInterface, number | "none", string | null]>([
    [one("eno1.10", "vlan"), 10, "eno1"],
    [one("eno1.10.20", "vlan"), 20, "eno1.10"],
    [one("vlan30", "vlan", { rawDevice: "eno1" }), 30, "eno1"],
    [one("storage", "vlan", { rawDevice: "eno1", vlan: 40 }), 40, "eno1"],
    [one("storage", "vlan"), "none", null],
    [one("eno1.4095", "vlan"), "none", "eno1"],
    [one("gone0.10", "vlan"), 10, null],
    [one("eno1.10", "vlan", { vlan: 11 }), 11, "eno1"],
  ])("%o", (vlan, vid, parent) => {
    const placed = placeInterfaces([one("eno1", "eth"), one("eno1.10", "vlan"), vlan]).at(-1);
    expect(placed).toMatchObject({ type: "virtual", parent, vlan: vid === "none" ? vid : { mode: "tagged", vid } });
  });
});

test("what names an interface that is not there, or itself, is left out", () => {
  const placed = placeInterfaces([
    one("bond0", "bond", { members: ["bond0", "eno9"] }),
    one("vmbr0", "OVSPort", { bridge: "gone" }),
  ]);
  expect(placed).toMatchObject([
    { lag: null, bridge: null },
    { lag: null, bridge: null },
  ]);
});

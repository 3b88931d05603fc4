import { expect, test } from "bun:test";
import type { PlacedInterface, ReadNode } from "./facts.ts";
import { type InterfaceRow, planInterfaces } from "./interfaces.ts";

const placed = (name: string, change: Partial<PlacedInterface> = {}): PlacedInterface => ({
  name,
  type: "other",
  enabled: true,
  mtu: null,
  mac: null,
  comment: "",
  addresses: [],
  lag: null,
  bridge: null,
  parent: null,
  vlan: null,
  ...change,
});
const node = (...interfaces: PlacedInterface[]): ReadNode => ({
  name: "pve1",
  ip: null,
  device: 1,
  deviceName: "pve1",
  site: 5,
  interfaces,
});
const row = (name: string, change: Partial<InterfaceRow> = {}): InterfaceRow => ({
  id: 10,
  device: 1,
  name,
  type: "other",
  connected: false,
  ours: true,
  ...change,
});
const planOne = (one: PlacedInterface, rows: InterfaceRow[], vlans = new Map<string, number>()) =>
  planInterfaces(node(one), rows, [], vlans).interfaces[0];

test.each<[string, PlacedInterface["type"], Partial<InterfaceRow> | null, boolean]>([
  ["a new one", "bridge", null, false],
  ["a port whose type an operator knows", "other", { type: "10gbase-x-sfpp" }, true],
  ["a port that was a bridge", "other", { type: "bridge" }, false],
  ["a bridge that was other", "bridge", {}, false],
  ["a bridge that was a port of metal", "bridge", { type: "1000base-t" }, false],
  ["a bridge with a cable", "bridge", { type: "1000base-t", connected: true }, true],
  ["a LAG with a cable", "lag", { connected: true }, true],
  ["a bridge that is one", "bridge", { type: "bridge" }, false],
])("type of %s", (_, type, change, keepsType) => {
  const rows = change ? [row("x", change)] : [];
  expect(planOne(placed("x", { type }), rows)?.keepsType).toBe(keepsType);
});

test("an interface that stays what it is in NetBox has no parent: only virtual ones have", () => {
  const vlan = placed("eno1.10", { type: "virtual", parent: "eno1" });
  expect(planOne(vlan, [])).toMatchObject({ parent: "eno1" });
  expect(planOne(vlan, [row("eno1.10", { connected: true })])).toMatchObject({ parent: null, keepsType: true });
});

test.each<[PlacedInterface["vlan"], PlacedInterface["vlan"], number | null]>([
  [{ mode: "tagged", vid: 10 }, { mode: "tagged", vid: 10 }, 70],
  [{ mode: "access", vid: 11 }, null, null],
  ["none", "none", null],
  [null, null, null],
])("VLAN %o: where it could not be made nothing is said of VLANs", (vlan, planned, vlanId) => {
  const vlans = new Map([
    ["5/10", 70],
    ["6/11", 71],
  ]);
  expect(planOne(placed("eno1.10", { type: "virtual", vlan }), [], vlans)).toMatchObject({ vlan: planned, vlanId });
});

test("rows of ours that the node has no more are gone; others are none of our business", () => {
  const rows = [row("old"), row("idrac", { id: 11, ours: false }), row("eno1", { id: 12 }), row("far", { device: 2 })];
  const { gone } = planInterfaces(node(placed("eno1")), rows, [], new Map());
  expect(gone.map(({ name }) => name)).toEqual(["old"]);
});

test("a MAC address of ours goes when the node tells another one for its interface", () => {
  const rows = [row("eno1", { id: 1 }), row("eno2", { id: 2 }), row("eno3", { id: 3 })];
  const mac = (id: number, at: number, text: string, ours = true) => ({ id, interface: at, mac: text, ours });
  const macs = [mac(1, 1, "AA"), mac(2, 1, "BB"), mac(3, 1, "CC", false), mac(4, 2, "DD"), mac(5, 9, "EE")];
  const told = node(placed("eno1", { mac: "BB" }), placed("eno2"), placed("eno3", { mac: "FF" }));
  expect(planInterfaces(told, rows, macs, new Map()).goneMacs.map(({ id }) => id)).toEqual([1]);
});

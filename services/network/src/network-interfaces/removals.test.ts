import { expect, test } from "bun:test";
import type { AddressRow } from "../addresses/settle.ts";
import type { InterfaceRow } from "./interfaces.ts";
import { type DeviceRows, judgeMissing } from "./removals.ts";

const node = { name: "pve1", deviceName: "rack-1" };
const port = (id: number, change: Partial<InterfaceRow> = {}): InterfaceRow => ({
  id,
  device: 1,
  name: `eno${id}`,
  type: "other",
  connected: false,
  ours: true,
  ...change,
});
const address = (id: number, at: number, change: Partial<AddressRow> = {}): AddressRow => ({
  id,
  address: `10.0.0.${id}/24`,
  host: `10.0.0.${id}`,
  global: true,
  at: { type: "dcim.interface", id: at },
  owner: "device/1",
  label: "",
  ours: true,
  plain: true,
  ...change,
});
const rows = (change: Partial<DeviceRows>): DeviceRows => ({ interfaces: [], macs: [], addresses: [], ...change });
const gone = port(1);
const rest = [port(2), port(3), port(4)];

type Case = [
  name: string,
  missing: Partial<DeviceRows>,
  present: Partial<DeviceRows>,
  moving: number[],
  expected: { left?: number[]; gone?: string[]; told?: string[] },
];

test.each<Case>([
  ["an interface", { interfaces: [gone] }, { interfaces: [gone, ...rest] }, [], { gone: ["interface 1"] }],
  [
    "a MAC address",
    { macs: [{ id: 7, interface: 2, mac: "AA", ours: true }] },
    { interfaces: rest },
    [],
    { gone: ["mac-address 7"] },
  ],
  ["an address", { addresses: [address(5, 2)] }, { addresses: [address(5, 2)] }, [], { gone: ["ip-address 5"] }],
  [
    "an address in which a person has written leaves its interface",
    { addresses: [address(5, 2, { plain: false })] },
    { addresses: [address(5, 2, { plain: false })] },
    [],
    { left: [5] },
  ],
  [
    "an interface together with its address",
    { interfaces: [gone], addresses: [address(5, 1)] },
    { interfaces: [gone, ...rest], addresses: [address(5, 1)] },
    [],
    { gone: ["ip-address 5", "interface 1"] },
  ],
  [
    "an interface whose address moves to another one",
    { interfaces: [gone] },
    { interfaces: [gone, ...rest], addresses: [address(5, 1)] },
    [5],
    { gone: ["interface 1"] },
  ],
  [
    "an interface with an address that is not ours",
    { interfaces: [gone] },
    { interfaces: [gone, ...rest], addresses: [address(5, 1, { ours: false })] },
    [],
    { told: ["would be deleted, but 10.0.0.5/24 is on it"] },
  ],
  [
    "an interface with a cable",
    { interfaces: [port(1, { connected: true })] },
    { interfaces: [port(1, { connected: true }), ...rest] },
    [],
    { told: ["would be deleted, but it is connected"] },
  ],
  [
    "most of what the node had",
    { interfaces: [gone, ...rest] },
    { interfaces: [gone, ...rest, port(5)] },
    [],
    { told: Array(4).fill("would be deleted, but only 1 of 5 known ones are still there") },
  ],
])("%s", (_, missing, present, moving, expected) => {
  const removals = judgeMissing(node, rows(missing), rows(present), new Set(moving), null);
  expect(removals.left.map(({ id }) => id)).toEqual(expected.left ?? []);
  expect(removals.gone.map(({ kind, id }) => `${kind} ${id}`)).toEqual(expected.gone ?? []);
  expect(removals.told.map(({ reason }) => reason)).toEqual(expected.told ?? []);
});

test("what leaves its interface is no deletion", () => {
  const one = address(5, 2, { plain: false });
  const { left } = judgeMissing(node, rows({ addresses: [one] }), rows({ addresses: [one] }), new Set(), null);
  expect(left).toEqual([
    {
      kind: "ip-address",
      id: 5,
      identity: {},
      values: { assigned_object_type: null, assigned_object_id: null },
      label: "pve1 10.0.0.5/24",
      parent: "rack-1",
    },
  ]);
});

test("a doubt keeps everything, and says why", () => {
  const missing = rows({ interfaces: [gone], addresses: [address(5, 1)] });
  const present = rows({ interfaces: [gone, ...rest], addresses: [address(5, 1)] });
  const { left, gone: deleted, told } = judgeMissing(node, missing, present, new Set(), "too many are concerned");
  expect([...left, ...deleted]).toEqual([]);
  expect(told.map(({ name, reason }) => `${name}: ${reason}`)).toEqual([
    "pve1 10.0.0.5/24: would be deleted, but too many are concerned",
    "pve1 eno1: would be deleted, but 10.0.0.5/24 is on it",
  ]);
});

import { expect, test } from "bun:test";
import { nodeInterfaceOf } from "@proxbox/proxmox/resources/node-network";
import type { AddressRow } from "../addresses/settle.ts";
import type { InterfaceRow } from "./interfaces.ts";
import { type DeviceRows, judgeMissing } from "./removals.ts";
import { placeInterfaces } from "./topology.ts";

/** A node with so many interfaces; each has one address. */
const node = (count: number) => ({
  name: "pve1",
  deviceName: "rack-1",
  interfaces: Array.from({ length: count }, (_, index) => index + 21).flatMap((number) =>
    placeInterfaces(
      [nodeInterfaceOf({ iface: `eno${number}`, type: "eth", cidr: `10.0.0.${number}/24` })].filter(
        (one) => one !== null,
      ),
      false,
    ),
  ),
});
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

type Case = [
  name: string,
  missing: Partial<DeviceRows>,
  /** On the device, besides those that are missing. */
  others: AddressRow[],
  moving: number[],
  expected: { left?: number[]; gone?: string[]; told?: string[] },
];

const many = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

test.each<Case>([
  ["an interface", { interfaces: [gone] }, [], [], { gone: ["interface 1"] }],
  ["a MAC address", { macs: [{ id: 7, interface: 2, mac: "AA", ours: true }] }, [], [], { gone: ["mac-address 7"] }],
  ["an address", { addresses: [address(5, 2)] }, [], [], { gone: ["ip-address 5"] }],
  [
    "an address in which a person has written leaves its interface",
    { addresses: [address(5, 2, { plain: false })] },
    [],
    [],
    { left: [5] },
  ],
  [
    "an interface together with its address",
    { interfaces: [gone], addresses: [address(5, 1)] },
    [],
    [],
    { gone: ["ip-address 5", "interface 1"] },
  ],
  ["an interface whose address moves", { interfaces: [gone] }, [address(5, 1)], [5], { gone: ["interface 1"] }],
  [
    "an interface with an address that is not ours",
    { interfaces: [gone] },
    [address(5, 1, { ours: false })],
    [],
    { told: ["would be deleted, but 10.0.0.5/24 is on it"] },
  ],
  [
    "an interface with a cable",
    { interfaces: [port(1, { connected: true })] },
    [],
    [],
    { told: ["would be deleted, but it is connected"] },
  ],
  [
    "as many as there are",
    { addresses: many(6).map((id) => address(id, 2)) },
    [],
    [],
    { gone: many(6).map((id) => `ip-address ${id}`) },
  ],
  [
    "more than there are",
    { interfaces: many(8).map((id) => port(id)) },
    [],
    [],
    { told: Array(8).fill("would be deleted, but only 6 of 14 known ones are still there") },
  ],
])("%s", (_, missing, others, moving, expected) => {
  const present = [...(missing.addresses ?? []), ...others];
  const removals = judgeMissing(node(6), rows(missing), present, new Set(moving), null);
  expect(removals.left.map(({ id }) => id)).toEqual(expected.left ?? []);
  expect(removals.gone.map(({ kind, id }) => `${kind} ${id}`)).toEqual(expected.gone ?? []);
  expect(removals.told.map(({ reason }) => reason)).toEqual(expected.told ?? []);
});

test("what leaves its interface is no deletion", () => {
  const one = address(5, 2, { plain: false });
  const { left } = judgeMissing(node(6), rows({ addresses: [one] }), [one], new Set(), null);
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
  const doubt = "too many are concerned";
  const { left, gone: deleted, told } = judgeMissing(node(6), missing, missing.addresses, new Set(), doubt);
  expect([...left, ...deleted]).toEqual([]);
  expect(told.map(({ name, reason }) => `${name}: ${reason}`)).toEqual([
    "pve1 10.0.0.5/24: would be deleted, but too many are concerned",
    "pve1 eno1: would be deleted, but 10.0.0.5/24 is on it",
  ]);
});

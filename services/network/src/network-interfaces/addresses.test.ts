import { describe, expect, test } from "bun:test";
import { parseCidr } from "@proxbox/proxmox/parse/guest-address";
import type { AddressRow } from "../addresses/settle.ts";
import { type PrimaryRow, planAddresses } from "./addresses.ts";
import type { PlacedInterface, ReadNode } from "./facts.ts";

/** A node with one interface, `vmbr0`; device and number are one. */
const node = (device: number, ip: string | null, ...cidrs: string[]): ReadNode => ({
  name: `pve${device}`,
  ip,
  device,
  deviceName: `rack-${device}`,
  site: 1,
  interfaces: [
    {
      name: "vmbr0",
      type: "bridge",
      enabled: true,
      mtu: null,
      mac: null,
      comment: "",
      addresses: cidrs.flatMap((cidr) => parseCidr(cidr) ?? []),
      lag: null,
      bridge: null,
      parent: null,
      vlan: null,
    } satisfies PlacedInterface,
  ],
});
/** `vmbr0` of a device in NetBox: its id is ten times the device's. */
const bridge = (device: number) => ({
  id: device * 10,
  device,
  name: "vmbr0",
  type: "bridge",
  connected: false,
  ours: true,
});
const row = (id: number, cidr: string, device: number | null, change: Partial<AddressRow> = {}): AddressRow => ({
  id,
  address: cidr,
  host: cidr.replace(/\/.*/, ""),
  global: true,
  at: device === null ? null : { type: "dcim.interface", id: device * 10 },
  owner: device === null ? null : `device/${device}`,
  label: device === null ? "nothing" : `rack-${device} vmbr0`,
  ours: true,
  plain: true,
  ...change,
});
const primary = (device: number, primary4: number | null, primary6: number | null = null): PrimaryRow => ({
  device,
  primary4,
  primary6,
});

function plan(nodes: ReadNode[], rows: AddressRow[] = [], primaries: PrimaryRow[] = [], devices = [1, 2]) {
  const { plans, releases } = planAddresses(nodes, devices.map(bridge), rows, primaries);
  return { releases, of: (device: number) => plans.get(device) };
}

describe("the primary address", () => {
  const home = "192.0.2.1/24";

  test.each<[string, ReadNode, AddressRow[], PrimaryRow[], string | null]>([
    ["is the one the cluster knows", node(1, "192.0.2.1", "10.0.0.1/24", home), [], [primary(1, null)], "192.0.2.1"],
    ["is none that is on no interface", node(1, "192.0.2.9", home), [], [primary(1, null)], null],
    ["is none where the cluster does not tell", node(1, null, home), [], [primary(1, null)], null],
    [
      "of an operator stays while it is there",
      node(1, "192.0.2.1", "10.0.0.1/24", home),
      [row(5, "10.0.0.1/24", 1), row(6, home, 1)],
      [primary(1, 5)],
      null,
    ],
    ["that is right stays", node(1, "192.0.2.1", home), [row(6, home, 1)], [primary(1, 6)], null],
    [
      "that the node lost is replaced",
      node(1, "192.0.2.1", home),
      [row(5, "10.0.0.1/24", 1)],
      [primary(1, 5)],
      "192.0.2.1",
    ],
    [
      "of the other family does not count",
      node(1, "2001:db8::1", "2001:db8::1/64", home),
      [row(6, home, 1)],
      [primary(1, 6)],
      "2001:db8::1",
    ],
  ])("%s", (_, one, rows, primaries, expected) => {
    expect(plan([one], rows, primaries).of(1)?.primary ?? null).toBe(expected);
  });
});

test("two nodes with one address: the first gets it, the other is told of once, with both owners", () => {
  const { of } = plan([node(1, null, "10.0.0.1/24"), node(2, null, "10.0.0.1/16")]);
  expect(of(1)?.addresses.map(({ settled }) => settled.state)).toEqual(["create"]);
  expect(of(2)?.addresses).toEqual([]);
  expect(of(2)?.conflicts).toEqual([
    {
      kind: "ip-address",
      name: "rack-2 vmbr0 10.0.0.1/16",
      outcome: "skipped",
      reason: "10.0.0.1/16 is on rack-2 vmbr0 in Proxmox, but in NetBox it belongs to rack-1 vmbr0, which keeps it.",
    },
  ]);
});

test("new interfaces of nodes without any in NetBox are kept apart", () => {
  const { of } = plan([node(1, null, "10.0.0.1/24"), node(2, null, "10.0.0.2/24")], [], [], []);
  expect([of(1), of(2)].map((one) => one?.addresses.map(({ settled }) => settled.claim.address))).toEqual([
    ["10.0.0.1/24"],
    ["10.0.0.2/24"],
  ]);
});

test.each<[string, AddressRow[], string[]]>([
  ["is found whatever its mask", [row(5, "10.0.0.1/32", 1)], ["keep 5"]],
  ["that is free is adopted", [row(5, "10.0.0.1/24", null, { ours: false })], ["adopt 5"]],
  [
    "of a guest stays there",
    [row(5, "10.0.0.1/24", null, { at: { type: "virtualization.vminterface", id: 7 }, owner: "virtual-machine/7" })],
    [],
  ],
])("an address that %s", (_, rows, expected) => {
  const settled =
    plan([node(1, null, "10.0.0.1/24")], rows)
      .of(1)
      ?.addresses.map((one) => one.settled) ?? [];
  expect(settled.map((one) => `${one.state} ${"row" in one ? one.row.id : ""}`.trim())).toEqual(expected);
});

test("an address that goes from node to node leaves the first one's primary address before, and is no stale one", () => {
  const moved = row(5, "10.0.0.9/24", 1);
  const nodes = [node(1, "10.0.0.1", "10.0.0.1/24"), node(2, "10.0.0.9", "10.0.0.9/24")];
  const { of, releases } = plan(nodes, [moved], [primary(1, 5), primary(2, null)]);
  expect(releases).toEqual([{ device: 1, family: 4 }]);
  expect(of(1)).toMatchObject({ gone: [], primary: "10.0.0.1" });
  expect(of(2)).toMatchObject({ addresses: [{ settled: { state: "move", row: { id: 5 } } }], primary: "10.0.0.9" });
});

test("an address of ours that its node has no more is gone; on a node that did not answer it is not", () => {
  const rows = [row(5, "10.0.0.5/24", 1), row(6, "10.0.0.6/24", 2), row(7, "10.0.0.7/24", 1, { ours: false })];
  const { of } = plan([node(1, null)], rows);
  expect(of(1)?.gone.map(({ id }) => id)).toEqual([5]);
});

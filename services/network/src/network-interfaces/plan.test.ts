import { expect, test } from "bun:test";
import { SyncOptions } from "@proxbox/contracts/sync-options";
import { nodeInterfaceOf } from "@proxbox/proxmox/resources/node-network";
import { Value } from "@sinclair/typebox/value";
import type { AddressRow } from "../addresses/settle.ts";
import type { ReadNode } from "./facts.ts";
import { type NetworkRows, planNodes } from "./plan.ts";
import { placeInterfaces } from "./topology.ts";

const options = Value.Default(SyncOptions, {}) as SyncOptions;
const node = (device: number, ...rows: object[]): ReadNode => ({
  name: `pve${device}`,
  ip: `10.0.0.${device}`,
  device,
  deviceName: `pve${device}`,
  site: 5,
  interfaces: placeInterfaces(
    rows.flatMap((row) => nodeInterfaceOf({ active: 1, type: "eth", ...row }) ?? []),
    false,
  ),
});
const bridge = { iface: "vmbr0", type: "bridge", cidr: "10.0.0.1/24" };
const port = (id: number, device: number, name: string) => ({
  id,
  device,
  name,
  type: "other",
  connected: false,
  ours: true,
});
const address = (id: number, at: number, device: number, change: Partial<AddressRow> = {}): AddressRow => ({
  id,
  address: `192.0.2.${id}/24`,
  host: `192.0.2.${id}`,
  global: true,
  at: { type: "dcim.interface", id: at },
  owner: `device/${device}`,
  label: "",
  ours: true,
  plain: true,
  ...change,
});
const none: NetworkRows = { interfaces: [], macs: [], addresses: [], primaries: [] };
const left = [1, 2, 3].map((id) => port(id, 1, `old${id}`));

const plan = (endpoints: ReadNode[][], rows: Partial<NetworkRows> = {}, flags: Partial<SyncOptions> = {}) =>
  planNodes(endpoints, { ...none, ...rows }, new Map([["5/10", 70]]), { ...options, ...flags });

test("a new node: everything is to be made, its address becomes primary", () => {
  const { planned, releases } = plan([[node(1, bridge, { iface: "vmbr0.10", type: "vlan" })]]);
  expect(releases).toEqual([]);
  expect(planned).toMatchObject([
    [
      {
        interfaces: [{ name: "vmbr0" }, { name: "vmbr0.10", parent: "vmbr0", vlanId: 70 }],
        addresses: [{ interface: "vmbr0", settled: { state: "create" } }],
        primary: "10.0.0.1",
        gone: [],
        told: [],
      },
    ],
  ]);
});

test.each<[string, Partial<SyncOptions>, number, string[]]>([
  ["what is gone goes", {}, 3, []],
  [
    "more than the cap: none goes",
    { max_deletions: 2 },
    0,
    Array(3).fill("would be deleted, but 3 rows of this endpoint are concerned and at most 2 may be"),
  ],
  ["who wants nothing changed wants nothing gone", { sync_mode_node: "bootstrap_only" }, 0, []],
])("%s", (_, flags, gone, told) => {
  const { planned } = plan([[node(1, bridge)]], { interfaces: left }, flags);
  expect(planned[0]?.[0]?.gone).toHaveLength(gone);
  expect(planned[0]?.[0]?.told.map(({ reason }) => reason)).toEqual(told);
});

test("each endpoint has its own cap, and another node's rows do not count for it", () => {
  const interfaces = [...left.slice(0, 2), port(8, 2, "old8"), port(9, 2, "old9")];
  const flags = { max_deletions: 2 };
  expect(plan([[node(1, bridge)], [node(2, { iface: "eno1" })]], { interfaces }, flags).planned).toMatchObject([
    [{ gone: [{ id: 1 }, { id: 2 }] }],
    [{ gone: [{ id: 8 }, { id: 9 }] }],
  ]);
});

test("a primary address in which a person has written is let go before it leaves its interface", () => {
  const rows = {
    interfaces: [port(1, 1, "vmbr0")],
    addresses: [address(7, 1, 1, { plain: false }), address(8, 1, 1)],
    primaries: [{ device: 1, primary4: 7, primary6: null }],
  };
  const { planned, releases } = plan([[node(1, bridge)]], rows);
  expect(releases).toEqual([{ device: 1, family: 4 }]);
  expect(planned[0]?.[0]).toMatchObject({ left: [{ id: 7 }], gone: [{ id: 8 }], primary: "10.0.0.1" });
});

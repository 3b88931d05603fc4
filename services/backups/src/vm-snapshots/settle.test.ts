import { describe, expect, test } from "bun:test";
import type { KnownVm } from "@proxbox/netbox/guests/read";
import type { Snapshot } from "@proxbox/proxmox/resources/snapshots";
import fc from "fast-check";
import type { GuestSnapshots, NodeNames, SnapshotRow } from "./facts.ts";
import { replacedBy, settleSnapshots } from "./settle.ts";

const read = (vmid: number, node: string, ...names: string[]): GuestSnapshots => ({
  guest: { vmid, node, type: "qemu", vm: { id: vmid + 900, name: `vm${vmid}` } as KnownVm },
  snapshots: names.map((name): Snapshot => ({ name, description: "", takenAt: null, parent: null, withMemory: false })),
  storage: null,
});
const row = (id: number, machine: number, name: string, node: string, vmid = 100): SnapshotRow => ({
  id,
  machine: { id: machine, name: `machine ${machine}` },
  vmid,
  name,
  node,
});

const cases: {
  what: string;
  read: GuestSnapshots[];
  rows: SnapshotRow[];
  settled: [string, number | null][];
  taken?: RegExp[];
  missing?: number[];
  /** Ids of machines whose guest another one has replaced. */
  former?: number[];
  nodes?: NodeNames;
}[] = [
  {
    what: "none there yet",
    read: [read(100, "pve1", "a", "b")],
    rows: [],
    settled: [
      ["a", null],
      ["b", null],
    ],
  },
  {
    what: "found by machine and name",
    read: [read(100, "pve1", "a")],
    rows: [row(5, 1000, "a", "pve1")],
    settled: [["a", 5]],
  },
  {
    what: "the row moves with a guest that migrated",
    read: [read(100, "pve2", "a")],
    rows: [row(5, 1000, "a", "pve1")],
    settled: [["a", 5]],
  },
  {
    what: "of two rows that a migration left behind the one at the present node counts, the other is gone",
    read: [read(100, "pve2", "a")],
    rows: [row(5, 1000, "a", "pve1"), row(6, 1000, "a", "pve2")],
    settled: [["a", 6]],
    missing: [5],
  },
  {
    what: "a row whose snapshot is gone",
    read: [read(100, "pve1", "a")],
    rows: [row(5, 1000, "a", "pve1"), row(6, 1000, "b", "pve1")],
    settled: [["a", 5]],
    missing: [6],
  },
  {
    what: "another machine's row of the same vmid, name and node is left alone, and told of with both owners",
    read: [read(100, "pve1", "a", "b")],
    rows: [row(5, 77, "a", "pve1")],
    settled: [["b", null]],
    taken: [
      /^Snapshot a of vm100 \(machine 1000\) .* vmid 100 on a node pve1 already, of machine 77 \(machine 77, row 5\)\.$/,
    ],
  },
  {
    what: "that row stays also when ours would move onto its place",
    read: [read(100, "pve2", "a")],
    rows: [row(5, 77, "a", "pve2"), row(6, 1000, "a", "pve1")],
    settled: [],
    taken: [/row 5/],
  },
  {
    what: "a row of the guest that this one has replaced goes over to it",
    read: [read(100, "pve1", "a", "b")],
    rows: [row(5, 77, "a", "pve1"), row(6, 77, "old", "pve1")],
    former: [77],
    settled: [
      ["a", 5],
      ["b", null],
    ],
  },
  {
    what: "then a row of its own on another node stands for nothing any more",
    read: [read(100, "pve2", "a")],
    rows: [row(5, 77, "a", "pve2"), row(6, 1000, "a", "pve1")],
    former: [77],
    settled: [["a", 5]],
    missing: [6],
  },
  {
    what: "another machine's row on another node is in nobody's way",
    read: [read(100, "pve1", "a")],
    rows: [row(5, 77, "a", "pve9")],
    settled: [["a", null]],
  },
  {
    what: "a row at a node that only this endpoint has goes to its guest, whosever machine an older program gave it to",
    read: [read(100, "solo", "a")],
    rows: [row(5, 77, "a", "solo"), row(6, 77, "old", "solo"), row(7, 77, "a", "pve1")],
    nodes: { own: ["solo"], foreign: ["pve1"] },
    settled: [["a", 5]],
    missing: [6],
  },
  {
    what: "a row at a node that only others have is theirs to judge",
    read: [read(100, "pve1", "a")],
    rows: [row(5, 1000, "a", "solo"), row(6, 1000, "b", "solo")],
    nodes: { own: ["pve1"], foreign: ["solo"] },
    settled: [["a", null]],
  },
  {
    what: "rows of guests that were not read are not missing",
    read: [read(100, "pve1")],
    rows: [row(5, 1001, "a", "pve1", 101)],
    settled: [],
  },
];

describe("settleSnapshots", () => {
  for (const { what, read: given, rows, settled, taken = [], missing = [], former = [], nodes } of cases) {
    test(what, () => {
      const result = settleSnapshots(given, rows, new Set(former), nodes ?? { own: [], foreign: [] });
      expect(result.settled.map(({ snapshot, row: id }) => [snapshot.name, id])).toEqual(settled);
      expect(result.missing.map(({ row: { id } }) => id)).toEqual(missing);
      expect(result.taken).toHaveLength(taken.length);
      for (const [index, sentence] of taken.entries()) {
        expect(result.taken[index]).toMatchObject({ outcome: "failed", error: { code: "snapshot_taken" } });
        expect(result.taken[index]?.error?.message).toMatch(sentence);
        expect(result.taken[index]?.error?.next).toMatch(/rename/);
      }
    });
  }
});

test("a guest has replaced the machines of its endpoint that had its vmid", () => {
  const guests = [read(100, "pve1").guest, read(101, "pve1").guest];
  const machines = [
    [1000, 100],
    [77, 100],
    [1001, 101],
    [78, 102],
  ].map(([id = 0, vmid = 0]) => ({ vm: { id }, vmid }));
  expect(replacedBy(guests, machines)).toEqual([77]);
});

test("whatever stands there: each snapshot is settled or taken, and each row is used once and by its own machine", () => {
  const name = fc.constantFrom("a", "b", "c");
  const node = fc.constantFrom("pve1", "pve2");
  const guests = fc.uniqueArray(fc.tuple(fc.constantFrom(100, 101), node, fc.uniqueArray(name)), {
    selector: ([vmid]) => vmid,
  });
  const tables = fc.array(fc.tuple(fc.constantFrom(1000, 1001, 77), name, node, fc.constantFrom(100, 101)));
  fc.assert(
    fc.property(guests, tables, (listed, table) => {
      const given = listed.map(([vmid, at, names]) => read(vmid, at, ...names));
      const rows = table.map(([machine, ...rest], index) => row(index + 1, machine, ...rest));
      const { settled, taken, missing } = settleSnapshots(given, rows, new Set([77]), { own: [], foreign: [] });
      expect(settled.length + taken.length).toBe(given.reduce((sum, { snapshots }) => sum + snapshots.length, 0));
      const used = [...settled.flatMap(({ row: id }) => id ?? []), ...missing.map(({ row: { id } }) => id)];
      expect(new Set(used).size).toBe(used.length);
      for (const { guest, row: id } of settled)
        expect([guest.vm.id, 77]).toContain(rows.find((each) => each.id === id)?.machine.id ?? guest.vm.id);
      for (const { guest, row: each } of missing) expect(each.machine.id).toBe(guest.vm.id);
    }),
  );
});

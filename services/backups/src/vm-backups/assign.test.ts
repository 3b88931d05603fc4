import { describe, expect, test } from "bun:test";
import { SyncOptions } from "@proxbox/contracts/sync-options";
import type { Estate } from "@proxbox/estate/estates";
import { type Backup, backupOf } from "@proxbox/proxmox/resources/backups";
import { Value } from "@sinclair/typebox/value";
import fc from "fast-check";
import { assignBackups, keyOf, wantedMachines } from "./assign.ts";
import type { BackupRow } from "./facts.ts";

const machines = [
  { vm: { id: 1, name: "web" }, vmid: 100, type: "qemu" },
  { vm: { id: 2, name: "dns" }, vmid: 101, type: "lxc" },
  { vm: { id: 3, name: "old dns" }, vmid: 101, type: "qemu" },
] as Estate["machines"];
const dump = (type: string, vmid: number, more = {}) =>
  backupOf({ volid: `local:backup/vzdump-${type}-${vmid}-2024_01_02-03_04_05.tar`, ...more }, "local") as Backup;
const row = (id: number, machine: number, volid: string | null): BackupRow => ({
  id,
  machine,
  volid,
  storage: "local",
});
const names = ({ own }: ReturnType<typeof assignBackups>) => own.map(({ machine, row }) => [machine.name, row]);

describe("wantedMachines", () => {
  const defaults = Value.Default(SyncOptions, {}) as SyncOptions;
  const guests = [{ vmid: 100, type: "qemu", vm: { id: 1 } }];
  const estate = { chunks: [{ key: "100-1", guests }], machines } as unknown as Estate;
  test.each<[string, Partial<SyncOptions>, number[]]>([
    ["all, those of guests that are gone too", {}, [1, 2, 3]],
    ["those that were asked for", { netbox_vm_ids: [2] }, [2]],
    ["those that were asked for by number, former ones too", { vmids: [101] }, [2, 3]],
    ["those that the sync modes let in", { sync_mode_vm_template: "disabled" }, [1]],
    ["those that are only made count as always", { sync_mode_vm: "bootstrap_only" }, [1, 2, 3]],
  ])("%s", (_, options, ids) =>
    expect(wantedMachines(estate, { ...defaults, ...options }).map(({ vm }) => vm.id)).toEqual(ids),
  );

  test("none when neither machines nor templates are synchronised", () => {
    const off = { ...defaults, sync_mode_vm: "disabled", sync_mode_vm_template: "disabled" } as const;
    expect(wantedMachines({ ...estate, chunks: [] }, off)).toEqual([]);
  });
});

describe("assignBackups", () => {
  test("by vmid and type: a guest that was made anew as a container is another", () => {
    const seen = [dump("qemu", 100), dump("lxc", 101), dump("qemu", 101)];
    expect(names(assignBackups(seen, machines, []))).toEqual([
      ["web", null],
      ["dns", null],
      ["old dns", null],
    ]);
  });

  test("a backup that does not say its type goes to the only machine of its vmid, never to one of two", () => {
    const seen = [100, 101].map(
      (vmid) => backupOf({ volid: `local:backup/hand-made-${vmid}`, vmid }, "local") as Backup,
    );
    const assigned = assignBackups(seen, machines, []);
    expect(names(assigned)).toEqual([["web", null]]);
    expect(assigned.ownerless.map(({ name }) => name)).toEqual(["1 backup of vmid 101"]);
  });

  test("a row is found by machine and volume; another machine's row of the same volume is another", () => {
    const backup = dump("qemu", 100);
    expect(names(assignBackups([backup], machines, [row(8, 3, backup.volid), row(9, 1, backup.volid)]))).toEqual([
      ["web", 9],
    ]);
  });

  test("of two rows of one backup the older counts, and the other is told of", () => {
    const backup = dump("qemu", 100);
    const assigned = assignBackups([backup], machines, [row(9, 1, backup.volid), row(5, 1, backup.volid)]);
    expect(names(assigned)).toEqual([["web", 5]]);
    expect(assigned.doubles).toMatchObject([{ id: 9, outcome: "skipped", reason: expect.stringContaining("row 5") }]);
  });

  test("a volume id longer than NetBox keeps is known by what it keeps", () => {
    const long = `pbs:backup/ns/${"é".repeat(300)}/vm/100/2024-01-02T03:04:05Z`;
    const backup = backupOf({ volid: long }, "pbs") as Backup;
    expect(names(assignBackups([backup], machines, [row(9, 1, [...long].slice(0, 255).join(""))]))).toEqual([
      ["web", 9],
    ]);
  });

  test("rows without a volume id stand in nobody's way", () => {
    expect(names(assignBackups([dump("qemu", 100)], machines, [row(1, 1, null), row(2, 1, null)]))).toEqual([
      ["web", null],
    ]);
  });

  test("the same volume on two nodes is kept once and told of", () => {
    const assigned = assignBackups([dump("qemu", 100), dump("qemu", 100, { size: 1 })], machines, []);
    expect(names(assigned)).toEqual([["web", null]]);
    expect(assigned.own[0]?.backup.size).toBeNull();
    expect(assigned.doubles).toHaveLength(1);
  });

  test("guests without a machine get one remark each", () => {
    const seen = [
      dump("qemu", 900),
      dump("lxc", 900),
      dump("qemu", 901),
      backupOf({ volid: "local:backup/x" }, "local") as Backup,
    ];
    expect(assignBackups(seen, machines, []).ownerless.map(({ name }) => name)).toEqual([
      "2 backups of vmid 900",
      "1 backup of vmid 901",
      "1 backup of no guest",
    ]);
  });
});

test("whatever a storage shows: nothing is lost, nothing is kept twice, and no row is taken from another machine", () => {
  const volid = fc.oneof(
    fc.constantFrom(...[100, 101, 900].flatMap((vmid) => [dump("qemu", vmid).volid, dump("lxc", vmid).volid])),
    fc.string({ minLength: 1, unit: "grapheme" }),
  );
  const shown = fc.array(fc.record({ volid, vmid: fc.constantFrom(undefined, 100, 101, "101", 900) }));
  const table = fc.array(fc.tuple(fc.constantFrom(1, 2, 3, 50), fc.option(volid)));
  fc.assert(
    fc.property(shown, table, (seen, stored) => {
      const listed = seen.flatMap((each) => backupOf({ ...each }, "local") ?? []);
      const rows = stored.map(([machine, volume], index) => row(index + 1, machine, volume));
      const { own, ownerless, doubles } = assignBackups(listed, machines, rows);
      const keys = own.map(({ machine, backup }) => keyOf(machine.id, backup.volid));
      expect(new Set(keys).size).toBe(keys.length);
      const without = ownerless.reduce((sum, { name }) => sum + Number.parseInt(name, 10), 0);
      const twice = doubles.filter(({ id }) => id === undefined).length;
      expect(own.length + without + twice).toBe(listed.length);
      for (const { machine, backup, row: id } of own) {
        const taken = id === null ? null : rows[id - 1];
        if (taken) expect(keyOf(taken.machine, taken.volid)).toBe(keyOf(machine.id, backup.volid));
      }
    }),
  );
});

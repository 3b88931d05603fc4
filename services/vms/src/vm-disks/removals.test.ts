import { expect, test } from "bun:test";
import type { EstateGuest } from "@proxbox/estate/estates";
import { parseDisks } from "@proxbox/proxmox/parse/disk";
import type { DiskRow, GuestDisks } from "./facts.ts";
import { judgeGoneDisks } from "./removals.ts";

const size = "local:vm-100-disk-0,size=1G";
const read = (vm: number, config: Record<string, string>): GuestDisks => ({
  guest: { vmid: 100, template: false, vm: { id: vm, name: `vm${vm}` } as EstateGuest["vm"] },
  disks: parseDisks(config),
  keys: Object.keys(config),
});
const row = (id: number, vm: number, name: string, ours = true): DiskRow => ({ id, vm, name, ours });

test.each<[string, GuestDisks[], DiskRow[], number[]]>([
  ["a disk that is no longer configured", [read(1, { scsi0: size })], [row(1, 1, "scsi0"), row(2, 1, "scsi1")], [2]],
  ["one of an operator stays", [read(1, { scsi0: size })], [row(1, 1, "scsi0"), row(2, 1, "backup", false)], []],
  ["a configuration without any disk proves nothing", [read(1, { name: "x" })], [row(1, 1, "scsi0")], []],
  [
    "a key that is there as something else keeps its row",
    [read(1, { scsi0: size, scsi1: "/dev/sdb" })],
    [row(1, 1, "scsi0"), row(2, 1, "scsi1")],
    [],
  ],
  [
    "a guest that was not read keeps its disks",
    [read(1, { scsi0: size })],
    [row(1, 1, "scsi0"), row(2, 2, "scsi1")],
    [],
  ],
])("%s", (_, guests, rows, gone) => {
  const verdict = judgeGoneDisks(guests, rows, { max_deletions: 20 });
  expect(verdict.gone.map(({ id }) => id)).toEqual(gone);
  expect(verdict.kept).toEqual([]);
});

test("more than the cap: none goes, each is told", () => {
  const rows = [row(1, 1, "scsi0"), row(2, 1, "scsi1"), row(3, 1, "scsi2")];
  const { gone, kept } = judgeGoneDisks([read(1, { scsi0: size })], rows, { max_deletions: 1 });
  expect(gone).toEqual([]);
  expect(kept.map(({ name, reason }) => [name, reason])).toEqual([
    ["vm1 (vmid 100) scsi1", expect.stringContaining("would be deleted")],
    ["vm1 (vmid 100) scsi2", expect.stringContaining("would be deleted")],
  ]);
});

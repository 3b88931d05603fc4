import { expect, test } from "bun:test";
import type { EstateGuest } from "@proxbox/estate/estates";
import { parseDisks } from "@proxbox/proxmox/parse/disk";
import type { DiskRow, GuestDisks } from "./facts.ts";
import { findGoneDisks, judgeGoneDisks } from "./removals.ts";

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
  const census = findGoneDisks(guests, rows);
  expect(census.gone.map(({ id }) => id)).toEqual(gone);
  const verdict = judgeGoneDisks([census], { max_deletions: 20 });
  expect(verdict.gone.map(({ id }) => id)).toEqual(gone);
  expect(verdict.kept).toEqual([]);
});

test("more than the cap in all chunks together: none goes, each is told", () => {
  const censuses = [1, 2].map((vm) =>
    findGoneDisks([read(vm, { scsi0: size })], [row(10 * vm, vm, "scsi0"), row(10 * vm + 1, vm, "scsi1")]),
  );
  expect(judgeGoneDisks(censuses, { max_deletions: 2 }).gone.map(({ id }) => id)).toEqual([11, 21]);
  const { gone, kept } = judgeGoneDisks(censuses, { max_deletions: 1 });
  expect(gone).toEqual([]);
  const reason = "would be deleted, but 2 are concerned and at most 1 may be";
  expect(kept.map(({ name, reason }) => [name, reason])).toEqual([
    ["vm1 (vmid 100) scsi1", reason],
    ["vm2 (vmid 100) scsi1", reason],
  ]);
});

test("most of what an endpoint's guests had at once: none goes, though half of one guest's may", () => {
  const rows = (vm: number, count: number) =>
    Array.from({ length: count }, (_, index) => row(10 * vm + index, vm, `scsi${index}`));
  const lost = findGoneDisks([read(1, { scsi0: size })], rows(1, 6));
  const whole = findGoneDisks([read(2, { scsi0: size, scsi1: size, scsi2: size, scsi3: size })], rows(2, 4));
  expect(judgeGoneDisks([lost], { max_deletions: 20 })).toMatchObject({ gone: [], kept: Array(5).fill({}) });
  expect(judgeGoneDisks([lost, whole], { max_deletions: 20 }).gone).toHaveLength(5);
});

test("disks that took the place of others count: the verdict is the same before and after NetBox has them", () => {
  const guests = [read(1, Object.fromEntries([0, 1, 2, 3, 4].map((index) => [`virtio${index}`, size])))];
  const former = [0, 1, 2, 3, 4].map((index) => row(index, 1, `scsi${index}`));
  const latter = [0, 1, 2, 3, 4].map((index) => row(10 + index, 1, `virtio${index}`));
  for (const rows of [former, [...former, ...latter]])
    expect(judgeGoneDisks([findGoneDisks(guests, rows)], { max_deletions: 20 }).gone).toHaveLength(5);
});

import { describe, expect, test } from "bun:test";
import { type Backup, backupOf } from "@proxbox/proxmox/resources/backups";
import type { BackupRow } from "./facts.ts";
import { type BackupEvidence, judgeBackups, namelessRows } from "./removals.ts";

const machine = { id: 1, name: "web", vmid: 100 };
const machines = new Map([[1, machine]]);
const volid = (day: number, storage = "local") => `${storage}:backup/vzdump-qemu-100-2024_01_0${day}-03_04_05.vma.zst`;
const row = (id: number, volume: string | null, more: Partial<BackupRow> = {}): BackupRow => ({
  id,
  machine: 1,
  volid: volume,
  storage: "local",
  ...more,
});
const own = (volume: string) => ({ backup: backupOf({ volid: volume }, "local") as Backup, machine, row: null });
const evidence = (more: Partial<BackupEvidence> = {}): BackupEvidence => ({
  own: [own(volid(1))],
  storages: new Map([["local", null]]),
  gaps: [],
  option: { name: "delete_nonexistent_backup", on: true },
  ...more,
});
const days = (...numbers: number[]) => numbers.map((day) => row(day, volid(day)));

const cases: { what: string; rows: BackupRow[]; evidence?: Partial<BackupEvidence>; gone: number[]; kept: RegExp[] }[] =
  [
    { what: "nothing is gone", rows: days(1), gone: [], kept: [] },
    { what: "one is gone", rows: days(1, 2), gone: [2], kept: [] },
    {
      what: "without the option nothing is deleted",
      rows: days(1, 2),
      evidence: { option: { name: "delete_nonexistent_backup", on: false } },
      gone: [],
      kept: [/delete_nonexistent_backup is off/],
    },
    {
      what: "rows of machines that are not of this endpoint are nobody's business",
      rows: [row(2, volid(2), { machine: 5 })],
      gone: [],
      kept: [],
    },
    {
      what: "a storage that could not be read",
      rows: days(1, 2),
      evidence: { storages: new Map([["local", "storage local could not be read"]]) },
      gone: [],
      kept: [/could not be read/],
    },
    {
      what: "a storage that is gone or hidden, and only that one",
      rows: [...days(1, 2), row(3, volid(3, "nas"), { storage: "nas" })],
      gone: [2],
      kept: [/storage nas holds no backups any more/],
    },
    {
      what: "a token that may not see every backup",
      rows: days(1, 2),
      evidence: { gaps: ["VM.Backup is missing or does not propagate on /vms."] },
      gone: [],
      kept: [/VM\.Backup is missing/],
    },
    {
      what: "a volume id that tells no guest is protected, and what is beside it is not",
      rows: [...days(1, 2), row(3, "local:backup/hand-made")],
      gone: [2],
      kept: [/volume id is none of a guest's backup/],
    },
    {
      what: "most of what was known vanished at once",
      rows: days(1, 2, 3, 4, 5),
      gone: [],
      kept: Array(4).fill(/only 1 of 5/),
    },
    {
      what: "as many came as are gone, and NetBox does not have them yet",
      rows: days(1, 2, 3, 4, 5),
      evidence: { own: [6, 7, 8, 9].map((day) => own(volid(day))) },
      gone: [],
      kept: Array(5).fill(/only 4 of 9/),
    },
    {
      what: "the same after one more came",
      rows: days(1, 2, 3, 4),
      evidence: { own: [6, 7, 8, 9].map((day) => own(volid(day))) },
      gone: [1, 2, 3, 4],
      kept: [],
    },
    {
      what: "the same volume of another machine is not this one",
      rows: [row(2, volid(1), { machine: 1 })],
      evidence: { own: [] },
      gone: [2],
      kept: [],
    },
    { what: "rows without a volume id are left alone", rows: [...days(1), row(9, null)], gone: [], kept: [] },
  ];

describe("judgeBackups", () => {
  for (const { what, rows, evidence: more, gone, kept } of cases) {
    test(what, () => {
      const verdict = judgeBackups(rows, machines, evidence(more));
      expect(verdict.gone.map(({ id }) => id)).toEqual(gone);
      expect(verdict.kept).toHaveLength(kept.length);
      for (const [index, reason] of kept.entries()) expect(verdict.kept[index]?.reason).toMatch(reason);
    });
  }
});

test("rows without a volume id are told of, those of our machines", () => {
  expect(namelessRows([row(9, null), row(8, null, { machine: 5 }), ...days(1)], machines)).toMatchObject([
    { id: 9, outcome: "skipped", name: "web (vmid 100) backup without a volume id" },
  ]);
});

import { describe, expect, test } from "bun:test";
import { type BackupJob, backupJobOf } from "@proxbox/proxmox/resources/backup-jobs";
import { desiredRoutine, type RoutinePlace, type RoutineRow, staleRoutines } from "./desired.ts";

const place: RoutinePlace = {
  cluster: "pve",
  endpoint: 2,
  nodes: { pve1: 11, pve2: null },
  storages: { nas: 3, ssd: 4 },
};
const desired = (row: Record<string, unknown>, covered = [100]) =>
  desiredRoutine({ job: backupJobOf({ id: "backup-1", ...row }) as BackupJob, covered }, place);
const nothingKept = { keep_last: null, keep_daily: null, keep_weekly: null, keep_monthly: null, keep_yearly: null };

describe("desiredRoutine", () => {
  const cases: { what: string; row: Record<string, unknown>; values: Record<string, unknown> }[] = [
    {
      what: "what is left out is its default or cleared",
      row: {},
      values: {
        enabled: true,
        schedule: "",
        comment: "",
        notes_template: "",
        node: null,
        storage: null,
        ...nothingKept,
        keep_all: null,
        bwlimit: null,
        fleecing: "",
        fleecing_storage: null,
        repeat_missed: null,
        pbs_change_detection_mode: "",
        status: "active",
      },
    },
    {
      what: "what Proxmox says, texts for numbers included",
      row: {
        enabled: "0",
        schedule: "mon..fri 02:00",
        comment: "nightly",
        "notes-template": "{{guestname}}",
        node: "pve1",
        storage: "nas",
        bwlimit: "1024",
        zstd: 4,
        "repeat-missed": 1,
        "pbs-change-detection-mode": "metadata",
        fleecing: "1,storage=ssd",
        performance: "max-workers=8",
      },
      values: {
        enabled: false,
        schedule: "mon..fri 02:00",
        comment: "nightly",
        notes_template: "{{guestname}}",
        node: { kind: "proxmox-node", id: 11 },
        storage: { kind: "storage", id: 3 },
        bwlimit: 1024,
        zstd: 4,
        io_workers: 8,
        repeat_missed: true,
        pbs_change_detection_mode: "metadata",
        fleecing: "enabled=1,storage=ssd",
        fleecing_storage: { kind: "storage", id: 4 },
      },
    },
    {
      what: "retention, whose hourly rule the plugin has no field for",
      row: { "prune-backups": "keep-last=3,keep-daily=7,keep-hourly=5" },
      values: { ...nothingKept, keep_last: 3, keep_daily: 7, keep_all: null },
    },
    { what: "keep-all=1", row: { "prune-backups": "keep-all=1" }, values: { ...nothingKept, keep_all: true } },
    { what: "keep-all", row: { "prune-backups": "keep-all" }, values: { keep_all: true } },
    { what: "keep-all of 0", row: { "prune-backups": { "keep-all": 0 } }, values: { keep_all: false } },
    { what: "a node that the plugin does not know", row: { node: "pve2" }, values: { node: null } },
    { what: "a storage that the plugin does not know", row: { storage: "tape" }, values: { storage: null } },
  ];
  for (const { what, row, values } of cases) test(what, () => expect(desired(row).values).toMatchObject(values));

  test("what moves by itself is nowhere in it", () => {
    const { values } = desired({ schedule: "daily", "next-run": 1704164645, digest: "abc" });
    expect(values).not.toHaveProperty("next_run");
    expect(values.raw_config).toEqual({ id: "backup-1", schedule: "daily" });
  });

  test("the plugin takes no empty selection: 0 stands for none, and that is said", () => {
    expect(desired({ all: 1 }, [100, 101])).toMatchObject({ values: { selection: [100, 101] } });
    expect(desired({ all: 1 })).not.toHaveProperty("note");
    expect(desired({ pool: "empty" }, [])).toMatchObject({
      values: { selection: [0] },
      note: expect.stringMatching(/no guest/),
    });
  });

  test("it stands under its endpoint, and an operator's tags stay", () => {
    expect(desired({})).toMatchObject({
      identity: { endpoint: { kind: "proxmox-endpoint", id: 2 }, job_id: "backup-1" },
      tags: { add: ["proxbox"] },
      label: "pve/backup-1",
    });
  });
});

describe("staleRoutines", () => {
  const row = (id: number, job: string, more: Partial<RoutineRow> = {}): RoutineRow => ({
    id,
    job,
    endpoint: 2,
    active: true,
    selects: true,
    ...more,
  });
  const job = { job: backupJobOf({ id: "there" }) as BackupJob, covered: [] };
  test.each<[string, RoutineRow[], number[]]>([
    ["one that is listed", [row(1, "there")], []],
    ["one that is gone", [row(1, "there"), row(2, "gone")], [2]],
    ["another endpoint's", [row(2, "gone", { endpoint: 3 })], []],
    ["one that is marked already", [row(2, "gone", { active: false })], []],
  ])("%s", (_, rows, ids) => expect(staleRoutines(rows, [job], place).map(({ id }) => id)).toEqual(ids));

  test("the last one too, and nothing but its status is touched", () => {
    expect(staleRoutines([row(1, "there")], [], place).map(({ values }) => values)).toEqual([{ status: "stale" }]);
  });

  test("one that selects nothing gets what NetBox wants before it takes any change", () => {
    const [stale] = staleRoutines([row(1, "gone", { selects: false })], [], place);
    expect(stale?.values).toEqual({ status: "stale", selection: [0] });
  });
});

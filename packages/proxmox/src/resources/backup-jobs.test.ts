import { expect, test } from "bun:test";
import { backupJobOf } from "./backup-jobs.ts";

const plain = {
  id: "backup-1",
  enabled: true,
  schedule: "",
  nextRun: null,
  comment: "",
  notesTemplate: "",
  node: null,
  storage: null,
  all: false,
  exclude: [],
  pool: null,
  selection: [],
  retention: { last: null, hourly: null, daily: null, weekly: null, monthly: null, yearly: null, all: null },
  bwlimit: null,
  zstd: null,
  ioWorkers: null,
  fleecing: "",
  fleecingStorage: null,
  repeatMissed: null,
  changeDetection: "",
  mode: null,
  compress: null,
};

test("a job with everything", () => {
  const row = {
    id: "backup-1",
    type: "vzdump",
    enabled: "0",
    schedule: "sat 02:00",
    "next-run": 1_704_164_645,
    comment: "Nightly\n",
    "notes-template": "{{guestname}}",
    node: "pve1",
    storage: "pbs",
    vmid: "100,101",
    "prune-backups": { "keep-last": "3", "keep-daily": 7 },
    bwlimit: "1024",
    zstd: 0,
    performance: "max-workers=4",
    fleecing: "enabled=1,storage=local-lvm",
    "repeat-missed": 1,
    "pbs-change-detection-mode": "metadata",
    mode: "snapshot",
    compress: "zstd",
    digest: "0f",
  };
  const { "next-run": _, digest: __, ...raw } = row;
  expect(backupJobOf(row)).toEqual({
    ...plain,
    enabled: false,
    schedule: "sat 02:00",
    nextRun: "2024-01-02T03:04:05Z",
    comment: "Nightly",
    notesTemplate: "{{guestname}}",
    node: "pve1",
    storage: "pbs",
    selection: [100, 101],
    retention: { ...plain.retention, last: 3, daily: 7 },
    bwlimit: 1024,
    zstd: 0,
    ioWorkers: 4,
    fleecing: "enabled=1,storage=local-lvm",
    fleecingStorage: "local-lvm",
    repeatMissed: true,
    changeDetection: "metadata",
    mode: "snapshot",
    compress: "zstd",
    raw,
  });
});

test.each([
  [{}, {}],
  [
    { all: 1, exclude: "100;101" },
    { all: true, exclude: [100, 101] },
  ],
  [{ pool: "customers" }, { pool: "customers" }],
  [{ vmid: 100 }, { selection: [100] }],
  [{ dow: "mon,sat", starttime: "02:00" }, { schedule: "mon,sat 02:00" }],
  [{ maxfiles: "5" }, { retention: { ...plain.retention, last: 5 } }],
  [{ fleecing: "1" }, { fleecing: "enabled=1" }],
  [{ fleecing: { storage: "x", enabled: true } }, { fleecing: "enabled=1,storage=x", fleecingStorage: "x" }],
  [{ performance: { "max-workers": 8 } }, { ioWorkers: 8 }],
  [{ bwlimit: -1 }, { bwlimit: null }],
])("%p", (row, job) => expect(backupJobOf({ id: "backup-1", ...row })).toMatchObject({ ...plain, ...job }));

test("a row without id is no job", () => expect(backupJobOf({ schedule: "sat" })).toBeNull());

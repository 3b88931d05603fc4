import { estateTime } from "./build-snapshots.ts";
import type { EstateGuest, Row } from "./estate.ts";
import { type Random, seededRandom, seedOf } from "./random.ts";

/** Scheduled backups, in every form that GET /cluster/backup gives: selections, retentions, notes, options. */
export function buildBackupJobs(vmids: readonly number[], nodes: readonly string[]): Row[] {
  const [first = 100, second = 101] = vmids;
  const [node] = nodes;
  return [
    {
      id: "backup-nightly",
      type: "vzdump",
      enabled: 1,
      schedule: "21:00",
      "next-run": estateTime + 32_400,
      vmid: `${first},${second}`,
      storage: "pbs",
      mode: "snapshot",
      "prune-backups": { "keep-last": "3", "keep-daily": 7, "keep-hourly": "5" },
      comment: "Nächtliche Sicherung – Kunden 🌙",
      "notes-template": "{{guestname}} auf {{node}} – {{vmid}}",
      fleecing: { enabled: 1, storage: "local-lvm" },
      "pbs-change-detection-mode": "metadata",
      "repeat-missed": 1,
    },
    {
      id: "backup-all",
      type: "vzdump",
      enabled: "1",
      schedule: "sun 01:00",
      all: 1,
      exclude: `${second}`,
      storage: "nfs-backup",
      mode: "stop",
      compress: "zstd",
      zstd: "2",
      bwlimit: "51200",
      "prune-backups": "keep-last=3,keep-daily=7,keep-weekly=4,keep-monthly=6,keep-yearly=1",
      comment: `${"A comment that is longer than anyone expects. ".repeat(12)}`,
    },
    {
      id: "backup-pool",
      type: "vzdump",
      enabled: 0,
      schedule: "*/6:00",
      pool: "customers",
      storage: "nfs-backup",
      "prune-backups": { "keep-all": 1 },
      ...(node === undefined ? {} : { node }),
      performance: { "max-workers": "16" },
    },
    {
      id: "f3a1b2c4-manual",
      type: "vzdump",
      vmid: `${first}`,
      storage: "local",
      "prune-backups": "keep-all=0,keep-last=2",
    },
    {
      id: "backup-keep-everything",
      type: "vzdump",
      schedule: "mon..fri 02:30",
      vmid: first,
      "prune-backups": "keep-all=1",
    },
  ];
}

/** Replications of some guests to the other nodes of their cluster. */
export function buildReplications(seed: number, guests: Iterable<EstateGuest>, nodes: readonly string[]): Row[] {
  const rows: Row[] = [];
  for (const { vmid, node } of guests) {
    const random = seededRandom(seedOf(seed, vmid, 5));
    if (!random.chance(0.1)) continue;
    const targets = nodes.filter((name) => name !== node).slice(0, random.integer(1, 2));
    for (const [jobnum, target] of targets.entries()) rows.push(replicationOf(random, vmid, jobnum, node, target));
  }
  return rows;
}

/** A replication job of a guest. */
export function replicationOf(random: Random, vmid: number, jobnum: number, source: string, target: string): Row {
  return {
    id: `${vmid}-${jobnum}`,
    guest: random.pick<number | string>([vmid, `${vmid}`]),
    jobnum: random.pick<number | string>([jobnum, `${jobnum}`]),
    type: "local",
    target,
    source,
    ...(random.chance(0.6) ? { schedule: random.pick(["*/15", "mon..fri 22:00", "*/5"]) } : {}),
    ...(random.chance(0.3) ? { rate: random.pick<number | string>(["10.5", 25]) } : {}),
    ...(random.chance(0.3) ? { comment: "In den zweiten Brandabschnitt – täglich" } : {}),
    ...(random.chance(0.2) ? { disable: 1 } : {}),
    ...(random.chance(0.05) ? { remove_job: "full" } : {}),
  };
}

import type { ProxmoxClient } from "../client.ts";
import { badListing } from "../failures.ts";
import { instantOf } from "../parse/instant.ts";
import { parsePropertyString } from "../parse/property-string.ts";
import { parsePrune, type Retention } from "../parse/prune.ts";
import { parseRow, parseRows, type Row } from "../parse/rows.ts";
import { parseFlag, parseInteger, parseText } from "../parse/scalars.ts";
import { parseVmids } from "../parse/selection.ts";

/** A scheduled backup; "" or null for what it leaves out. */
export type BackupJob = {
  id: string;
  enabled: boolean;
  schedule: string;
  /** When it runs next (ISO 8601, UTC); it moves with every run of the job. */
  nextRun: string | null;
  comment: string;
  notesTemplate: string;
  /** The one node it runs on; null: on all. */
  node: string | null;
  storage: string | null;
  /** Whether it takes all guests but those excluded. */
  all: boolean;
  exclude: number[];
  /** The pool whose guests it takes. */
  pool: string | null;
  /** The guests it names. */
  selection: number[];
  retention: Retention;
  /** KiB/s. */
  bwlimit: number | null;
  zstd: number | null;
  ioWorkers: number | null;
  /** `enabled=1,storage=local`, keys in alphabetical order. */
  fleecing: string;
  fleecingStorage: string | null;
  repeatMissed: boolean | null;
  changeDetection: string;
  mode: string | null;
  compress: string | null;
  /** The whole job as Proxmox gave it, without what moves by itself. */
  raw: Record<string, unknown>;
};

/** Reads the scheduled backups of a cluster (GET /cluster/backup), by id. Throws ProxmoxAPIError as the client does. */
export async function readBackupJobs(client: ProxmoxClient, signal: AbortSignal): Promise<BackupJob[]> {
  const data = await client.get("/cluster/backup", { signal });
  if (!Array.isArray(data)) throw badListing(client.name, "/cluster/backup");
  const jobs = parseRows(data).flatMap((row) => backupJobOf(row) ?? []);
  return jobs.sort((left, right) => (left.id < right.id ? -1 : 1));
}

/** One row of GET /cluster/backup; null when it has no id. Pure. */
export function backupJobOf(row: Row): BackupJob | null {
  const id = parseText(row.id)?.trim();
  if (!id) return null;
  const fleecing = propertiesOf(row.fleecing, "enabled");
  const performance = propertiesOf(row.performance, "max-workers");
  const { "next-run": nextRun, digest: _, ...raw } = row;
  return {
    id,
    enabled: parseFlag(row.enabled) ?? true,
    schedule: parseText(row.schedule)?.trim() ?? oldSchedule(row),
    nextRun: instantOf(nextRun),
    comment: parseText(row.comment)?.trim() ?? "",
    notesTemplate: parseText(row["notes-template"]) ?? "",
    node: parseText(row.node),
    storage: parseText(row.storage),
    all: parseFlag(row.all) ?? false,
    exclude: parseVmids(row.exclude),
    pool: parseText(row.pool),
    selection: parseVmids(row.vmid),
    retention: parsePrune(row["prune-backups"] ?? { maxfiles: row.maxfiles }),
    bwlimit: countOf(row.bwlimit),
    zstd: countOf(row.zstd),
    ioWorkers: countOf(row.io_workers ?? performance["max-workers"]),
    fleecing: Object.entries(fleecing)
      .map(([key, value]) => `${key}=${value}`)
      .sort()
      .join(","),
    fleecingStorage: parseText(fleecing.storage),
    repeatMissed: parseFlag(row["repeat-missed"]),
    changeDetection: parseText(row["pbs-change-detection-mode"]) ?? "",
    mode: parseText(row.mode),
    compress: parseText(row.compress),
    raw,
  };
}

/** Jobs made before Proxmox VE 7.1 have days and a time: `mon,sat` and `02:00`. */
function oldSchedule(row: Row): string {
  return [parseText(row.dow), parseText(row.starttime)].filter((part) => part !== null).join(" ");
}

function countOf(value: unknown): number | null {
  const count = parseInteger(value);
  return count !== null && count >= 0 ? count : null;
}

/** A property string, also when a server sends it as an object; `lead` is the key of the value that has none. */
function propertiesOf(value: unknown, lead: string): Record<string, string> {
  const row = parseRow(value);
  if (row) {
    const entries = Object.entries(row).map(([key, part]) => [key, typeof part === "boolean" ? Number(part) : part]);
    return Object.fromEntries(entries.map(([key, part]) => [key, String(part)]));
  }
  if (typeof value !== "string") return {};
  const parsed = parsePropertyString(value);
  return { ...(parsed.lead === null ? {} : { [lead]: parsed.lead }), ...parsed.properties };
}

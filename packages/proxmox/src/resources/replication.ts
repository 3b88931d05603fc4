import type { ProxmoxClient } from "../client.ts";
import { badListing } from "../failures.ts";
import { parseRows, type Row } from "../parse/rows.ts";
import { parseFlag, parseInteger, parseNumber, parseText } from "../parse/scalars.ts";

/** A replication of a guest's disks to another node. */
export type ReplicationJob = {
  /** `<vmid>-<number>`. */
  id: string;
  guest: number;
  /** Counts from 0 for each guest. */
  jobnum: number;
  target: string;
  type: string;
  schedule: string;
  /** MB/s; null: no limit. */
  rate: number | null;
  comment: string;
  disabled: boolean;
  /** The node it copies from, where Proxmox says. */
  source: string | null;
  /** Set while it is being removed. */
  removeJob: "local" | "full" | null;
  /** The whole job as Proxmox gave it. */
  raw: Record<string, unknown>;
};

/** What Proxmox VE 9.2 takes when a job has no schedule. */
const defaultSchedule = "*/15";

/** Reads the replication jobs of a cluster (GET /cluster/replication), of the guests we may see. Throws ProxmoxAPIError. */
export async function readReplications(client: ProxmoxClient, signal: AbortSignal): Promise<ReplicationJob[]> {
  const data = await client.get("/cluster/replication", { signal });
  if (!Array.isArray(data)) throw badListing(client.name, "/cluster/replication");
  return parseRows(data).flatMap((row) => replicationOf(row) ?? []);
}

/** One row of GET /cluster/replication; null when it names no guest or no target. Pure. */
export function replicationOf(row: Row): ReplicationJob | null {
  const id = parseText(row.id)?.trim();
  const [, guestOfId, numberOfId] = /^(\d+)-(\d+)$/.exec(id ?? "") ?? [];
  const guest = parseInteger(row.guest ?? guestOfId);
  const jobnum = parseInteger(row.jobnum ?? numberOfId);
  const target = parseText(row.target);
  if (!id || guest === null || guest < 1 || jobnum === null || jobnum < 0 || !target) return null;
  const { digest: _, ...raw } = row;
  return {
    id,
    guest,
    jobnum,
    target,
    type: parseText(row.type) ?? "local",
    schedule: parseText(row.schedule)?.trim() ?? defaultSchedule,
    rate: parseNumber(row.rate),
    comment: parseText(row.comment)?.trim() ?? "",
    disabled: parseFlag(row.disable) ?? false,
    source: parseText(row.source),
    removeJob: row.remove_job === "local" || row.remove_job === "full" ? row.remove_job : null,
    raw,
  };
}

import type { ObjectOutcome } from "@proxbox/contracts/messages";
import type { Desired } from "@proxbox/netbox/desired";
import type { ReplicationJob } from "@proxbox/proxmox/resources/replication";
import { labelOf, type Machine, type OwnReplication, type ReplicationRow } from "./facts.ts";

/** Whose the jobs are, and those whose guest has no machine. */
export type Settled = { own: OwnReplication[]; without: ReplicationJob[] };

/**
 * Gives every job to the machine of its guest, and to the row that stands for it: by endpoint and id or, where the row has
 * no endpoint or one that is gone, by machine and id. Pure.
 * @param others the plugin's ids of the other endpoints that are configured
 */
export function settleJobs(
  jobs: readonly ReplicationJob[],
  machines: readonly Machine[],
  rows: readonly ReplicationRow[],
  { endpoint, others }: { endpoint: number; others: readonly number[] },
): Settled {
  const byVmid = new Map(machines.map((machine) => [machine.vmid, machine]));
  const byJob = Map.groupBy(rows, ({ job }) => job);
  const isRelic = (row: ReplicationRow) => row.endpoint === null || !others.includes(row.endpoint);
  const settled: Settled = { own: [], without: [] };
  for (const job of jobs) {
    const machine = byVmid.get(job.guest);
    if (!machine) {
      settled.without.push(job);
      continue;
    }
    const same = byJob.get(job.id) ?? [];
    const row =
      same.find((candidate) => candidate.endpoint === endpoint) ??
      same.find((candidate) => isRelic(candidate) && candidate.machine === machine.id);
    settled.own.push({ job, machine, row: row?.id ?? null });
  }
  return settled;
}

/**
 * Judges the rows of an endpoint whose job is gone: they are marked as stale, never deleted, and only when nothing may be
 * hidden. Pure.
 * @param only ids of the machines that were asked for; null: all
 */
export function judgeStale(
  rows: readonly ReplicationRow[],
  jobs: readonly ReplicationJob[],
  { endpoint, machines, gaps, only }: StaleEvidence,
): { stale: Desired[]; kept: ObjectOutcome[] } {
  const listed = new Set(jobs.map(({ id }) => id));
  const names = new Map(machines.map((machine) => [machine.id, machine]));
  const verdict: { stale: Desired[]; kept: ObjectOutcome[] } = { stale: [], kept: [] };
  for (const { id, job, machine, active, endpoint: own } of rows) {
    if (own !== endpoint || !active || listed.has(job) || !(only?.has(machine) ?? true)) continue;
    const known = names.get(machine);
    const label = known ? labelOf(known, job) : job;
    if (gaps.length > 0) {
      const reason = `would be marked as stale, but ${gaps.join(" ")}`;
      verdict.kept.push({ kind: "replication", name: label, id, outcome: "skipped", reason });
    } else {
      const note = "Its job is gone from Proxmox.";
      verdict.stale.push({ kind: "replication", id, identity: {}, values: { status: "stale" }, label, note });
    }
  }
  return verdict;
}

/** What has to be known before a row may be marked: `gaps` says why jobs may be hidden. */
export type StaleEvidence = {
  endpoint: number;
  machines: readonly Machine[];
  gaps: readonly string[];
  only: ReadonlySet<number> | null;
};

/** What is told of jobs whose guest has no machine. Pure. */
export function withoutMachine({ id, guest }: ReplicationJob): ObjectOutcome {
  const reason = `NetBox has no machine for vmid ${guest}, and a replication belongs to one.`;
  return { kind: "replication", name: id, outcome: "skipped", reason };
}

import type { BackupJob } from "@proxbox/proxmox/resources/backup-jobs";
import type { Guest } from "@proxbox/proxmox/resources/listing";

/**
 * The vmids that a job backs up, as Proxmox VE 9.2 works it out: those of its pool, else those it names, else all but the
 * excluded; of a job that is bound to a node only the guests there, unless it names them. Pure.
 */
export function coveredBy(
  job: Pick<BackupJob, "all" | "pool" | "exclude" | "selection" | "node">,
  guests: readonly Pick<Guest, "vmid" | "node" | "pool">[],
): number[] {
  const { pool, node, selection } = job;
  const here = guests.filter((guest) => node === null || guest.node === node);
  if (pool !== null) return vmidsOf(here.filter((guest) => guest.pool === pool));
  if (selection.length > 0) return [...selection];
  if (!job.all && job.exclude.length === 0) return [];
  const excluded = new Set(job.exclude);
  return vmidsOf(here.filter(({ vmid }) => !excluded.has(vmid)));
}

function vmidsOf(guests: readonly Pick<Guest, "vmid">[]): number[] {
  return guests.map(({ vmid }) => vmid).sort((left, right) => left - right);
}

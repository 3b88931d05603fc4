import { type StorageIds, storageRef } from "@proxbox/estate/storage-ids";
import type { Desired, Ref } from "@proxbox/netbox/desired";
import { oursTag } from "@proxbox/netbox/tags";
import type { BackupJob } from "@proxbox/proxmox/resources/backup-jobs";

/** Where an endpoint's routines belong: ids of the plugin's rows, null for a node it does not have. */
export type RoutinePlace = {
  /** Name of the NetBox cluster, for reports. */
  cluster: string;
  endpoint: number;
  nodes: Readonly<Record<string, number | null>>;
  storages: StorageIds;
};

/** A job and the vmids that it covers now. */
export type CoveredJob = { job: BackupJob; covered: number[] };

/** A row of the plugin's table of backup routines. */
export type RoutineRow = {
  id: number;
  endpoint: number;
  job: string;
  active: boolean;
  /** Whether it has a selection. Rows that the plugin wrote itself may have none, and it refuses any change of them. */
  selects: boolean;
};

/** The plugin refuses an empty selection (netbox-proxbox 0.0.29). No guest has the vmid 0. */
const nobody = [0];

/**
 * What the plugin's table of backup routines should hold for one job. Pure. The next run is left out: it moves on by
 * itself, so that every run would find something to write.
 */
export function desiredRoutine({ job, covered }: CoveredJob, place: RoutinePlace): Desired {
  const node = job.node === null ? null : (place.nodes[job.node] ?? null);
  const { retention } = job;
  return {
    kind: "backup-routine",
    identity: { endpoint: { kind: "proxmox-endpoint", id: place.endpoint }, job_id: job.id },
    values: {
      enabled: job.enabled,
      schedule: job.schedule,
      node: node === null ? null : ({ kind: "proxmox-node", id: node } satisfies Ref),
      storage: storageRef(place.storages, job.storage),
      selection: covered.length > 0 ? covered : nobody,
      comment: job.comment,
      status: "active",
      keep_last: retention.last,
      keep_daily: retention.daily,
      keep_weekly: retention.weekly,
      keep_monthly: retention.monthly,
      keep_yearly: retention.yearly,
      keep_all: retention.all,
      notes_template: job.notesTemplate,
      bwlimit: job.bwlimit,
      zstd: job.zstd,
      io_workers: job.ioWorkers,
      fleecing: job.fleecing,
      fleecing_storage: storageRef(place.storages, job.fleecingStorage),
      repeat_missed: job.repeatMissed,
      pbs_change_detection_mode: job.changeDetection,
      raw_config: job.raw,
    },
    tags: { add: [oursTag] },
    label: `${place.cluster}/${job.id}`,
    ...(covered.length > 0
      ? {}
      : { note: "It covers no guest now; NetBox takes no empty selection, so 0 stands for none." }),
  };
}

/** The rows of an endpoint whose job is gone, marked as stale. Pure. */
export function staleRoutines(
  rows: readonly RoutineRow[],
  jobs: readonly CoveredJob[],
  place: RoutinePlace,
): Desired[] {
  const listed = new Set(jobs.map(({ job }) => job.id));
  return rows
    .filter(({ endpoint, job, active }) => endpoint === place.endpoint && active && !listed.has(job))
    .map(({ id, job, selects }) => ({
      kind: "backup-routine",
      id,
      identity: {},
      values: { status: "stale", ...(selects ? {} : { selection: nobody }) },
      label: `${place.cluster}/${job}`,
      note: "Its job is gone from Proxmox.",
    }));
}

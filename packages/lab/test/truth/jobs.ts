import type { Row } from "../../src/proxmox/estate.ts";
import { endpointOf, keyOf, knownGuests, placeOf, type Shown, type Truth } from "./form.ts";

/** The replications and backup routines of an endpoint. */
export function jobsOf(shown: Shown): Truth {
  const { cluster } = shown;
  const endpoint = endpointOf(shown);
  const replications: Truth[string] = {};
  for (const job of cluster.replications) {
    const guest = knownGuests(shown).find(({ vmid }) => vmid === Number(job.guest));
    if (guest) replications[`${endpoint}/${job.id}`] = replication(endpoint, keyOf(endpoint, guest), job);
  }
  const routines = cluster.backupJobs.map((job) => [`${endpoint}/${job.id}`, routine(shown, job)] as const);
  return {
    "plugins/proxbox/replications": replications,
    "plugins/proxbox/backup-routines": Object.fromEntries(routines),
  };
}

function replication(endpoint: string, machine: string, job: Row) {
  return {
    endpoint,
    replication_id: job.id,
    virtual_machine: machine,
    proxmox_node: `${endpoint}/${job.target}`,
    guest: Number(job.guest),
    target: job.target,
    job_type: "local",
    schedule: job.schedule ?? "*/15",
    rate: job.rate === undefined ? null : Number(job.rate),
    comment: job.comment ?? null,
    disable: job.disable === 1,
    source: job.source ?? null,
    jobnum: Number(job.jobnum),
    remove_job: job.remove_job ?? null,
    status: "active",
    raw_config: job,
    tags: ["proxbox"],
  };
}

function routine(shown: Shown, job: Row) {
  const endpoint = endpointOf(shown);
  const { storages } = shown.cluster;
  const storage = (name: unknown) =>
    storages.some((known) => known.storage === name) ? `${placeOf(shown).cluster}/${name}` : null;
  const number = (value: unknown) => (value === undefined ? null : Number(value));
  const keep = optionsOf(job["prune-backups"]);
  const { storage: fleecingStorage } = optionsOf(job.fleecing);
  const { "next-run": _, ...raw } = job;
  return {
    endpoint,
    job_id: job.id,
    enabled: job.enabled === undefined || Number(job.enabled) === 1,
    schedule: job.schedule ?? "",
    // It moves on by itself, so no run keeps it.
    next_run: null,
    node: job.node === undefined ? null : `${endpoint}/${job.node}`,
    storage: storage(job.storage),
    selection: selectionOf(shown, job),
    comment: String(job.comment ?? "").trim(),
    status: "active",
    keep_last: number(keep["keep-last"]),
    keep_daily: number(keep["keep-daily"]),
    keep_weekly: number(keep["keep-weekly"]),
    keep_monthly: number(keep["keep-monthly"]),
    keep_yearly: number(keep["keep-yearly"]),
    keep_all: keep["keep-all"] === undefined ? null : Number(keep["keep-all"]) === 1,
    notes_template: job["notes-template"] ?? "",
    bwlimit: number(job.bwlimit),
    zstd: number(job.zstd),
    io_workers: number(optionsOf(job.performance)["max-workers"]),
    fleecing: Object.entries(optionsOf(job.fleecing))
      .map((option) => option.join("="))
      .join(","),
    fleecing_storage: storage(fleecingStorage),
    repeat_missed: job["repeat-missed"] === undefined ? null : Number(job["repeat-missed"]) === 1,
    pbs_change_detection_mode: job["pbs-change-detection-mode"] ?? "",
    raw_config: raw,
    tags: ["proxbox"],
  };
}

/** The vmids a job covers now, in order; 0 stands for none, because NetBox wants at least one. */
function selectionOf({ cluster }: Shown, job: Row): number[] {
  const named = (value: unknown) =>
    String(value ?? "")
      .split(",")
      .filter(Boolean)
      .map(Number);
  const visible = [...cluster.guests.values()].filter(({ vmid }) => !cluster.hidden.has(vmid));
  const here = visible.filter(({ node }) => job.node === undefined || node === job.node);
  const pooled = here.filter(({ pool }) => pool === job.pool);
  const covered = job.pool ? pooled : job.all ? here.filter(({ vmid }) => !named(job.exclude).includes(vmid)) : [];
  const vmids = job.vmid === undefined ? covered.map(({ vmid }) => vmid).sort((a, b) => a - b) : named(job.vmid);
  return vmids.length > 0 ? vmids : [0];
}

/** `a=1,b=2` as an object, which it may be already. */
function optionsOf(value: unknown): Row {
  if (typeof value !== "string") return (value as Row | undefined) ?? {};
  return Object.fromEntries(value.split(",").map((part) => part.split("=") as [string, string]));
}

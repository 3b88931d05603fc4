import type { StageName } from "@proxbox/contracts/stages";
import type { SyncOptionsInput } from "@proxbox/contracts/sync-options";

/** One path by which the plugin's dialect asks for stages. */
export type StagePath = {
  /** Without `/stream`; `:id` is the NetBox id of a virtual machine. */
  path: string;
  /** `all`: those of a run that names none. */
  stages: readonly StageName[] | "all";
  /** What frames call it: the plugin's word under `step`. */
  step: string;
  /** `/stream` only: what stands on the path itself reads from Proxmox. */
  streamOnly?: true;
  /** The stage of virtual machines, which unless told otherwise does their network and tasks as well. */
  withGuestData?: true;
  /** Takes `vmid`: only the guests with this Proxmox number. */
  byVmid?: true;
  /** A fetch_max_concurrency below 1 is refused, not taken for "as you like". */
  fetchesAtLeastOne?: true;
  /** Options that the path itself means, where the query does not say. */
  implies?: SyncOptionsInput;
};

const machines = "/virtualization/virtual-machines";

/**
 * Every path of a stage. Plugin 0.0.24 to 0.0.29.post6 call the `/stream` of thirteen of them and of the four of one machine;
 * each also answers without `/stream`, when the work is done.
 */
export const stagePaths: readonly StagePath[] = [
  { path: "/dcim/devices/create", stages: ["devices"], step: "devices" },
  { path: "/dcim/devices/interfaces/create", stages: ["network-interfaces"], step: "node-interfaces" },
  // Of one node by its path, of all by what it does: the addresses of a cluster's nodes are settled together.
  { path: "/dcim/devices/:node/interfaces/create", stages: ["network-interfaces"], step: "node-interfaces" },
  { path: `${machines}/storage/create`, stages: ["storage"], step: "storage" },
  { path: `${machines}/create`, stages: ["virtual-machines"], step: "virtual-machines", withGuestData: true },
  { path: `${machines}/:id/create`, stages: ["virtual-machines"], step: "virtual-machine", withGuestData: true },
  {
    path: `${machines}/task-history/create`,
    stages: ["task-history"],
    step: "task-history",
    fetchesAtLeastOne: true,
  },
  { path: `${machines}/virtual-disks/create`, stages: ["vm-disks"], step: "virtual-disks" },
  { path: `${machines}/:id/virtual-disks/create`, stages: ["vm-disks"], step: "virtual-disks" },
  { path: `${machines}/backups/create`, stages: ["vm-backups"], step: "backups", byVmid: true },
  { path: `${machines}/backups/all/create`, stages: ["vm-backups"], step: "backups", fetchesAtLeastOne: true },
  { path: `${machines}/:id/backups/create`, stages: ["vm-backups"], step: "backups", fetchesAtLeastOne: true },
  {
    path: `${machines}/snapshots/create`,
    stages: ["vm-snapshots"],
    step: "snapshots",
    byVmid: true,
    fetchesAtLeastOne: true,
  },
  { path: `${machines}/snapshots/all/create`, stages: ["vm-snapshots"], step: "snapshots", fetchesAtLeastOne: true },
  { path: `${machines}/:id/snapshots/create`, stages: ["vm-snapshots"], step: "snapshots", fetchesAtLeastOne: true },
  { path: `${machines}/interfaces/create`, stages: ["vm-interfaces"], step: "vm-interfaces" },
  { path: `${machines}/interfaces/ip-address/create`, stages: ["ip-addresses"], step: "vm-ip-addresses" },
  { path: "/proxmox/sdn/create", stages: ["sdn"], step: "sdn", implies: { sync_mode_sdn: "always" } },
  { path: "/proxmox/replication", stages: ["replications"], step: "replications", streamOnly: true },
  { path: "/proxmox/cluster/backup", stages: ["backup-routines"], step: "backup-routines", streamOnly: true },
];

/** The whole update in one request, as schedulers ask for it: backups that are gone from Proxmox go with it. */
export const fullUpdatePath: StagePath = {
  path: "/full-update",
  stages: "all",
  step: "full-update",
  fetchesAtLeastOne: true,
  implies: { delete_nonexistent_backup: true },
};

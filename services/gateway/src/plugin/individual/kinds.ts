import type { ObjectOutcome } from "@proxbox/contracts/messages";
import type { StageName } from "@proxbox/contracts/stages";
import { type TSchema, Type } from "@sinclair/typebox";
import type { StageQuery } from "../stages/stage-query.ts";

/** A parameter that names something of Proxmox. */
export type IndividualParameter = keyof typeof individualParameters;

const any = Type.String({ pattern: "\\S" });

/** What each parameter has to be, and what it means. */
export const individualParameters = {
  cluster_name: { ...any, description: "Name of the Proxmox cluster, or of the node that stands alone." },
  node_name: { ...any, description: "Name of the node in Proxmox." },
  // A guest is found by its number wherever it is by now.
  node: Type.String({ description: "The node where it was last; it may have moved since." }),
  type: Type.Union([Type.Literal("qemu"), Type.Literal("lxc")], { description: "The type of guest." }),
  vmid: Type.Integer({ minimum: 1, maximum: 999_999_999, description: "The guest's number in Proxmox." }),
  storage: { ...any, description: "Name of the storage." },
  storage_name: { ...any, description: "Name of the storage." },
  volid: { ...any, description: "The backup's volume, e.g. local:backup/vzdump-qemu-100-….vma.zst." },
  snapshot_name: { ...any, description: "Name of the snapshot." },
  upid: Type.String({ description: "Id of the task; left out: the tasks of the guest." }),
  interface_name: { ...any, description: "The network card (net0), or what the guest calls it." },
  ip_address: { ...any, description: "The address, with its prefix or without." },
  disk_name: { ...any, description: "Name of the disk in the guest's configuration, e.g. scsi0." },
  replication_id: Type.String({
    pattern: "^[1-9]\\d{0,8}-\\d+$",
    description: "Id of the replication job, e.g. 100-0.",
  }),
  job_id: { ...any, description: "Id of the backup job." },
} satisfies Record<string, TSchema>;

/** One sort of object that can be synchronised by itself. */
export type IndividualKind = {
  /** Last part of the path. */
  kind: string;
  /** What answers call it. */
  objectType: string;
  /** Whether it may be asked for by POST as well. */
  post: boolean;
  required: readonly IndividualParameter[];
  optional?: readonly IndividualParameter[];
  /** The stages that bring it in line; the last one is its own. */
  stages: readonly StageName[];
  /** The kinds of NetBox objects that stand for it: the first of them that is reported does. */
  main: readonly string[];
  /** Whether what is reported is about it: itself, or what belongs to it. */
  isOwn(outcome: ObjectOutcome, query: StageQuery): boolean;
  /** What it is called in sentences. */
  called(query: StageQuery): string;
  /** Of which there may be nothing to report, because NetBox has it already. */
  mayBeSilent?: true;
};

const guest = ["cluster_name", "node", "type", "vmid"] as const;
const of =
  (kinds: readonly string[], ending: (query: StageQuery) => string) => (outcome: ObjectOutcome, query: StageQuery) =>
    kinds.includes(outcome.kind) && outcome.name.endsWith(ending(query));
const ofGuest = (kinds: readonly string[], name: IndividualParameter) =>
  of(kinds, (query) => `(vmid ${query.vmid}) ${query[name]}`);
const part = (name: IndividualParameter, word: string) => (query: StageQuery) =>
  `${word} ${query[name]} of guest ${query.vmid}`;

const clusterKinds = ["cluster", "proxmox-cluster", "sync-state-cluster"];
const nodeKinds = ["device", "proxmox-node", "sync-state-device"];

/**
 * Every sort, by its path under /sync/individual/. Plugin 0.0.24 to 0.0.29.post6 call those of their "Sync now" buttons
 * and of batches (vm, backup, snapshot, storage, task-history, cluster, node); it goes on to the others from what
 * `dependencies_synced` names.
 */
export const individualKinds: readonly IndividualKind[] = [
  {
    kind: "cluster",
    objectType: "cluster",
    post: false,
    required: ["cluster_name"],
    stages: ["devices"],
    main: ["cluster"],
    isOwn: ({ kind }) => clusterKinds.includes(kind),
    called: ({ cluster_name: name }) => `cluster ${name}`,
  },
  {
    kind: "node",
    objectType: "node",
    post: false,
    required: ["cluster_name", "node_name"],
    stages: ["devices"],
    main: ["device", "proxmox-node"],
    isOwn: ({ kind, name }, { node_name: wanted = "" }) => nodeKinds.includes(kind) && isNode(name, wanted),
    called: ({ node_name: name, cluster_name: cluster }) => `node ${name} of cluster ${cluster}`,
  },
  {
    kind: "vm",
    objectType: "vm",
    post: false,
    required: guest,
    stages: ["virtual-machines", "vm-disks", "vm-interfaces", "ip-addresses"],
    main: ["virtual-machine"],
    isOwn: ({ name }, { type, vmid }) => name.endsWith(`(${type} ${vmid})`) || name.includes(`(vmid ${vmid})`),
    called: ({ type, vmid }) => `guest ${vmid} (${type})`,
  },
  {
    kind: "interface",
    objectType: "interface",
    post: true,
    required: [...guest, "interface_name"],
    stages: ["virtual-machines", "vm-interfaces"],
    main: ["vm-interface", "guest-vm-interface"],
    isOwn: ofGuest(["vm-interface", "guest-vm-interface", "sync-state-vm-interface"], "interface_name"),
    called: part("interface_name", "interface"),
  },
  {
    kind: "ip",
    objectType: "ip_address",
    post: true,
    required: [...guest, "ip_address"],
    optional: ["interface_name"],
    stages: ["virtual-machines", "vm-interfaces", "ip-addresses"],
    main: ["ip-address"],
    isOwn: ({ kind, name }, { vmid, ip_address: address = "" }) =>
      kind === "ip-address" &&
      name.includes(`(vmid ${vmid}) `) &&
      hostOf(name.split(" ").at(-1) ?? "") === hostOf(address),
    called: part("ip_address", "address"),
  },
  {
    kind: "disk",
    objectType: "virtual_disk",
    post: true,
    required: [...guest, "disk_name"],
    stages: ["storage", "virtual-machines", "vm-disks"],
    main: ["virtual-disk"],
    isOwn: ofGuest(["virtual-disk", "sync-state-virtual-disk"], "disk_name"),
    called: part("disk_name", "disk"),
  },
  {
    kind: "storage",
    objectType: "storage",
    post: false,
    required: ["cluster_name", "storage_name"],
    stages: ["storage"],
    main: ["storage"],
    isOwn: of(["storage"], ({ storage_name: name }) => `/${name}`),
    called: ({ storage_name: name, cluster_name: cluster }) => `storage ${name} of cluster ${cluster}`,
  },
  {
    kind: "snapshot",
    objectType: "snapshot",
    post: true,
    required: [...guest, "snapshot_name"],
    stages: ["storage", "virtual-machines", "vm-snapshots"],
    main: ["snapshot"],
    isOwn: ofGuest(["snapshot"], "snapshot_name"),
    called: part("snapshot_name", "snapshot"),
  },
  {
    kind: "task-history",
    objectType: "task_history",
    post: false,
    required: ["node", "type", "vmid"],
    optional: ["cluster_name", "upid"],
    stages: ["virtual-machines", "task-history"],
    main: ["task-history"],
    isOwn: ({ kind, name }, { vmid, upid }) =>
      kind === "task-history" && name.includes(`(vmid ${vmid}) ${taskOf(upid)}`),
    called: ({ vmid, upid }) => (upid ? `task ${upid}` : `the tasks of guest ${vmid}`),
    mayBeSilent: true,
  },
  {
    kind: "backup",
    objectType: "backup",
    post: true,
    required: ["cluster_name", "node", "storage", "vmid", "volid"],
    stages: ["storage", "virtual-machines", "vm-backups"],
    main: ["backup"],
    isOwn: ofGuest(["backup"], "volid"),
    called: part("volid", "backup"),
  },
  {
    kind: "replication",
    objectType: "replication",
    post: true,
    required: ["cluster_name", "replication_id"],
    stages: ["virtual-machines", "replications"],
    main: ["replication"],
    isOwn: of(["replication"], ({ replication_id: id }) => ` ${id}`),
    called: ({ replication_id: id }) => `replication ${id}`,
  },
  {
    kind: "backup-routines",
    objectType: "backup_routine",
    post: true,
    required: ["cluster_name", "job_id"],
    stages: ["storage", "backup-routines"],
    main: ["backup-routine"],
    isOwn: of(["backup-routine"], ({ job_id: id }) => `/${id}`),
    called: ({ job_id: id }) => `backup job ${id}`,
  },
];

/** What is reported of the object that stands for it. Pure. */
export function mainOf({ main }: IndividualKind, own: readonly ObjectOutcome[]): ObjectOutcome[] {
  const found = main.map((name) => own.filter(({ kind }) => kind === name));
  return found.find((outcomes) => outcomes.length > 0) ?? [];
}

/** Whether a report calls something by this node; its device may have another name, which the report tells before. Pure. */
export function isNode(name: string, node: string): boolean {
  return name === node || name.endsWith(` (node ${node})`);
}

/** The Proxmox number of the guest that a query is about; null: it is about none. Pure. */
export function guestOf({ required }: IndividualKind, { vmid, replication_id: job }: StageQuery): number | null {
  if (required.includes("vmid")) return Number(vmid);
  return required.includes("replication_id") ? Number(job?.split("-")[0]) : null;
}

/** How reports call the task of this id: by its type and begin. All tasks, where none is named. */
function taskOf(upid = ""): string {
  // UPID:<node>:<pid>:<pstart>:<starttime>:<type>:<id>:<user>:, numbers in hex (Proxmox VE 9.2).
  const [, , , , begun = "", type = ""] = upid.split(":");
  const seconds = Number.parseInt(begun, 16);
  return Number.isNaN(seconds) ? "" : `${type} ${new Date(seconds * 1_000).toISOString().replace(".000", "")}`;
}

function hostOf(address: string): string {
  return address.replace(/\/.*$/, "").toLowerCase();
}

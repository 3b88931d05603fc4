import { type StageName, stageNames } from "@proxbox/contracts/stages";

/** How numbers of a stage are given in `step completed` and `complete`. */
export type ResultForm = "count" | "disks" | "tasks" | "snapshots" | "jobs" | "sdn";

/** What a stage is called in the plugin's dialect. */
export type StageWords = {
  /** `step` of its frames, as the replaced program named it. */
  step: string;
  /** `phase` of its frames. */
  phase: string;
  /** One of its objects and several, for sentences. */
  noun: readonly [one: string, several: string];
  /** Kinds of objects that are its own; others are made beside them, such as tags and rows that hold identity. */
  kinds: readonly string[];
  /** `item_type` of its own objects. */
  item: string;
  /** How the older form of its frames, and the WebSocket, calls one of its objects and their end; null: neither. */
  legacy: { object: string; end: string; type?: "create" | "sync" } | null;
  form: ResultForm;
  /** It has so many objects that those which are as they should be are told by their batch alone. */
  many?: true;
};

/** The words of each stage (replaced program 0.0.19 to 0.0.30). */
export const stageWords: Readonly<Record<StageName, StageWords>> = {
  devices: {
    step: "devices",
    phase: "devices",
    noun: ["device", "devices"],
    kinds: ["device"],
    item: "node",
    legacy: { object: "device", end: "device", type: "create" },
    form: "count",
  },
  storage: {
    step: "storage",
    phase: "storage",
    noun: ["storage", "storages"],
    kinds: ["storage"],
    item: "storage",
    legacy: null,
    form: "count",
  },
  "virtual-machines": {
    step: "virtual-machines",
    phase: "virtual-machines",
    noun: ["virtual machine", "virtual machines"],
    kinds: ["virtual-machine"],
    item: "virtual-machine",
    legacy: { object: "virtual_machine", end: "virtual_machine", type: "create" },
    form: "count",
  },
  "task-history": {
    step: "task-history",
    phase: "task-history",
    noun: ["task", "tasks"],
    kinds: ["task-history"],
    item: "task",
    legacy: null,
    form: "tasks",
    many: true,
  },
  "vm-disks": {
    step: "virtual-disks",
    phase: "virtual-disks",
    noun: ["virtual disk", "virtual disks"],
    kinds: ["virtual-disk"],
    item: "virtual-disk",
    legacy: { object: "virtual_disk", end: "virtual_disk", type: "sync" },
    form: "disks",
  },
  "vm-backups": {
    step: "backups",
    phase: "backups",
    noun: ["backup", "backups"],
    kinds: ["backup"],
    item: "backup",
    legacy: null,
    form: "count",
    many: true,
  },
  "vm-snapshots": {
    step: "snapshots",
    phase: "vm-snapshots",
    noun: ["snapshot", "snapshots"],
    kinds: ["snapshot"],
    item: "snapshot",
    legacy: { object: "snapshot", end: "snapshot", type: "sync" },
    form: "snapshots",
  },
  "network-interfaces": {
    step: "node-interfaces",
    phase: "node-interfaces",
    noun: ["interface of a node", "interfaces of nodes"],
    kinds: ["interface"],
    item: "interface",
    legacy: { object: "interface", end: "node_interface" },
    form: "count",
  },
  "vm-interfaces": {
    step: "vm-interfaces",
    phase: "vm-interfaces",
    noun: ["interface", "interfaces"],
    kinds: ["vm-interface"],
    item: "vm-interface",
    legacy: { object: "vm_interface", end: "vm_interface" },
    form: "count",
  },
  "ip-addresses": {
    step: "vm-ip-addresses",
    phase: "vm-ip-addresses",
    noun: ["IP address", "IP addresses"],
    kinds: ["ip-address"],
    item: "ip-address",
    legacy: { object: "vm_ip", end: "vm_ip" },
    form: "count",
  },
  sdn: {
    step: "sdn",
    phase: "sdn",
    noun: ["SDN object", "SDN objects"],
    kinds: [
      "sdn-fabric",
      "sdn-controller",
      "sdn-zone",
      "sdn-vnet",
      "sdn-subnet",
      "sdn-binding",
      "sdn-route-map",
      "sdn-prefix-list",
      "l2vpn",
      "l2vpn-termination",
      "route-target",
      "prefix",
    ],
    item: "sdn",
    legacy: null,
    form: "sdn",
  },
  replications: {
    step: "replications",
    phase: "replications",
    noun: ["replication", "replications"],
    kinds: ["replication"],
    item: "replication",
    legacy: null,
    form: "jobs",
  },
  "backup-routines": {
    step: "backup-routines",
    phase: "backup-routines",
    noun: ["backup routine", "backup routines"],
    kinds: ["backup-routine"],
    item: "backup-routine",
    legacy: null,
    form: "jobs",
  },
};

/** The stage whose numbers a stream gives: the one its step is named after (`virtual-machine`: the stream of one machine). */
export function mainStage(step: string, stages: readonly StageName[]): StageName {
  const wanted = step === "virtual-machine" ? "virtual-machines" : step;
  const named = stageNames.find((stage) => stageWords[stage].step === wanted);
  return stages.find((stage) => stage === named) ?? stages[0] ?? named ?? "devices";
}

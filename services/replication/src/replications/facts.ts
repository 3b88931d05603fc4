import type { ReplicationJob } from "@proxbox/proxmox/resources/replication";

/** A virtual machine of NetBox and the vmid of its guest. */
export type Machine = { id: number; name: string; vmid: number };

/** A row of the plugin's replication table, as far as telling which job it is needs it. */
export type ReplicationRow = {
  id: number;
  /** Id of the plugin's endpoint; older programs left it out. */
  endpoint: number | null;
  job: string;
  /** Id of its virtual machine. */
  machine: number;
  active: boolean;
};

/** Where an endpoint's replications belong: ids of the plugin's rows, null for a node it does not have. */
export type ReplicationPlace = { endpoint: number; nodes: Readonly<Record<string, number | null>> };

/** A job whose machine is known, and the row that stands for it; null: there is none yet. */
export type OwnReplication = { job: ReplicationJob; machine: Machine; row: number | null };

/** How a replication is called in reports. */
export function labelOf({ name, vmid }: Machine, job: string): string {
  return `${name} (vmid ${vmid}) ${job}`;
}

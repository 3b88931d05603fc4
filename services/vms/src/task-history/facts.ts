import type { GuestType } from "@proxbox/proxmox/resources/listing";
import type { Task } from "@proxbox/proxmox/resources/tasks";

/** A virtual machine of NetBox and the guest it stands for. */
export type TaskMachine = { id: number; name: string; vmid: number; type: GuestType };

/** One item: a node of an endpoint. */
export type TaskNode = {
  node: string;
  /** Where the endpoint's machines are stored: they are too many for the items of all nodes. */
  machines: string;
  /** The guests that were asked for; null: all. */
  vmids: number[] | null;
};

/** A task and the machine it was done to. */
export type GuestTask = { task: Task; machine: TaskMachine };

/** A row of the plugin's task history, as far as it may have to change. */
export type TaskRow = {
  id: number;
  upid: string;
  machine: number;
  endTime: string | null;
  exitStatus: string | null;
};

/** How a task is called in reports. */
export function labelOf({ task, machine }: GuestTask): string {
  return `${machine.name} (vmid ${machine.vmid}) ${task.type} ${task.startTime}`;
}

import type { SyncOptions } from "@proxbox/contracts/sync-options";
import { isTargeted } from "@proxbox/contracts/targets";
import { type Estate, leavesGuestsOut } from "@proxbox/estate/estates";
import type { GuestType } from "@proxbox/proxmox/resources/listing";
import type { Task } from "@proxbox/proxmox/resources/tasks";
import type { GuestTask, TaskMachine } from "./facts.ts";

/** Tasks of guests whose type does not begin with that of the guest (Proxmox VE 9.2); their id is a vmid. */
const eitherType = new Set([
  "vzdump",
  "hastart",
  "hastop",
  "hashutdown",
  "hamigrate",
  "harelocate",
  "move_volume",
  "resize",
  "pull_file",
  "push_file",
  "vncproxy",
  "spiceproxy",
  "termproxy",
]);

/**
 * The type of guest a task was done to, by the type of the task; null: it is no task of a guest, though its id may look
 * like a vmid (a pool named 100). Pure.
 */
export function guestTypeOf(taskType: string): GuestType | "either" | null {
  if (eitherType.has(taskType)) return "either";
  if (taskType.startsWith("qm")) return "qemu";
  return taskType.startsWith("vz") ? "lxc" : null;
}

/**
 * The tasks among these that were done to one guest with a machine. Pure. A backup job of many guests names none of them
 * and is nobody's.
 */
export function attachTasks(tasks: readonly Task[], machines: readonly TaskMachine[]): GuestTask[] {
  const byVmid = Map.groupBy(machines, ({ vmid }) => vmid);
  return tasks.flatMap((task) => {
    const type = guestTypeOf(task.type);
    if (type === null || task.vmid === null) return [];
    const machine = byVmid.get(task.vmid)?.find((one) => type === "either" || one.type === type);
    return machine ? [{ task, machine }] : [];
  });
}

/**
 * The machines whose tasks are wanted, those of listed guests first: also of guests that are gone, whose last task is that
 * they were destroyed, unless only some guests are wanted. Pure.
 */
export function machinesOf(
  { chunks, machines }: Pick<Estate, "chunks" | "machines">,
  options: SyncOptions,
): TaskMachine[] {
  const listed = chunks.flatMap(({ guests }) =>
    guests.map(({ vm: { id, name }, vmid, type }): TaskMachine => ({ id, name, vmid, type })),
  );
  if (isTargeted(options) || leavesGuestsOut(options)) return listed;
  const known = new Set(listed.map(({ id }) => id));
  const others = machines
    .filter(({ vm }) => !known.has(vm.id) && !vm.givenUp)
    .map(({ vm: { id, name }, vmid, type }): TaskMachine => ({ id, name, vmid, type }));
  return [...listed, ...others];
}

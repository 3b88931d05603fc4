import type { EstateTask } from "../../src/proxmox/estate.ts";
import { endpointOf, instant, keyOf, knownGuests, type Shown, type Truth } from "./form.ts";

/** The tasks of an endpoint's guests that are over, on whatever node they ran. */
export function tasksOf(shown: Shown): Truth {
  const rows: Truth[string] = {};
  const guests = knownGuests(shown);
  const tasks = shown.cluster.nodes.filter(({ online }) => online).flatMap((node) => node.tasks);
  for (const task of tasks) {
    const guest = guests.find(({ vmid, type }) => `${vmid}` === task.id && typesOf(task).includes(type));
    if (!guest || task.endtime === undefined) continue;
    const status = (task.status ?? "unknown").slice(0, 2048);
    rows[task.upid] = {
      virtual_machine: keyOf(endpointOf(shown), guest),
      vm_type: guest.type,
      upid: task.upid,
      node: task.node,
      pid: task.pid,
      pstart: task.pstart,
      task_id: task.id,
      task_type: task.type,
      username: task.user,
      start_time: instant(task.starttime),
      end_time: instant(task.endtime),
      description: `${guest.type === "qemu" ? "QEMU" : "CT"} ${task.id} - ${actions[task.type]}`,
      status,
      task_state: "stopped",
      exitstatus: status,
      tags: ["proxbox"],
    };
  }
  return { "plugins/proxbox/task-history": rows };
}

/** The types of guests that a task can be of; a number alone is no guest. */
function typesOf({ type }: EstateTask): string[] {
  if (/^qm/.test(type)) return ["qemu"];
  if (/^vz/.test(type) && type !== "vzdump") return ["lxc"];
  return ["vzdump", "vncproxy", "hamigrate", "hastart", "hastop"].includes(type) ? ["qemu", "lxc"] : [];
}

const actions: Record<string, string> = {
  qmstart: "Start",
  qmshutdown: "Shutdown",
  qmreboot: "Reboot",
  qmstop: "Stop",
  qmigrate: "Migrate",
  qmsnapshot: "Snapshot",
  qmdelsnapshot: "Delete Snapshot",
  qmrollback: "Rollback",
  qmconfig: "Qmconfig",
  qmcreate: "Create",
  qmclone: "Clone",
  qmrestore: "Restore",
  qmmove: "Move",
  qmpause: "Pause",
  qmresume: "Resume",
  qmtemplate: "Qmtemplate",
  vzdump: "Backup",
  vncproxy: "Vncproxy",
  hamigrate: "Migrate",
  hastart: "Start",
  hastop: "Stop",
  vzstart: "Start",
  vzshutdown: "Shutdown",
  vzreboot: "Reboot",
  vzstop: "Stop",
  vzmigrate: "Migrate",
  vzsnapshot: "Snapshot",
  vzcreate: "Create",
  vzrestore: "Restore",
};

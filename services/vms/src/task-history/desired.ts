import type { Desired } from "@proxbox/netbox/desired";
import { oursTag } from "@proxbox/netbox/tags";
import { taskDescription } from "@proxbox/proxmox/parse/task";
import { labelOf } from "./facts.ts";
import { exitStatusOf, type SettledPage } from "./settle.ts";

/** What the plugin's task history should hold for one finished task. Pure. */
export function desiredTask({ task, machine, row }: SettledPage["write"][number]): Desired {
  const ended = exitStatusOf(task);
  return {
    kind: "task-history",
    ...(row === null ? {} : { id: row }),
    identity: { upid: task.upid },
    values: {
      virtual_machine: { kind: "virtual-machine", id: machine.id },
      vm_type: machine.type,
      node: task.node,
      pid: task.pid,
      pstart: task.pstart,
      task_id: task.id,
      task_type: task.type,
      username: task.user,
      start_time: task.startTime,
      end_time: task.endTime,
      description: taskDescription({ type: machine.type, id: machine.vmid }, task.type),
      status: ended,
      exitstatus: ended,
      task_state: "stopped",
    },
    tags: { add: [oursTag] },
    parent: machine.name,
    label: labelOf({ task, machine }),
  };
}

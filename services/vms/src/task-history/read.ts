import type { NetBoxClient } from "@proxbox/netbox/client";
import type { GuestTask, TaskRow } from "./facts.ts";

type Answer = {
  id: number;
  upid: string;
  virtual_machine: { id: number };
  end_time: string | null;
  exitstatus: string | null;
};

/**
 * Reads the rows that these tasks of one node may have: those of the node since the oldest of them, which is one request,
 * where asking for each task's id would be one for every forty. Throws NetBoxAPIError as the client does.
 */
export async function readTaskRows(
  client: NetBoxClient,
  tasks: readonly GuestTask[],
  signal: AbortSignal,
): Promise<TaskRow[]> {
  if (tasks.length === 0) return [];
  const [since = ""] = tasks.map(({ task }) => task.startTime).sort();
  const wanted = new Set(tasks.map(({ task }) => task.upid));
  const rows = await client.list<Answer>(
    "plugins/proxbox/task-history",
    {
      node: [...new Set(tasks.map(({ task }) => task.node))],
      start_time__gte: since,
      fields: "id,upid,virtual_machine,end_time,exitstatus",
    },
    signal,
  );
  return rows
    .filter(({ upid }) => wanted.has(upid))
    .map(({ id, upid, virtual_machine, end_time, exitstatus }) => ({
      id,
      upid,
      machine: virtual_machine.id,
      endTime: end_time,
      exitStatus: exitstatus,
    }));
}

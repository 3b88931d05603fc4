import type { ProxmoxClient } from "../client.ts";
import { badListing } from "../failures.ts";
import { instantOf } from "../parse/instant.ts";
import { parseRows, type Row } from "../parse/rows.ts";
import { parseInteger, parseText } from "../parse/scalars.ts";
import { parseVmids } from "../parse/selection.ts";
import { parseUpid } from "../parse/task.ts";

/** A finished task of a node. Instants are ISO 8601, UTC. */
export type Task = {
  upid: string;
  node: string;
  pid: number | null;
  pstart: number | null;
  startTime: string;
  endTime: string | null;
  type: string;
  /** What it was done to; "" for the node itself. */
  id: string;
  /** The guest it was done to; null when it was none, or several. */
  vmid: number | null;
  user: string;
  /** How it ended, e.g. `OK` or an error's text; null when Proxmox does not say. */
  status: string | null;
};

/** Which tasks of a node: those that began until then (seconds since 1970), of one guest or of all. */
export type TaskWindow = { until: number; vmid?: number; signal: AbortSignal };

const pageSize = 500;

/**
 * Reads the finished tasks of a node page by page (GET /nodes/{node}/tasks, source=archive), newest first, each task once:
 * who has seen enough stops. `until` holds the pages still while tasks end. Throws ProxmoxAPIError as the client does.
 */
export async function* taskPages(client: ProxmoxClient, node: string, window: TaskWindow): AsyncGenerator<Task[]> {
  const path = `/nodes/${encodeURIComponent(node)}/tasks`;
  const seen = new Set<string>();
  for (let start = 0; ; start += pageSize) {
    const query = {
      source: "archive",
      limit: String(pageSize),
      start: String(start),
      until: String(window.until),
      ...(window.vmid === undefined ? {} : { vmid: String(window.vmid) }),
    };
    const data = await client.get(path, { signal: window.signal, node, query });
    if (!Array.isArray(data)) throw badListing(client.name, path);
    const page = tasksOf(parseRows(data), node).filter(({ upid }) => !seen.has(upid));
    for (const { upid } of page) seen.add(upid);
    if (page.length > 0) yield page;
    // A page that brings nothing new is one that the server repeats.
    if (data.length < pageSize || page.length === 0) return;
  }
}

/** The finished tasks among the rows; what the row leaves out is read of the task's id. Pure. */
export function tasksOf(rows: readonly Row[], node: string): Task[] {
  return rows.flatMap((row) => {
    const upid = parseText(row.upid)?.trim();
    const said = parseUpid(upid);
    const startTime = instantOf(row.starttime) ?? instantOf(said?.startTime);
    if (!upid || !startTime) return [];
    const id = parseText(row.id) ?? said?.id ?? "";
    const [vmid = null, ...more] = parseVmids(id);
    return [
      {
        upid,
        node: parseText(row.node) ?? said?.node ?? node,
        pid: parseInteger(row.pid) ?? said?.pid ?? null,
        pstart: parseInteger(row.pstart) ?? said?.pstart ?? null,
        startTime,
        endTime: instantOf(row.endtime),
        type: parseText(row.type) ?? said?.type ?? "unknown",
        id,
        vmid: more.length > 0 ? null : vmid,
        user: parseText(row.user) ?? said?.user ?? "root@pam",
        status: parseText(row.status) ?? parseText(row.exitstatus),
      },
    ];
  });
}

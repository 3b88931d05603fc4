import type { NetBoxClient } from "@proxbox/netbox/client";
import type { RoutineRow } from "./desired.ts";

type Answer = { id: number; endpoint: { id: number }; job_id: string; status: { value: string }; selection: unknown };

/** Reads the plugin's backup routines, with as much as finding those whose job is gone needs. */
export async function readRoutineRows(client: NetBoxClient, signal: AbortSignal): Promise<RoutineRow[]> {
  const rows = await client.list<Answer>(
    "plugins/proxbox/backup-routines",
    { fields: "id,endpoint,job_id,status,selection" },
    signal,
  );
  return rows.map(({ id, endpoint, job_id, status, selection }) => ({
    id,
    endpoint: endpoint.id,
    job: job_id,
    active: status.value === "active",
    selects: Array.isArray(selection) && selection.length > 0,
  }));
}

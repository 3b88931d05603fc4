import type { NetBoxClient } from "@proxbox/netbox/client";
import type { ReplicationRow } from "./facts.ts";

type Answer = {
  id: number;
  endpoint: { id: number } | null;
  replication_id: string;
  virtual_machine: { id: number };
  status: { value: string };
};

/**
 * Reads the plugin's replications with as much as tells which job each is, all at once: its filter takes one endpoint at a
 * time and does not find those without. Throws NetBoxAPIError as the client does.
 */
export async function readReplicationRows(client: NetBoxClient, signal: AbortSignal): Promise<ReplicationRow[]> {
  const rows = await client.list<Answer>(
    "plugins/proxbox/replications",
    { fields: "id,endpoint,replication_id,virtual_machine,status" },
    signal,
  );
  return rows.map((row) => ({
    id: row.id,
    endpoint: row.endpoint?.id ?? null,
    job: row.replication_id,
    machine: row.virtual_machine.id,
    active: row.status.value === "active",
  }));
}

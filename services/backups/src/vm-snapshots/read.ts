import type { NetBoxClient } from "@proxbox/netbox/client";
import type { SnapshotRow } from "./facts.ts";

type Answer = Omit<SnapshotRow, "machine"> & { virtual_machine: { id: number; name: string } };

/** Reads the plugin's snapshot rows of some vmids, of all endpoints. Throws NetBoxAPIError as the client does. */
export async function readSnapshotRows(
  client: NetBoxClient,
  vmids: readonly number[],
  signal: AbortSignal,
): Promise<SnapshotRow[]> {
  const rows = await client.list<Answer>(
    "plugins/proxbox/snapshots",
    { vmid: vmids, fields: "id,virtual_machine,vmid,name,node" },
    signal,
  );
  return rows.map(({ virtual_machine: { id, name }, ...row }) => ({ ...row, machine: { id, name } }));
}

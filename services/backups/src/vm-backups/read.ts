import type { NetBoxClient } from "@proxbox/netbox/client";
import type { BackupRow } from "./facts.ts";

type Answer = {
  id: number;
  virtual_machine: { id: number };
  volume_id: string | null;
  storage: string | null;
};

/**
 * Reads the plugin's backup rows with as much as tells which backup each is: all, or those of some vmids. Rows of older
 * programs that lack a vmid are only found among all. Throws NetBoxAPIError as the client does.
 */
export async function readBackupRows(
  client: NetBoxClient,
  vmids: readonly number[] | null,
  signal: AbortSignal,
): Promise<BackupRow[]> {
  const rows = await client.list<Answer>(
    "plugins/proxbox/backups",
    { ...(vmids ? { vmid: vmids } : {}), fields: "id,virtual_machine,volume_id,storage" },
    signal,
  );
  return rows.map((row) => ({
    id: row.id,
    machine: row.virtual_machine.id,
    volid: row.volume_id || null,
    storage: row.storage || null,
  }));
}

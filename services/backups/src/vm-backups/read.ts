import type { NetBoxClient } from "@proxbox/netbox/client";
import type { BackupRow } from "./facts.ts";

type Answer = {
  id: number;
  virtual_machine: { id: number };
  volume_id: string | null;
  storage: string | null;
};

/**
 * Reads the plugin's backup rows with as much as tells which backup each is: all, or those of some vmids and those whose
 * vmid an older program left out. Throws NetBoxAPIError as the client does.
 */
export async function readBackupRows(
  client: NetBoxClient,
  vmids: readonly number[] | null,
  signal: AbortSignal,
): Promise<BackupRow[]> {
  const scopes = vmids ? [{ vmid: vmids }, { vmid__empty: true }] : [{}];
  const read = await Promise.all(scopes.map((scope) => client.list<Answer>(path, { ...scope, fields }, signal)));
  const rows = new Map(read.flat().map((row) => [row.id, row]));
  return [...rows.values()].map((row) => ({
    id: row.id,
    machine: row.virtual_machine.id,
    volid: row.volume_id || null,
    storage: row.storage || null,
  }));
}

const path = "plugins/proxbox/backups";
const fields = "id,virtual_machine,volume_id,storage";

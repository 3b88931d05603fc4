import type { ObjectOutcome } from "@proxbox/contracts/messages";
import type { Desired } from "@proxbox/netbox/desired";
import type { HostBinding } from "@proxbox/netbox/hosts/bind";

/** The plugin's row of a storage. */
export type StorageRow = { id: number; name: string; enabled: boolean; ours: boolean };

/**
 * What becomes of storages that Proxmox does not have any more: their rows are disabled, never deleted, because backups
 * and disks refer to them. Pure. Without proof that they are gone they stay as they are, and it is told.
 * @param doubt why the list of storages may be incomplete; null: it is proven
 */
export function disableGone(
  rows: readonly StorageRow[],
  listed: ReadonlySet<string>,
  doubt: string | null,
  binding: HostBinding,
): { desired: Desired[]; kept: ObjectOutcome[] } {
  const gone = rows.filter((row) => row.ours && !listed.has(row.name));
  const label = (row: StorageRow) => `${binding.cluster.name}/${row.name}`;
  const unproven = doubt ?? (listed.size === 0 ? "Proxmox lists no storage at all" : null);
  if (unproven !== null) {
    const kept = gone
      .filter((row) => row.enabled)
      .map(
        (row): ObjectOutcome => ({
          kind: "storage",
          name: label(row),
          id: row.id,
          outcome: "skipped",
          reason: `would be disabled as gone, but ${unproven}`,
        }),
      );
    return { desired: [], kept };
  }
  const desired = gone.map(
    (row): Desired => ({
      kind: "storage",
      id: row.id,
      identity: { name: row.name },
      values: { enabled: false },
      label: label(row),
      note: "It is gone from Proxmox; its row stays, disabled.",
    }),
  );
  return { desired, kept: [] };
}

import type { Backup } from "@proxbox/proxmox/resources/backups";

/** A virtual machine of NetBox and the vmid of its guest. */
export type Machine = { id: number; name: string; vmid: number };

/** A row of the plugin's backup table, as far as telling which backup it is needs it. */
export type BackupRow = {
  id: number;
  /** Id of its virtual machine. */
  machine: number;
  /** Rows of older programs may have none. */
  volid: string | null;
  storage: string | null;
};

/** A backup whose machine is known, and the row that stands for it; null: there is none yet. */
export type OwnBackup = { backup: Backup; machine: Machine; row: number | null };

/** How a backup is called in reports. */
export function labelOf(machine: Machine, volid: string | null): string {
  return `${machine.name} (vmid ${machine.vmid}) ${volid ?? "backup without a volume id"}`;
}

import type { EstateGuest } from "@proxbox/estate/estates";
import type { StorageIds } from "@proxbox/estate/storage-ids";
import type { Disk } from "@proxbox/proxmox/parse/disk";

/** One item: guests of one endpoint under the key of their chunk, and the plugin's storages of their cluster. */
export type DiskChunk = { key: string; guests: EstateGuest[]; storages: StorageIds };

/** A guest whose configuration was read. */
export type GuestDisks = {
  guest: Pick<EstateGuest, "vmid" | "template" | "vm">;
  disks: Disk[];
  /** Every key of its configuration, also of what is no disk we understand. */
  keys: readonly string[];
};

/** A virtual disk of NetBox. */
export type DiskRow = { id: number; vm: number; name: string; ours: boolean };

/** How many disks some guests have, and the virtual disks of ours that no configuration of theirs has any more. */
export type DiskCensus = { there: number; gone: { id: number; label: string; parent: string }[] };

/** How a disk is called in reports. */
export function labelOf({ vm, vmid }: GuestDisks["guest"], disk: string): string {
  return `${vm.name} (vmid ${vmid}) ${disk}`;
}

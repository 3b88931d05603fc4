import type { ObjectOutcome } from "@proxbox/contracts/messages";
import { type StorageIds, storageRef } from "@proxbox/estate/storage-ids";
import type { Desired, Ref } from "@proxbox/netbox/desired";
import { oursTag } from "@proxbox/netbox/tags";
import type { Disk } from "@proxbox/proxmox/parse/disk";
import { diskMebibytes } from "@proxbox/proxmox/parse/size";
import { type GuestDisks, labelOf } from "./facts.ts";

/**
 * What NetBox should hold for the disks of one guest: a virtual disk each, CD-ROM drives with size 0, and the plugin's
 * row that says on which storage it lies. Pure. The machine's own sum of its disks is NetBox's.
 */
export function desiredDisks({ guest, disks }: GuestDisks, storages: StorageIds): Desired[] {
  return disks.filter(({ kind }) => kind !== "other").flatMap((disk) => desiredDisk(guest, disk, storages));
}

/** What is told of drives without a size: they are no disks of a storage, and NetBox wants a size. Pure. */
export function sizeless({ guest, disks }: GuestDisks): ObjectOutcome[] {
  return disks
    .filter(({ kind }) => kind === "other")
    .map(({ name }) => ({
      kind: "virtual-disk",
      name: labelOf(guest, name),
      outcome: "skipped",
      reason: "It has no size in Proxmox: a device or a folder of the node is passed through.",
    }));
}

/** What NetBox's page says of a disk: the storage and format, or what is in a CD-ROM drive. Pure. */
export function describeDisk({ kind, volume, storage, format }: Disk): string {
  if (kind === "cdrom") return volume === null ? "CD-ROM drive" : `CD-ROM drive | ISO: ${volume}`;
  const place = storage === null ? [] : [`Storage: ${storage}`];
  return [...place, ...(format === null ? [] : [`Format: ${format}`])].join(" | ");
}

function desiredDisk(guest: GuestDisks["guest"], disk: Disk, storages: StorageIds): Desired[] {
  const label = labelOf(guest, disk.name);
  const identity = { virtual_machine: { kind: "virtual-machine", id: guest.vm.id } satisfies Ref, name: disk.name };
  const storage = storageRef(storages, disk.storage);
  return [
    {
      kind: "virtual-disk",
      identity,
      values: { size: disk.bytes === null ? 0 : diskMebibytes(disk.bytes), description: describeDisk(disk) },
      tags: { add: [oursTag] },
      parent: guest.vm.name,
      label,
    },
    {
      kind: "sync-state-virtual-disk",
      identity: { virtual_disk: { kind: "virtual-disk", identity } },
      values: { proxbox_storage: storage },
      // Without a storage there is nothing to say; a row that is there is to say so.
      ...(storage === null ? { create: false } : {}),
      parent: guest.vm.name,
      label,
    },
  ];
}

import { type StorageIds, storageRef } from "@proxbox/estate/storage-ids";
import type { Desired, Ref } from "@proxbox/netbox/desired";
import { oursTag } from "@proxbox/netbox/tags";
import type { Disk } from "@proxbox/proxmox/parse/disk";
import { labelOf } from "./facts.ts";
import type { SettledSnapshot } from "./settle.ts";

/** What the plugin's snapshot table should hold for one snapshot. Pure. */
export function desiredSnapshot({ guest, snapshot, row, storage }: SettledSnapshot, storages: StorageIds): Desired {
  const vm: Ref = { kind: "virtual-machine", id: guest.vm.id };
  return {
    kind: "snapshot",
    ...(row === null ? {} : { id: row }),
    identity: { vmid: guest.vmid, virtual_machine: vm, name: snapshot.name },
    values: {
      virtual_machine: vm,
      node: guest.node,
      proxmox_storage: storageRef(storages, storage),
      description: snapshot.description,
      snaptime: snapshot.takenAt,
      parent: snapshot.parent,
      subtype: guest.type,
      status: "active",
    },
    tags: { add: [oursTag] },
    parent: guest.vm.name,
    label: labelOf(guest, snapshot.name),
  };
}

const firmware = /^(?:efidisk|tpmstate)/;
const roots = ["rootfs", "scsi0", "virtio0", "ide0", "sata0"];

/** The storage a guest's snapshots are shown with: that of its root or first disk. Null: it has no disk on a storage. */
export function storageOfFirst(disks: readonly Disk[]): string | null {
  const onStorage = disks.filter(
    ({ name, kind, storage }) => kind === "disk" && storage !== null && !firmware.test(name),
  );
  const named = roots.map((root) => onStorage.find(({ name }) => name === root));
  return (named.find((disk) => disk !== undefined) ?? onStorage[0])?.storage ?? null;
}

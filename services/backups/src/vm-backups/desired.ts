import { type StorageIds, storageRef } from "@proxbox/estate/storage-ids";
import type { Desired, Ref } from "@proxbox/netbox/desired";
import { oursTag } from "@proxbox/netbox/tags";
import { labelOf, type OwnBackup } from "./facts.ts";

/** What the plugin's backup table should hold for one backup. Pure. What Proxmox no longer says is cleared. */
export function desiredBackup({ backup, machine, row }: OwnBackup, storages: StorageIds): Desired {
  const vm: Ref = { kind: "virtual-machine", id: machine.id };
  return {
    kind: "backup",
    ...(row === null ? {} : { id: row }),
    identity: { vmid: machine.vmid, virtual_machine: vm, volume_id: backup.volid },
    values: {
      vmid: machine.vmid,
      storage: backup.storage,
      proxmox_storage: storageRef(storages, backup.storage),
      subtype: backup.subtype,
      format: backup.format,
      creation_time: backup.createdAt,
      size: backup.size,
      used: backup.used,
      notes: backup.notes,
      encrypted: backup.encrypted,
      verification_state: backup.verification?.state ?? null,
      verification_upid: backup.verification?.upid ?? null,
    },
    tags: { add: [oursTag] },
    parent: machine.name,
    label: labelOf(machine, backup.volid),
  };
}

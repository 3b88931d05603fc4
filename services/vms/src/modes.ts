import type { SyncOptions } from "@proxbox/contracts/sync-options";
import type { Guest } from "@proxbox/proxmox/resources/listing";

/** Whether what NetBox has for a guest is only made when it is missing, and left alone otherwise. */
export function isBootstrapOnly(guest: Pick<Guest, "template">, options: SyncOptions): boolean {
  return (guest.template ? options.sync_mode_vm_template : options.sync_mode_vm) === "bootstrap_only";
}

import type { SyncOptions } from "./sync-options.ts";

/** The options that limit a run to chosen guests. */
export type TargetOptions = Pick<SyncOptions, "netbox_vm_ids" | "vmids">;

/** A guest as it may be asked for: by its Proxmox number, and by the NetBox id of its machine; null: it has none. */
export type Target = { vmid: number; vm: number | null };

/**
 * Whether a run is of chosen guests only: it looks at everything again, judges nothing but these guests, and tells nothing
 * of others. Pure.
 */
export function isTargeted({ netbox_vm_ids: machines, vmids }: TargetOptions): boolean {
  return machines !== undefined || vmids !== undefined;
}

/**
 * Whether a guest is one that a run is for: any, unless some were chosen; where both options choose, one that both name.
 * A guest without a machine can only be chosen by its Proxmox number. Pure.
 */
export function isAskedFor({ netbox_vm_ids: machines, vmids }: TargetOptions, { vmid, vm }: Target): boolean {
  return (machines === undefined || (vm !== null && machines.includes(vm))) && (vmids?.includes(vmid) ?? true);
}

import type { SyncOptions } from "@proxbox/contracts/sync-options";
import type { DefaultRoles } from "@proxbox/netbox/hosts/rows";
import type { GuestType } from "@proxbox/proxmox/resources/listing";

/** A machine's role as NetBox has it, and the one that was written last; null: none. */
export type PresentRole = { role: number | null; written: number | null };

/**
 * The role that is chosen for a guest: by the caller, for its node or endpoint, or in the plugin's settings, in this
 * order; null: nobody chose one. Pure.
 */
export function defaultRoleOf(
  type: GuestType,
  options: Pick<SyncOptions, "default_role_qemu" | "default_role_lxc">,
  node: DefaultRoles | undefined,
  settings: DefaultRoles,
): number | null {
  const asked = { qemu: options.default_role_qemu, lxc: options.default_role_lxc };
  return asked[type] ?? node?.[type] ?? settings[type];
}

/**
 * The role a machine is to have. Pure. A role that is there and that we did not write, or that somebody cleared, is an
 * operator's: it is only replaced when the caller overwrites roles. Null: it stays as it is.
 * @param present null for a machine that is to be made
 */
export function settleRole(wanted: number | null, present: PresentRole | null, overwrite: boolean): number | null {
  if (wanted === null || present === null || overwrite) return wanted;
  return present.role === wanted || present.role === present.written ? wanted : null;
}

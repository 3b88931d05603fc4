import type { SyncOptions } from "@proxbox/contracts/sync-options";
import type { Desired } from "@proxbox/netbox/desired";
import { guestRoles } from "@proxbox/netbox/hosts/support";
import { type GuestBatch, type GuestConfig, labelOf, type PlannedGuest } from "./facts.ts";
import { settleRole } from "./roles.ts";

/** A role by its id. */
export type RoleRef = { kind: "device-role"; id: number };

/**
 * The role to write, if any: the note's own, else the one that was chosen, else where NetBox knows no types of machines
 * the one that tells them apart.
 */
export function roleOf(
  plan: PlannedGuest,
  config: GuestConfig,
  batch: GuestBatch,
  options: SyncOptions,
): RoleRef | null {
  const chosen = config.metadata.role ?? plan.defaultRole ?? (batch.vmTypes ? null : typeRoleOf(plan, batch));
  const id = settleRole(chosen, plan.presentRole, options.overwrite_vm_role);
  return id === null ? null : { kind: "device-role", id };
}

function typeRoleOf({ guest }: PlannedGuest, { support }: GuestBatch): number | null {
  const { kind, identity } = guestRoles[guest.type].desired;
  return support.find((row) => row.kind === kind && row.identity.slug === identity.slug)?.id ?? null;
}

/**
 * What is to be remembered of a role that an existing machine is given, once it has it: whoever gives it another one after
 * that is an operator. Pure.
 */
export function desiredRoleMemory(
  plan: PlannedGuest,
  config: GuestConfig,
  batch: GuestBatch,
  options: SyncOptions,
): Desired[] {
  const role = roleOf(plan, config, batch, options);
  if (plan.vm === null || role === null || !isNewRole(plan, role)) return [];
  return [
    {
      kind: "sync-state-virtual-machine",
      identity: { virtual_machine: { kind: "virtual-machine", id: plan.vm } },
      values: { proxmox_last_synced_role_id: role.id },
      create: false,
      label: labelOf(plan),
    },
  ];
}

/** Whether an existing machine has another role now. */
export function isNewRole({ presentRole }: PlannedGuest, role: RoleRef): boolean {
  return presentRole !== null && presentRole.role !== role.id;
}

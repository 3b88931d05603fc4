import type { ObjectOutcome } from "@proxbox/contracts/messages";
import type { SyncOptions } from "@proxbox/contracts/sync-options";
import { isAskedFor } from "@proxbox/contracts/targets";
import { type Estate, leavesGuestsOut } from "@proxbox/estate/estates";
import { cleanText } from "@proxbox/netbox/canonical";
import { kindOf } from "@proxbox/netbox/kinds";
import type { Backup } from "@proxbox/proxmox/resources/backups";
import { type BackupRow, labelOf, type Machine, type OwnBackup } from "./facts.ts";

/** Whose the backups are, and what is told of those that stand aside. */
export type Assigned = {
  own: OwnBackup[];
  /** Backups of guests that have no machine, one remark for each guest. */
  ownerless: ObjectOutcome[];
  /** Volumes seen twice, and rows that stand twice. */
  doubles: ObjectOutcome[];
};

/**
 * The machines whose backups are wanted, those of guests that are gone too: of all, those that were asked for and that the
 * sync modes let in. Pure.
 */
export function wantedMachines({ chunks, machines }: Pick<Estate, "chunks" | "machines">, options: SyncOptions) {
  const present = new Set(chunks.flatMap(({ guests }) => guests.map(({ vm }) => vm.id)));
  const letIn = (id: number) => !leavesGuestsOut(options) || present.has(id);
  return machines.filter(({ vm, vmid }) => isAskedFor(options, { vmid, vm: vm.id }) && letIn(vm.id));
}

/**
 * Gives every backup to the machine of its guest (vmid and type) and to the row that stands for it (machine and volume).
 * Pure. A backup that does not say its type goes to the only machine with its vmid. Where one volume is seen on two
 * nodes the first counts, and of two rows of one backup the older.
 */
export function assignBackups(
  seen: readonly Backup[],
  machines: Estate["machines"],
  rows: readonly BackupRow[],
): Assigned {
  const byVmid = Map.groupBy(machines, ({ vmid }) => vmid);
  const rowsOf = Map.groupBy(rows, ({ machine, volid }) => keyOf(machine, volid));
  const own = new Map<string, OwnBackup>();
  const ownerless = new Map<number | null, number>();
  const doubles: ObjectOutcome[] = [];
  for (const backup of seen) {
    const machine = ownerOf(backup, byVmid);
    if (!machine) {
      ownerless.set(backup.vmid, (ownerless.get(backup.vmid) ?? 0) + 1);
      continue;
    }
    const key = keyOf(machine.id, backup.volid);
    if (own.has(key)) {
      doubles.push(
        skipped(labelOf(machine, backup.volid), "Another node has a volume of this name; NetBox has the first."),
      );
      continue;
    }
    const [row, ...others] = (rowsOf.get(key) ?? []).sort((left, right) => left.id - right.id);
    own.set(key, { backup, machine, row: row?.id ?? null });
    for (const { id } of others) {
      const reason = `This row stands for the same backup as row ${row?.id}, which is kept up to date. Delete one of them.`;
      doubles.push({ ...skipped(labelOf(machine, backup.volid), reason), id });
    }
  }
  const remarks = [...ownerless].map(([vmid, count]) => withoutMachine(vmid, count));
  return { own: [...own.values()], ownerless: remarks, doubles };
}

/** The key of a backup: its machine, and its volume as NetBox keeps it. */
export function keyOf(machine: number, volid: string | null): string {
  return `${machine} ${volid === null ? null : cleanText(volid, kindOf("backup").fields.volume_id?.limit)}`;
}

function ownerOf(
  { vmid, subtype }: Backup,
  machines: ReadonlyMap<number, Estate["machines"][number][]>,
): Machine | null {
  if (vmid === null) return null;
  const candidates = (machines.get(vmid) ?? []).filter(({ type }) => subtype === "undefined" || type === subtype);
  const [owner] = candidates;
  return owner && candidates.length === 1 ? { id: owner.vm.id, name: owner.vm.name, vmid } : null;
}

function withoutMachine(vmid: number | null, count: number): ObjectOutcome {
  const name = `${count} ${count === 1 ? "backup" : "backups"} of ${vmid === null ? "no guest" : `vmid ${vmid}`}`;
  const reason =
    vmid === null
      ? "The volume id tells no guest."
      : "NetBox has no machine for this guest, or more than one; its backups are shown with a machine only.";
  return skipped(name, reason);
}

function skipped(name: string, reason: string): ObjectOutcome {
  return { kind: "backup", name, outcome: "skipped", reason };
}

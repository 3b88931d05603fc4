import type { SyncOptions } from "@proxbox/contracts/sync-options";
import { judgeRemovals, type RemovalVerdict } from "@proxbox/netbox/removals";
import { type GuestSnapshots, labelOf, type SnapshotRow } from "./facts.ts";
import type { Settled } from "./settle.ts";

/**
 * Judges the rows that no snapshot stands for. Pure. Only rows of guests whose snapshots were read get here, so nothing can
 * be hidden: what was not read is none of it.
 */
export function judgeMissing(
  missing: Settled["missing"],
  { read, rows }: { read: readonly GuestSnapshots[]; rows: readonly SnapshotRow[] },
  options: Pick<SyncOptions, "delete_nonexistent_snapshot">,
): RemovalVerdict {
  const machines = new Set(read.map(({ guest }) => guest.vm.id));
  const candidates = missing.map(({ row, guest }) => ({
    kind: "snapshot" as const,
    id: row.id,
    label: labelOf(guest, row.name),
    parent: guest.vm.name,
    ours: true,
  }));
  return judgeRemovals(candidates, {
    doubt: null,
    known: rows.filter(({ machine }) => machines.has(machine.id)).length,
    option: { name: "delete_nonexistent_snapshot", on: options.delete_nonexistent_snapshot },
  });
}

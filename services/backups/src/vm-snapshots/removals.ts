import type { SyncOptions } from "@proxbox/contracts/sync-options";
import { judgeRemovals, type RemovalVerdict } from "@proxbox/netbox/removals";
import { type GuestSnapshots, labelOf } from "./facts.ts";
import type { Settled } from "./settle.ts";

/**
 * Judges the rows that no snapshot stands for. Pure. Only rows of guests whose snapshots were read get here, so nothing can
 * be hidden: what was not read is none of it.
 */
export function judgeMissing(
  missing: Settled["missing"],
  read: readonly GuestSnapshots[],
  options: Pick<SyncOptions, "delete_nonexistent_snapshot">,
): RemovalVerdict {
  const there = read.reduce((sum, { snapshots }) => sum + snapshots.length, 0);
  const candidates = missing.map(({ row, guest }) => ({
    kind: "snapshot" as const,
    id: row.id,
    label: labelOf(guest, row.name),
    parent: guest.vm.name,
    ours: true,
  }));
  return judgeRemovals(candidates, {
    doubt: null,
    known: there + missing.length,
    option: { name: "delete_nonexistent_snapshot", on: options.delete_nonexistent_snapshot },
  });
}

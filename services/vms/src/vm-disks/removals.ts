import type { SyncOptions } from "@proxbox/contracts/sync-options";
import { judgeRemovals, type RemovalVerdict } from "@proxbox/netbox/removals";
import { type DiskRow, type GuestDisks, labelOf } from "./facts.ts";

/**
 * Judges the virtual disks that a guest's configuration does not have any more. Pure. The configuration that was read in
 * this run is the proof, for its guest alone: one without any disk proves nothing, and a key that is still there, as
 * whatever, keeps its row. A disk an operator made is none of ours.
 */
export function judgeGoneDisks(
  read: readonly GuestDisks[],
  rows: readonly DiskRow[],
  { max_deletions: cap }: Pick<SyncOptions, "max_deletions">,
): RemovalVerdict {
  const candidates = read.flatMap(({ guest, disks, keys }) => {
    if (disks.length === 0) return [];
    return rows
      .filter((row) => row.vm === guest.vm.id && row.ours && !keys.includes(row.name))
      .map((row) => ({
        kind: "virtual-disk" as const,
        id: row.id,
        label: labelOf(guest, row.name),
        parent: guest.vm.name,
        ours: true,
      }));
  });
  return judgeRemovals(candidates, { doubt: null, known: rows.length, cap });
}

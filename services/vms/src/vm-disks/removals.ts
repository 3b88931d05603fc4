import type { SyncOptions } from "@proxbox/contracts/sync-options";
import { judgeRemovals, type RemovalVerdict } from "@proxbox/netbox/removals";
import { type DiskCensus, type DiskRow, type GuestDisks, labelOf } from "./facts.ts";

/**
 * The virtual disks of ours that a guest's configuration does not have any more. Pure. The configuration that was read in
 * this run is the proof, for its guest alone: one without any disk proves nothing, and a key that is still there, as
 * whatever, keeps its row. A disk an operator made is none of ours.
 */
export function findGoneDisks(read: readonly GuestDisks[], rows: readonly DiskRow[]): DiskCensus {
  const gone = read.flatMap(({ guest, disks, keys }) => {
    if (disks.length === 0) return [];
    return rows
      .filter((row) => row.vm === guest.vm.id && row.ours && !keys.includes(row.name))
      .map(({ id, name }) => ({ id, label: labelOf(guest, name), parent: guest.vm.name }));
  });
  const there = read.flatMap(({ disks }) => disks.filter(({ kind }) => kind !== "other"));
  return { there: there.length, gone };
}

/** Judges the disks that are gone from an endpoint's guests, all of a run together: so many at once may be a fault. Pure. */
export function judgeGoneDisks(
  censuses: readonly DiskCensus[],
  { max_deletions: cap }: Pick<SyncOptions, "max_deletions">,
): RemovalVerdict {
  const candidates = censuses.flatMap(({ gone }) =>
    gone.map((disk) => ({ kind: "virtual-disk" as const, ...disk, ours: true })),
  );
  const known = censuses.reduce((sum, { there, gone }) => sum + there + gone.length, 0);
  return judgeRemovals(candidates, { doubt: null, known, cap });
}

import type { ObjectOutcome } from "@proxbox/contracts/messages";
import type { Snapshot } from "@proxbox/proxmox/resources/snapshots";
import { SyncError, toWireError } from "@proxbox/runtime/errors";
import { type GuestSnapshots, labelOf, type NodeNames, type SnapshotGuest, type SnapshotRow } from "./facts.ts";

/** A snapshot and the row that stands for it; null: there is none yet. */
export type SettledSnapshot = { guest: SnapshotGuest; snapshot: Snapshot; row: number | null; storage: string | null };

/** Which rows stand for which snapshots, which cannot be kept, and which rows are of none. */
export type Settled = {
  settled: SettledSnapshot[];
  /** Snapshots whose place another machine's row holds. */
  taken: ObjectOutcome[];
  /** Rows of these guests whose snapshot is gone. */
  missing: { row: SnapshotRow; guest: SnapshotGuest }[];
};

/**
 * Finds the row of each snapshot by its machine and name. Pure. The node is none of it: when the guest migrated, the
 * row moves with it. NetBox keeps vmid, name and node apart over all endpoints together, so a snapshot whose place
 * another machine's row holds cannot be kept; that row is left alone, unless it is of a guest that this one has replaced.
 * A row at a node that only one endpoint has is that endpoint's: an older program may have given it to the wrong machine.
 * @param former ids of the machines whose guest another one has replaced: what held the place is gone
 */
export function settleSnapshots(
  read: readonly GuestSnapshots[],
  rows: readonly SnapshotRow[],
  former: ReadonlySet<number>,
  nodes: NodeNames,
): Settled {
  const own = new Set(nodes.own);
  const foreign = new Set(nodes.foreign);
  const byVmid = Map.groupBy(rows, ({ vmid }) => vmid);
  const byMachine = Map.groupBy(rows, ({ machine }) => machine.id);
  const byPlace = Map.groupBy(rows, placeOf);
  const result: Settled = { settled: [], taken: [], missing: [] };
  for (const { guest, snapshots, storage } of read) {
    const misplaced = (byVmid.get(guest.vmid) ?? []).filter(
      ({ machine, node }) => machine.id !== guest.vm.id && own.has(node) && !former.has(machine.id),
    );
    const mine = [...(byMachine.get(guest.vm.id) ?? []).filter(({ node }) => !foreign.has(node)), ...misplaced];
    const found = new Set<SnapshotRow>();
    for (const snapshot of snapshots) {
      const place = placeOf({ ...guest, name: snapshot.name });
      const holder = (byPlace.get(place) ?? []).find(({ machine }) => machine.id !== guest.vm.id);
      const inherited = holder && (former.has(holder.machine.id) || misplaced.includes(holder)) ? holder : null;
      const row = inherited ?? rowOf(mine, snapshot.name, guest.node);
      if (row) found.add(row);
      if (holder && !inherited) result.taken.push(takenOutcome(guest, snapshot.name, row, holder));
      else result.settled.push({ guest, snapshot, row: row?.id ?? null, storage });
    }
    for (const row of mine) if (!found.has(row)) result.missing.push({ row, guest });
  }
  return result;
}

/** The machines among these whose vmid one of the guests has by now. Pure. */
export function replacedBy(
  guests: readonly SnapshotGuest[],
  machines: readonly { vm: { id: number }; vmid: number }[],
): number[] {
  const present = new Map(guests.map(({ vmid, vm }) => [vmid, vm.id]));
  return machines.flatMap(({ vm, vmid }) => (present.has(vmid) && present.get(vmid) !== vm.id ? [vm.id] : []));
}

/** Of several rows of one snapshot the one at its guest's node counts, else the oldest; older programs left such behind. */
function rowOf(mine: readonly SnapshotRow[], name: string, node: string): SnapshotRow | null {
  const same = mine.filter((row) => row.name === name).sort((left, right) => left.id - right.id);
  return same.find((row) => row.node === node) ?? same[0] ?? null;
}

function placeOf({ vmid, name, node }: { vmid: number; name: string; node: string }): string {
  return JSON.stringify([vmid, name, node]);
}

function takenOutcome(guest: SnapshotGuest, name: string, row: SnapshotRow | null, holder: SnapshotRow): ObjectOutcome {
  const object = labelOf(guest, name);
  const error = new SyncError(
    "snapshot_taken",
    `Snapshot ${name} of ${guest.vm.name} (machine ${guest.vm.id}) cannot be kept: NetBox holds a snapshot ${name} of vmid ` +
      `${guest.vmid} on a node ${guest.node} already, of ${holder.machine.name} (machine ${holder.machine.id}, row ${holder.id}).`,
    {
      object,
      field: "node",
      next: "The plugin keeps vmid, snapshot and node apart over all machines together: rename the snapshot in one of the two, or delete the machine that is not needed any more.",
    },
  );
  return {
    kind: "snapshot",
    name: object,
    outcome: "failed",
    ...(row ? { id: row.id } : {}),
    error: toWireError(error),
  };
}

import type { ObjectOutcome } from "@proxbox/contracts/messages";
import type { SnapshotGuest } from "./facts.ts";
import type { ObservedSnapshots } from "./observe.ts";

/**
 * What is told of guests whose snapshots were not read. Pure. One whose node is known to be away keeps them; it is a
 * failure when its node should answer.
 */
export function unread({ failures, gone }: Pick<ObservedSnapshots, "failures" | "gone">): ObjectOutcome[] {
  return [
    ...failures.map(({ guest, error }): ObjectOutcome => {
      const told = tell(guest);
      return guest.known
        ? { ...told, outcome: "failed", error: { ...error, object: told.name } }
        : { ...told, outcome: "skipped", reason: `${error.message} NetBox keeps what it has.` };
    }),
    ...gone.map((guest): ObjectOutcome => {
      return { ...tell(guest), outcome: "skipped", reason: "It was deleted in Proxmox while the run was at work." };
    }),
  ];
}

function tell({ vm, vmid }: SnapshotGuest): { kind: string; name: string } {
  return { kind: "snapshot", name: `snapshots of ${vm.name} (vmid ${vmid})` };
}

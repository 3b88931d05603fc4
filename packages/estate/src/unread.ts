import type { ObjectOutcome } from "@proxbox/contracts/messages";
import type { ObservedGuest } from "@proxbox/proxmox/observe-guests";
import type { EstateGuest } from "./estates.ts";

/**
 * What is told of guests whose configuration was not read. Pure. One whose node is known to be away keeps what NetBox has;
 * it is a failure when its node should answer.
 * @param kind kind of the objects that were to be made of it
 * @param things their name in reports, e.g. `disks`
 */
export function unreadOutcomes(
  kind: string,
  things: string,
  observed: readonly ObservedGuest<EstateGuest>[],
): ObjectOutcome[] {
  return observed.flatMap((one): ObjectOutcome[] => {
    if (one.state === "ok") return [];
    const { vm, vmid, known } = one.guest;
    const name = `${things} of ${vm.name} (vmid ${vmid})`;
    const skipped = (reason: string): ObjectOutcome => ({ kind, name, outcome: "skipped", reason });
    if (one.state === "gone") return [skipped("It was deleted in Proxmox while the run was at work.")];
    if (!known) return [skipped(`${one.error.message} NetBox keeps what it has.`)];
    return [{ kind, name, outcome: "failed", error: { ...one.error, object: name } }];
  });
}

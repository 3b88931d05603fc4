import type { WireError } from "@proxbox/contracts/errors";
import { askGuests } from "@proxbox/proxmox/ask-guests";
import { observeGuests } from "@proxbox/proxmox/observe-guests";
import { readSnapshots } from "@proxbox/proxmox/resources/snapshots";
import { proxmoxOf } from "@proxbox/proxmox/session";
import { endpointOf, type ItemContext } from "@proxbox/runtime/stage";
import { storageOfFirst } from "./desired.ts";
import type { GuestSnapshots, SnapshotChunk, SnapshotGuest } from "./facts.ts";

/** The snapshots of an item's guests where they are by now, and why those of others were not read. */
export type ObservedSnapshots = {
  read: GuestSnapshots[];
  failures: { guest: SnapshotGuest; error: WireError }[];
  /** Deleted in Proxmox since they were listed. */
  gone: SnapshotGuest[];
};

/** Reads the snapshots of guests. A guest costs only itself; a failure of the endpoint is thrown as ProxmoxAPIError. */
export async function observeSnapshots(ctx: ItemContext, chunk: SnapshotChunk): Promise<ObservedSnapshots> {
  const endpoint = endpointOf(ctx);
  const observed = await observeGuests(ctx, endpoint, chunk);
  const known = observed.flatMap((one) => (one.state === "ok" ? [one] : []));
  const storages = new Map(known.map(({ guest, config }) => [guest.vmid, storageOfFirst(config.disks)]));
  const client = proxmoxOf(ctx, endpoint);
  const answers = await askGuests(
    known.map(({ guest }) => guest),
    ctx.signal,
    (guest, signal) => readSnapshots(client, guest, signal),
  );
  return {
    read: answers.flatMap((answer) => {
      if (answer.state !== "ok") return [];
      return [{ guest: answer.guest, snapshots: answer.value, storage: storages.get(answer.guest.vmid) ?? null }];
    }),
    failures: [...observed, ...answers].flatMap((one) => (one.state === "failed" ? [one] : [])),
    gone: observed.flatMap((one) => (one.state === "gone" ? [one.guest] : [])),
  };
}

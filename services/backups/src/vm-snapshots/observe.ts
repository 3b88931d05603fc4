import type { EstateGuest } from "@proxbox/estate/estates";
import { askGuests } from "@proxbox/proxmox/ask-guests";
import { type ObservedGuest, observeGuests } from "@proxbox/proxmox/observe-guests";
import { readSnapshots } from "@proxbox/proxmox/resources/snapshots";
import { proxmoxOf } from "@proxbox/proxmox/session";
import { endpointOf, type ItemContext } from "@proxbox/runtime/stage";
import { storageOfFirst } from "./desired.ts";
import type { GuestSnapshots, SnapshotChunk } from "./facts.ts";

/** The snapshots of an item's guests where they are by now, and the guests that could not be read or are gone. */
export type ObservedSnapshots = { read: GuestSnapshots[]; unread: ObservedGuest<EstateGuest>[] };

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
    unread: [...observed, ...answers].filter((one) => one.state !== "ok"),
  };
}

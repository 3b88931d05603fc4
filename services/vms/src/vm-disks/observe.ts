import type { EstateGuest } from "@proxbox/estate/estates";
import { type ObservedGuest, observeGuests } from "@proxbox/proxmox/observe-guests";
import { endpointOf, type ItemContext } from "@proxbox/runtime/stage";
import type { DiskChunk, GuestDisks } from "./facts.ts";

/** The disks of an item's guests, and every guest as it was found. */
export type ObservedDisks = { read: GuestDisks[]; observed: ObservedGuest<EstateGuest>[] };

/** Reads the disks of guests. A guest costs only itself; a failure of the endpoint is thrown as ProxmoxAPIError. */
export async function observeDisks(ctx: ItemContext, chunk: DiskChunk): Promise<ObservedDisks> {
  const observed = await observeGuests(ctx, endpointOf(ctx), chunk);
  const read = observed.flatMap((one): GuestDisks[] => {
    if (one.state !== "ok") return [];
    const { disks, raw } = one.config;
    return [{ guest: one.guest, disks, keys: Object.keys(raw) }];
  });
  return { read, observed };
}

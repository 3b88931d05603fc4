import type { WireError } from "@proxbox/contracts/errors";
import type { ProxmoxEndpoint } from "@proxbox/runtime/endpoints";
import { toWireError } from "@proxbox/runtime/errors";
import { askGuests, type GuestAnswer } from "./ask-guests.ts";
import type { ProxmoxClient } from "./client.ts";
import { guestNotReported } from "./failures.ts";
import { isFresh, type ObservationContext, storedObservation, storeObservation } from "./observations.ts";
import { type GuestConfig, guestConfigOf, readGuestConfig } from "./resources/guests.ts";
import { type Guest, readListing } from "./resources/listing.ts";
import { proxmoxOf } from "./session.ts";

/**
 * A guest as it was found, at the node where it is by now. `ok`: with its configuration. `gone`: deleted since it was
 * listed. `failed`: it is there, but its configuration could not be read, e.g. because its node is offline.
 */
export type ObservedGuest<G extends Guest = Guest> =
  | { guest: G; state: "ok"; config: GuestConfig }
  | { guest: G; state: "gone" }
  | { guest: G; state: "failed"; error: WireError };

/** What is stored of a guest that was found or is gone: the configuration is read anew from what Proxmox gave. */
type Stored = { vmid: number; node: string; raw: GuestConfig["raw"] | null; seenAt: number };

/**
 * The configurations of a chunk's guests: as an earlier stage of the run read them, or read now from their nodes (GET
 * /nodes/{node}/{type}/{vmid}/config) and stored by run, endpoint and chunk. The result has every guest, in order.
 *
 * One guest's failure is its own, and is not stored: a guest its node does not report is failed unread, a node that turns
 * out to be offline is asked once, and a guest that left its node since it was listed is looked for once more.
 * A failure of the endpoint itself (it does not answer, or does not let us in) ends everything.
 * Throws that failure as ProxmoxAPIError, CancelledError, and what the store throws.
 */
export async function observeGuests<G extends Guest>(
  ctx: ObservationContext,
  endpoint: ProxmoxEndpoint,
  chunk: { key: string; guests: readonly G[] },
): Promise<ObservedGuest<G>[]> {
  const part = `guests.${chunk.key}`;
  const stored = ((await storedObservation<Stored[]>(ctx, endpoint.id, part)) ?? []).filter(({ seenAt }) =>
    isFresh(ctx, seenAt),
  );
  const known = new Map(stored.map((one) => [one.vmid, one]));
  const unknown = chunk.guests.filter(({ vmid }) => !known.has(vmid));
  const read = new Map<number, ObservedGuest<G>>();
  if (unknown.length > 0) {
    for (const one of await observeAll(proxmoxOf(ctx, endpoint), unknown, ctx.signal)) read.set(one.guest.vmid, one);
    const added = [...read.values()].flatMap(storable);
    if (added.length > 0) await storeObservation(ctx, endpoint.id, part, [...stored, ...added]);
  }
  return chunk.guests.flatMap((guest) => {
    const one = known.get(guest.vmid);
    return one ? [restored(guest, one)] : (read.get(guest.vmid) ?? []);
  });
}

function storable(seen: ObservedGuest): Stored[] {
  if (seen.state === "failed") return [];
  const { vmid, node } = seen.guest;
  return [{ vmid, node, raw: seen.state === "ok" ? seen.config.raw : null, seenAt: Date.now() }];
}

function restored<G extends Guest>(listed: G, { node, raw }: Stored): ObservedGuest<G> {
  const guest = { ...listed, node };
  return raw ? { guest, state: "ok", config: guestConfigOf(raw, guest.type) } : { guest, state: "gone" };
}

async function observeAll<G extends Guest>(client: ProxmoxClient, guests: readonly G[], signal: AbortSignal) {
  // With neither name nor size, the configuration of a guest that its node does not report would make half a guest.
  const silent = guests.filter(({ known }) => !known);
  const reported = guests.filter(({ known }) => known);
  const answers = await askGuests(reported, signal, (guest, stop) => readGuestConfig(client, guest, stop));
  const seen = await lookAgain(client, answers.map(observed), signal);
  return [
    ...silent.map(
      (guest): ObservedGuest<G> => ({ guest, state: "failed", error: toWireError(guestNotReported(guest)) }),
    ),
    ...seen,
  ];
}

function observed<G extends Guest>(answer: GuestAnswer<G, GuestConfig>): ObservedGuest<G> {
  return answer.state === "ok" ? { guest: answer.guest, state: "ok", config: answer.value } : answer;
}

/** Guests that are not where they were listed: migrated ones are read at their new node, deleted ones are gone. */
async function lookAgain<G extends Guest>(
  client: ProxmoxClient,
  seen: readonly ObservedGuest<G>[],
  signal: AbortSignal,
): Promise<ObservedGuest<G>[]> {
  const missing = seen.filter((one) => one.state === "failed" && one.error.code === "proxmox_not_found");
  if (missing.length === 0) return [...seen];
  const listed = new Map((await readListing(client, signal)).guests.map((guest) => [guest.vmid, guest]));
  const moved = missing.flatMap(({ guest }): G[] => {
    const current = listed.get(guest.vmid);
    return current?.type === guest.type ? [{ ...guest, node: current.node }] : [];
  });
  const found = await askGuests(moved, signal, (guest, stop) => readGuestConfig(client, guest, stop));
  const byVmid = new Map(found.map((answer) => [answer.guest.vmid, observed(answer)]));
  return seen.map((one) =>
    missing.includes(one) ? (byVmid.get(one.guest.vmid) ?? { guest: one.guest, state: "gone" }) : one,
  );
}

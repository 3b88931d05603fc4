import type { WireError } from "@proxbox/contracts/errors";
import type { Blobs } from "@proxbox/runtime/blobs";
import { ProxmoxAPIError, toWireError } from "@proxbox/runtime/errors";
import type { StageContext } from "@proxbox/runtime/stage";
import type { ProxmoxClient } from "./client.ts";
import { guestNotReported, isEndpointFailure, type ProxmoxErrorCode } from "./failures.ts";
import { type GuestConfig, readGuestConfig } from "./resources/guests.ts";
import { type Guest, readListing } from "./resources/listing.ts";

/**
 * A guest as it was found. `ok`: with its configuration. `gone`: deleted since it was listed. `failed`: it is there,
 * but its configuration could not be read, e.g. because its node is offline.
 */
export type ObservedGuest =
  | { guest: Guest; state: "ok"; config: GuestConfig }
  | { guest: Guest; state: "gone" }
  | { guest: Guest; state: "failed"; error: WireError };

/** What is stored of an observation: the guests of one node at one time (ISO 8601, UTC). */
export type Observation = { observedAt: string; guests: ObservedGuest[] };

/** What of a stage's context an observation needs. */
export type ObservationContext = Pick<StageContext, "run" | "signal"> & { blobs: Pick<Blobs, "putJson"> };

/**
 * Reads the configurations of guests from their nodes, three at a time per node, and stores what was seen by run,
 * endpoint and node for the stages that come later. The result has every guest, in the given order.
 *
 * One guest's failure is its own: a guest its node does not report is failed unread, a node that turns out to be
 * offline is asked once, not once per guest, and a guest that left its node since it was listed is looked for once
 * more. A failure of the endpoint itself (it does not answer, or does not let us in) ends everything.
 * Throws that failure as ProxmoxAPIError, CancelledError, and what the store throws.
 */
export async function observeGuests(
  ctx: ObservationContext,
  client: ProxmoxClient,
  endpoint: { id: number },
  guests: readonly Guest[],
  { key }: { key: string },
): Promise<ObservedGuest[]> {
  const end = new AbortController();
  const signal = AbortSignal.any([ctx.signal, end.signal]);
  try {
    const observed = await observeAll(client, guests, signal);
    const observedAt = new Date().toISOString();
    for (const [node, ofNode] of Map.groupBy(observed, ({ guest }) => guest.node)) {
      const observation: Observation = { observedAt, guests: ofNode };
      await ctx.blobs.putJson(observationName(ctx.run, endpoint.id, node, key), observation);
    }
    return observed;
  } finally {
    end.abort();
  }
}

/** Where the observation of a node's guests is stored; `key` is that of the item that made it. */
export function observationName(run: string, endpoint: number, node: string, key: string): string {
  return `observation.${run}.${endpoint}.${node}.${key}`;
}

async function observeAll(client: ProxmoxClient, guests: readonly Guest[], signal: AbortSignal) {
  const nodes = [...Map.groupBy(guests, (guest) => guest.node).values()];
  const first = (await Promise.all(nodes.map((ofNode) => observeNode(client, ofNode, signal)))).flat();
  const seen = new Map((await lookAgain(client, first, signal)).map((one) => [one.guest.vmid, one]));
  return guests.map((guest) => seen.get(guest.vmid)).filter((one) => one !== undefined);
}

async function observeNode(client: ProxmoxClient, guests: Guest[], signal: AbortSignal): Promise<ObservedGuest[]> {
  const { yes: known = [], no: silent = [] } = Object.groupBy(guests, (guest) => (guest.known ? "yes" : "no"));
  return [...silent.map(unreported), ...(await observeKnown(client, known, signal))];
}

async function observeKnown(client: ProxmoxClient, guests: Guest[], signal: AbortSignal): Promise<ObservedGuest[]> {
  const [head, ...tail] = guests;
  if (!head) return [];
  const first = await observe(client, head, signal);
  // Every further answer of an offline node would take as long as the first.
  if (failedWith(first, "proxmox_node_offline")) return [first, ...tail.map((guest) => ({ ...first, guest }))];
  return [first, ...(await Promise.all(tail.map((guest) => observe(client, guest, signal))))];
}

/** With neither name nor size, a configuration would make half a guest. */
function unreported(guest: Guest): ObservedGuest {
  return { guest, state: "failed", error: toWireError(guestNotReported(guest)) };
}

async function observe(client: ProxmoxClient, guest: Guest, signal: AbortSignal): Promise<ObservedGuest> {
  try {
    return { guest, state: "ok", config: await readGuestConfig(client, guest, signal) };
  } catch (thrown) {
    if (!(thrown instanceof ProxmoxAPIError) || isEndpointFailure(thrown)) throw thrown;
    return { guest, state: "failed", error: toWireError(thrown) };
  }
}

/** Guests that are not where they were listed: migrated ones are read at their new node, deleted ones are gone. */
async function lookAgain(client: ProxmoxClient, observed: ObservedGuest[], signal: AbortSignal) {
  const isMissing = (seen: ObservedGuest) => failedWith(seen, "proxmox_not_found");
  if (!observed.some(isMissing)) return observed;
  const listed = new Map((await readListing(client, signal)).guests.map((guest) => [guest.vmid, guest]));
  return Promise.all(
    observed.map((seen): ObservedGuest | Promise<ObservedGuest> => {
      if (!isMissing(seen)) return seen;
      const current = listed.get(seen.guest.vmid);
      if (current?.type !== seen.guest.type) return { guest: seen.guest, state: "gone" };
      return observe(client, current, signal);
    }),
  );
}

function failedWith(seen: ObservedGuest, code: ProxmoxErrorCode): boolean {
  return seen.state === "failed" && seen.error.code === code;
}

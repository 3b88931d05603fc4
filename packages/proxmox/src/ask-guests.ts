import type { WireError } from "@proxbox/contracts/errors";
import { ProxmoxAPIError, toWireError } from "@proxbox/runtime/errors";
import { isEndpointFailure } from "./failures.ts";
import type { Guest } from "./resources/listing.ts";

/** What came of a question about a guest. */
export type GuestAnswer<G, T> = { guest: G; state: "ok"; value: T } | { guest: G; state: "failed"; error: WireError };

/**
 * Asks something about every guest, the nodes side by side; how many requests a node gets at once is the client's
 * business. The answers are in the order of the guests.
 *
 * One guest's failure is its own, and a node that turns out to be offline is asked once, not once per guest. A failure
 * of the endpoint itself (it does not answer, or does not let us in) ends everything: it is thrown as ProxmoxAPIError,
 * like all that is none, and the signal that `ask` is given stops what is still under way.
 */
export async function askGuests<G extends Pick<Guest, "vmid" | "node">, T>(
  guests: readonly G[],
  caller: AbortSignal,
  ask: (guest: G, signal: AbortSignal) => Promise<T>,
): Promise<GuestAnswer<G, T>[]> {
  const end = new AbortController();
  const signal = AbortSignal.any([caller, end.signal]);
  const askOne = async (guest: G): Promise<GuestAnswer<G, T>> => {
    try {
      return { guest, state: "ok", value: await ask(guest, signal) };
    } catch (thrown) {
      if (!(thrown instanceof ProxmoxAPIError) || isEndpointFailure(thrown)) throw thrown;
      return { guest, state: "failed", error: toWireError(thrown) };
    }
  };
  const askNode = async ([head, ...tail]: G[]): Promise<GuestAnswer<G, T>[]> => {
    if (!head) return [];
    const first = await askOne(head);
    // Every further answer of an offline node would take as long as the first.
    if (isOffline(first)) return [first, ...tail.map((guest) => ({ ...first, guest }))];
    return [first, ...(await Promise.all(tail.map(askOne)))];
  };
  try {
    const nodes = [...Map.groupBy(guests, ({ node }) => node).values()];
    const answers = (await Promise.all(nodes.map(askNode))).flat();
    const byGuest = new Map(answers.map((answer) => [answer.guest, answer]));
    return guests.map((guest) => byGuest.get(guest)).filter((answer) => answer !== undefined);
  } finally {
    end.abort();
  }
}

function isOffline<G, T>(answer: GuestAnswer<G, T>): answer is Extract<GuestAnswer<G, T>, { state: "failed" }> {
  return answer.state === "failed" && answer.error.code === "proxmox_node_offline";
}

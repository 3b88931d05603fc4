import type { WireError } from "@proxbox/contracts/errors";
import { isTargeted } from "@proxbox/contracts/targets";
import type { ProxmoxEndpoint } from "@proxbox/runtime/endpoints";
import { ProxmoxAPIError } from "@proxbox/runtime/errors";
import { askGuests } from "./ask-guests.ts";
import type { ProxmoxClient } from "./client.ts";
import { isEndpointFailure } from "./failures.ts";
import { isFresh, lastObservation, type ObservationContext, storeObservation } from "./observations.ts";
import type { GuestInterface } from "./parse/agent-interfaces.ts";
import {
  type AgentOptions,
  agentAbsence,
  readAgentHostname,
  readAgentInterfaces,
  readContainerInterfaces,
} from "./resources/agent.ts";
import type { GuestConfig } from "./resources/guests.ts";
import type { Guest } from "./resources/listing.ts";
import { proxmoxOf } from "./session.ts";
import { proxmoxConfigOf } from "./settings.ts";

/**
 * What a running guest tells of its network. `ok`: its interfaces, and its own name where it tells one (null: not known,
 * which says nothing against the name NetBox has). `none`: there is nobody to ask, because it is stopped, has no agent, or
 * its node does not report it. `failed`: somebody should have answered and did not, so what is known still stands.
 */
export type AgentAnswer =
  | { state: "ok"; interfaces: GuestInterface[]; hostname: string | null }
  | { state: "none"; reason: "stopped" | "disabled" | "unknown" }
  | { state: "failed"; error: WireError };

type Asked = { guest: Guest; config: Pick<GuestConfig, "agent"> };
type Stored = { vmid: number; answer: AgentAnswer; seenAt: number };

/**
 * Asks guests for their interfaces, by vmid: QEMU guests that run with their agent on, by the agent, and running containers
 * by their node; at most PROXBOX_GUEST_AGENT_TIMEOUT each. What an earlier stage of the run heard is used as long as it is
 * fresh; a silent guest is not asked again but by a replay. `chunk` is the key of the chunk that the guests are of.
 * One guest's failure is its own; a failure of the endpoint itself is thrown as ProxmoxAPIError.
 */
export async function observeAgents(
  ctx: ObservationContext,
  endpoint: ProxmoxEndpoint,
  chunk: string,
  guests: readonly Asked[],
): Promise<Map<number, AgentAnswer>> {
  const part = `agents.${chunk}`;
  const stored = ((await lastObservation<Stored[]>(ctx, endpoint.id, part)) ?? []).filter((one) => isUsable(ctx, one));
  const heard = new Map(stored.map(({ vmid, answer }) => [vmid, answer]));
  const answers = new Map(guests.map((asked) => [asked.guest.vmid, silentOf(asked) ?? heard.get(asked.guest.vmid)]));
  const unheard = guests.map(({ guest }) => guest).filter(({ vmid }) => answers.get(vmid) === undefined);
  if (unheard.length > 0) {
    const options = { timeoutMs: proxmoxConfigOf(ctx).PROXBOX_GUEST_AGENT_TIMEOUT * 1_000 };
    const client = proxmoxOf(ctx, endpoint);
    const asked = await askGuests(unheard, ctx.signal, (guest, signal) => ask(client, guest, { ...options, signal }));
    const added = asked.map((one): Stored => {
      const answer = one.state === "ok" ? one.value : { state: one.state, error: one.error };
      return { vmid: one.guest.vmid, answer, seenAt: Date.now() };
    });
    for (const { vmid, answer } of added) answers.set(vmid, answer);
    const others = stored.filter(({ vmid }) => !added.some((one) => one.vmid === vmid));
    await storeObservation(ctx, endpoint.id, part, [...others, ...added]);
  }
  return new Map([...answers].flatMap(([vmid, answer]) => (answer ? [[vmid, answer]] : [])));
}

/** A guest that hangs costs its whole time each time it is asked, which stages that list their items do not have. */
function isUsable(ctx: ObservationContext, { answer, seenAt }: Stored): boolean {
  if (answer.state === "failed") return ctx.attempt === 1;
  return !isTargeted(ctx.options) && isFresh(ctx, seenAt);
}

/** Why a guest needs not be asked; null when it does. */
function silentOf({ guest, config }: Asked): AgentAnswer | null {
  if (!guest.known) return { state: "none", reason: "unknown" };
  if (guest.state !== "running") return { state: "none", reason: "stopped" };
  return guest.type === "lxc" || config.agent ? null : { state: "none", reason: "disabled" };
}

async function ask(client: ProxmoxClient, guest: Guest, options: AgentOptions): Promise<AgentAnswer> {
  try {
    const read = guest.type === "lxc" ? readContainerInterfaces : readAgentInterfaces;
    const interfaces = await read(client, guest, options);
    // A container that runs has a loopback at least; one that stopped since it was listed is answered with nothing.
    if (guest.type === "lxc" && interfaces.length === 0) return { state: "none", reason: "stopped" };
    return { state: "ok", interfaces, hostname: await hostnameOf(client, guest, interfaces, options) };
  } catch (thrown) {
    const reason = agentAbsence(thrown);
    if (reason === null) throw thrown;
    return { state: "none", reason };
  }
}

/** A name belongs to an address: a guest without one is not asked. A name that cannot be read is only not known. */
async function hostnameOf(
  client: ProxmoxClient,
  guest: Guest,
  interfaces: readonly GuestInterface[],
  options: AgentOptions,
): Promise<string | null> {
  const isReachable = interfaces.some(({ addresses }) => addresses.some(({ scope }) => scope === "global"));
  if (guest.type !== "qemu" || !isReachable) return null;
  try {
    return await readAgentHostname(client, guest, options);
  } catch (thrown) {
    if (thrown instanceof ProxmoxAPIError && !isEndpointFailure(thrown)) return null;
    throw thrown;
  }
}

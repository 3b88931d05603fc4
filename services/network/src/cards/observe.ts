import type { WireError } from "@proxbox/contracts/errors";
import type { ObjectOutcome } from "@proxbox/contracts/messages";
import type { Chunk } from "@proxbox/estate/chunks";
import type { Estate, EstateGuest } from "@proxbox/estate/estates";
import { type AgentAnswer, observeAgents } from "@proxbox/proxmox/observe-agents";
import { observeGuests } from "@proxbox/proxmox/observe-guests";
import type { GuestConfig } from "@proxbox/proxmox/resources/guests";
import type { ProxmoxEndpoint } from "@proxbox/runtime/endpoints";
import { failedEndpoint } from "@proxbox/runtime/isolation";
import type { StageContext, StageItemSpec } from "@proxbox/runtime/stage";
import pLimit from "p-limit";

/** What a guest's configuration says of its network, and what the guest itself says; null: it was not asked. */
export type GuestNetwork = {
  guest: EstateGuest;
  config: Pick<GuestConfig, "nics" | "ipConfigs" | "hostname" | "agent">;
  agent: AgentAnswer | null;
};

/** The guests of a chunk: those whose configuration was read, and why others' was not. Guests that are gone are left out. */
export type ChunkNetworks = {
  key: string;
  networks: GuestNetwork[];
  unread: { guest: EstateGuest; error: WireError }[];
};

/** Reads the network of a chunk's guests, of what an earlier stage of the run saw. Throws as `observeGuests` does. */
export async function observeChunk(
  ctx: StageContext,
  endpoint: ProxmoxEndpoint,
  chunk: Chunk<EstateGuest>,
  { agents }: { agents: boolean },
): Promise<ChunkNetworks> {
  const observed = await observeGuests(ctx, endpoint, chunk);
  const read = observed.filter((one) => one.state === "ok");
  const answers = agents ? await observeAgents(ctx, endpoint, chunk.key, read) : new Map<number, AgentAnswer>();
  const networks = read.map(({ guest, config: { nics, ipConfigs, hostname, agent } }) => ({
    guest,
    config: { nics, ipConfigs, hostname, agent },
    agent: plausible(answers.get(guest.vmid)),
  }));
  return { key: chunk.key, networks, unread: observed.filter((one) => one.state === "failed") };
}

/** A guest that runs has interfaces, a loopback at least: one without was stopped just then, which says nothing of it. */
function plausible(answer: AgentAnswer | undefined): AgentAnswer | null {
  if (answer?.state === "ok" && answer.interfaces.length === 0) return { state: "none", reason: "unknown" };
  return answer ?? null;
}

/** An endpoint with the networks of its guests. */
export type EstateNetworks = { estate: Estate; chunks: ChunkNetworks[] };

const chunksAtOnce = 4;

/** Reads the networks of all guests. What is thrown for one endpoint becomes the failed result that speaks for it alone. */
export async function observeNetworks(
  ctx: StageContext,
  estates: readonly Estate[],
  options: { agents: boolean },
): Promise<{ networks: EstateNetworks[]; failed: StageItemSpec<never>[] }> {
  const networks: EstateNetworks[] = [];
  const failed: StageItemSpec<never>[] = [];
  await Promise.all(
    estates.map(async (estate) => {
      const inTurn = pLimit(chunksAtOnce);
      try {
        const chunks = await inTurn.map(estate.chunks, (chunk) => observeChunk(ctx, estate.endpoint, chunk, options));
        networks.push({ estate, chunks });
      } catch (thrown) {
        ctx.signal.throwIfAborted();
        failed.push(failedEndpoint(estate.endpoint, thrown));
      }
    }),
  );
  return { networks: networks.sort((left, right) => left.estate.endpoint.id - right.estate.endpoint.id), failed };
}

/** How a guest is called in reports. */
export function labelOf({ name, vmid }: Pick<EstateGuest, "name" | "vmid">): string {
  return `${name} (vmid ${vmid})`;
}

/**
 * What is told of a guest whose configuration could not be read: a failure where its node is said to be there, else it is
 * passed over. NetBox keeps what it has either way.
 */
export function unreadOutcome(kind: string, { guest, error }: ChunkNetworks["unread"][number]): ObjectOutcome {
  const name = labelOf(guest);
  if (guest.known) return { kind, name, outcome: "failed", error: { ...error, object: name } };
  return { kind, name, outcome: "skipped", reason: `${error.message} NetBox keeps what it has.` };
}

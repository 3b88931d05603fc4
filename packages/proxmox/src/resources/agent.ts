import type { ProxmoxClient } from "../client.ts";
import { agentFailure, badListing } from "../failures.ts";
import { type GuestInterface, parseAgentInterfaces, parseContainerInterfaces } from "../parse/agent-interfaces.ts";
import { parseHostname } from "../parse/hostname.ts";
import { parseRow } from "../parse/rows.ts";
import type { Guest } from "./listing.ts";

type Asked = Pick<Guest, "vmid" | "node">;

/** How a guest is asked: it may be slow to answer, and an agent that did not answer will not at a second try. */
export type AgentOptions = { signal: AbortSignal; timeoutMs: number };

/**
 * The interfaces the agent of a running QEMU guest reports (GET /nodes/{node}/qemu/{vmid}/agent/network-get-interfaces).
 * Throws ProxmoxAPIError as the client does; `proxmox_forbidden` names the privilege; \`agentAbsence\` tells
 * whether there was nobody to ask.
 */
export async function readAgentInterfaces(
  client: ProxmoxClient,
  guest: Asked,
  options: AgentOptions,
): Promise<GuestInterface[]> {
  const answer = await askAgent(client, guest, "network-get-interfaces", options);
  const result = parseRow(answer)?.result;
  if (!Array.isArray(result)) throw badListing(client.name, `the guest agent of vmid ${guest.vmid}`);
  return parseAgentInterfaces(result);
}

/** The name a guest gives itself (GET /nodes/{node}/qemu/{vmid}/agent/get-host-name); null when it is no DNS name. */
export async function readAgentHostname(
  client: ProxmoxClient,
  guest: Asked,
  options: AgentOptions,
): Promise<string | null> {
  const result = parseRow(parseRow(await askAgent(client, guest, "get-host-name", options))?.result);
  return parseHostname(result?.["host-name"]);
}

/** The interfaces of a running container (GET /nodes/{node}/lxc/{vmid}/interfaces); none of one that does not run. */
export async function readContainerInterfaces(
  client: ProxmoxClient,
  guest: Asked,
  options: AgentOptions,
): Promise<GuestInterface[]> {
  const path = `/nodes/${encodeURIComponent(guest.node)}/lxc/${guest.vmid}/interfaces`;
  const answer = await client.get(path, { ...options, node: guest.node, retries: 0 });
  if (answer !== null && !Array.isArray(answer)) throw badListing(client.name, path);
  return parseContainerInterfaces(answer);
}

/**
 * Why there is nobody to ask, as a failure tells it: the guest has been stopped, or has no agent because it was switched on
 * only after its start. Null for all else, above all an agent that is silent inside a running guest.
 */
export function agentAbsence(thrown: unknown): "stopped" | "disabled" | null {
  for (let cause = thrown; cause instanceof Error; cause = cause.cause) {
    if (/^(?:VM|CT) \d+ (?:is )?not running/i.test(cause.message)) return "stopped";
    if (/^No QEMU guest agent configured/i.test(cause.message)) return "disabled";
  }
  return null;
}

async function askAgent(client: ProxmoxClient, guest: Asked, command: string, options: AgentOptions): Promise<unknown> {
  const path = `/nodes/${encodeURIComponent(guest.node)}/qemu/${guest.vmid}/agent/${command}`;
  try {
    return await client.get(path, { ...options, node: guest.node, retries: 0 });
  } catch (thrown) {
    throw agentFailure(guest.vmid, thrown);
  }
}

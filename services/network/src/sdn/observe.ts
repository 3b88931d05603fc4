import { observeEndpoint } from "@proxbox/proxmox/observe-endpoint";
import type { ObservedHosts } from "@proxbox/proxmox/observe-hosts";
import { readSdn } from "@proxbox/proxmox/resources/sdn";
import { readRouting } from "@proxbox/proxmox/resources/sdn-routing";
import { proxmoxOf } from "@proxbox/proxmox/session";
import type { ProxmoxEndpoint } from "@proxbox/runtime/endpoints";
import { endpointOf, type ItemContext, type StageContext } from "@proxbox/runtime/stage";
import type { SdnFacts } from "./facts.ts";

/** An endpoint's hosts, and why its software-defined network may have more than it shows us. */
export type ObservedOwner = { hosts: ObservedHosts; gaps: string[] };

/** Reads whose network it is. Throws ProxmoxAPIError as the client does. */
export async function observeOwner(ctx: StageContext, endpoint: ProxmoxEndpoint): Promise<ObservedOwner> {
  const { hosts, gaps } = await observeEndpoint(ctx, endpoint);
  return { hosts, gaps: gaps.sdn };
}

/** Reads the software-defined network of an item's endpoint; null when its server has none. Throws ProxmoxAPIError as the client does. */
export async function observeSdn(ctx: ItemContext): Promise<SdnFacts | null> {
  const client = proxmoxOf(ctx, endpointOf(ctx));
  const answer = await readSdn(client, ctx.signal);
  return answer.state === "none" ? null : { ...answer.sdn, ...(await readRouting(client, ctx.signal)) };
}

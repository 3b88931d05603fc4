import type { WireError } from "@proxbox/contracts/errors";
import { isEndpointFailure } from "@proxbox/proxmox/failures";
import { observeEndpoint } from "@proxbox/proxmox/observe-endpoint";
import type { ObservedHosts } from "@proxbox/proxmox/observe-hosts";
import { type NodeInterface, readNodeNetwork } from "@proxbox/proxmox/resources/node-network";
import { proxmoxOf } from "@proxbox/proxmox/session";
import type { ProxmoxEndpoint } from "@proxbox/runtime/endpoints";
import { ProxmoxAPIError, toWireError } from "@proxbox/runtime/errors";
import type { StageContext } from "@proxbox/runtime/stage";

/** What a node said of its network. `offline`: its cluster says that it is away, so it was not asked. */
export type NodeNetwork = { name: string; ip: string | null } & (
  | { state: "ok"; interfaces: NodeInterface[] }
  | { state: "offline" }
  | { state: "failed"; error: WireError }
);

/** An endpoint's hosts, and the network of each of its nodes. */
export type ObservedNetworks = { hosts: ObservedHosts; networks: NodeNetwork[] };

/**
 * Reads the network of an endpoint's nodes (GET /nodes/{node}/network). One that does not answer fails alone. Throws
 * ProxmoxAPIError when the endpoint itself cannot be read.
 */
export async function observeNetworks(ctx: StageContext, endpoint: ProxmoxEndpoint): Promise<ObservedNetworks> {
  const { hosts } = await observeEndpoint(ctx, endpoint);
  const client = proxmoxOf(ctx, endpoint);
  const networks = await Promise.all(
    hosts.nodes.map(async ({ name, ip, online }): Promise<NodeNetwork> => {
      if (!online) return { name, ip, state: "offline" };
      try {
        return { name, ip, state: "ok", interfaces: await readNodeNetwork(client, name, ctx.signal) };
      } catch (thrown) {
        if (!(thrown instanceof ProxmoxAPIError) || isEndpointFailure(thrown)) throw thrown;
        return { name, ip, state: "failed", error: toWireError(thrown, `node ${name}`) };
      }
    }),
  );
  return { hosts, networks };
}

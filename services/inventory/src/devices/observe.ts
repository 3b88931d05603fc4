import type { HostFacts } from "@proxbox/netbox/hosts/facts";
import { observeEndpoint } from "@proxbox/proxmox/observe-endpoint";
import type { ProxmoxEndpoint } from "@proxbox/runtime/endpoints";
import type { StageContext } from "@proxbox/runtime/stage";

/** Reads an endpoint's cluster and nodes; what else it shows is stored for the stages after. Throws ProxmoxAPIError. */
export async function observeHosts(ctx: StageContext, endpoint: ProxmoxEndpoint): Promise<HostFacts> {
  const { hosts } = await observeEndpoint(ctx, endpoint);
  return hosts;
}

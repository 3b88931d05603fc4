import type { HostFacts } from "@proxbox/netbox/hosts/facts";
import { observeHosts } from "@proxbox/proxmox/observe-hosts";
import { proxmoxOf } from "@proxbox/proxmox/session";
import type { ProxmoxEndpoint } from "@proxbox/runtime/endpoints";
import type { StageContext } from "@proxbox/runtime/stage";

/** Reads an endpoint's cluster and nodes. Throws ProxmoxAPIError as the client does. */
export async function observeEndpoint(ctx: StageContext, endpoint: ProxmoxEndpoint): Promise<HostFacts> {
  return observeHosts(ctx, proxmoxOf(ctx, endpoint), endpoint);
}

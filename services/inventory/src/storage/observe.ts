import type { HostFacts } from "@proxbox/netbox/hosts/facts";
import { observeHosts } from "@proxbox/proxmox/observe-hosts";
import { readStorages, type Storage } from "@proxbox/proxmox/resources/storage";
import { proxmoxOf } from "@proxbox/proxmox/session";
import type { ProxmoxEndpoint } from "@proxbox/runtime/endpoints";
import type { StageContext } from "@proxbox/runtime/stage";

/** An endpoint's storages, and the cluster they belong to. */
export type ObservedStorages = { facts: HostFacts; storages: Storage[] };

/** Reads an endpoint's storages and cluster. Throws ProxmoxAPIError as the client does. */
export async function observeStorages(ctx: StageContext, endpoint: ProxmoxEndpoint): Promise<ObservedStorages> {
  const client = proxmoxOf(ctx, endpoint);
  const [facts, storages] = await Promise.all([observeHosts(ctx, client, endpoint), readStorages(client, ctx.signal)]);
  return { facts, storages };
}

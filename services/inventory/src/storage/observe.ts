import { type ObservedEndpoint, observeEndpoint } from "@proxbox/proxmox/observe-endpoint";
import { readStorages, type Storage } from "@proxbox/proxmox/resources/storage";
import { proxmoxOf } from "@proxbox/proxmox/session";
import type { ProxmoxEndpoint } from "@proxbox/runtime/endpoints";
import type { StageContext } from "@proxbox/runtime/stage";

/** An endpoint's storages, the cluster they belong to, and why some may be missing from the list; null: none is. */
export type ObservedStorages = Pick<ObservedEndpoint, "hosts"> & { storages: Storage[]; doubt: string | null };

/** Reads an endpoint's storages and cluster. Throws ProxmoxAPIError as the client does. */
export async function observeStorages(ctx: StageContext, endpoint: ProxmoxEndpoint): Promise<ObservedStorages> {
  const [{ hosts, gaps }, storages] = await Promise.all([
    observeEndpoint(ctx, endpoint),
    readStorages(proxmoxOf(ctx, endpoint), ctx.signal),
  ]);
  return { hosts, storages, doubt: gaps.storages[0] ?? null };
}

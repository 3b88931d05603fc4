import type { Estate } from "@proxbox/estate/estates";
import { type ReplicationJob, readReplications } from "@proxbox/proxmox/resources/replication";
import { proxmoxOf } from "@proxbox/proxmox/session";
import type { StageContext } from "@proxbox/runtime/stage";

/** Reads the replication jobs of an endpoint. Throws ProxmoxAPIError as the client does. */
export async function observeReplications(ctx: StageContext, { endpoint }: Estate): Promise<ReplicationJob[]> {
  return readReplications(proxmoxOf(ctx, endpoint), ctx.signal);
}

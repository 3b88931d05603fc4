import type { ProxmoxEndpoint } from "@proxbox/runtime/endpoints";
import { type ListingGaps, listingGaps } from "./completeness.ts";
import { lastObservation, type ObservationContext, storedObservation, storeObservation } from "./observations.ts";
import { hostsOf, type ObservedHosts } from "./observe-hosts.ts";
import { readPermissions } from "./resources/access.ts";
import { readClusterStatus } from "./resources/cluster.ts";
import { type Listing, readListing } from "./resources/listing.ts";
import { readNodes } from "./resources/nodes.ts";
import { proxmoxOf } from "./session.ts";

/** What an endpoint shows at one time: its cluster and nodes, what it lists, and why that may be incomplete. */
export type ObservedEndpoint = { hosts: ObservedHosts; listing: Listing; gaps: ListingGaps };

const part = "listing";

/**
 * What an endpoint shows: as an earlier stage of the run saw it, or read now (GET /cluster/status, /nodes,
 * /cluster/resources, /access/permissions) and stored. Throws ProxmoxAPIError as the client does, and
 * `proxmox_forbidden` when the cluster's status is hidden from the token.
 */
export async function observeEndpoint(ctx: ObservationContext, endpoint: ProxmoxEndpoint): Promise<ObservedEndpoint> {
  const stored = await storedObservation<ObservedEndpoint>(ctx, endpoint.id, part);
  if (stored) return stored;
  const client = proxmoxOf(ctx, endpoint);
  const [status, nodes, listing, permissions] = await Promise.all([
    readClusterStatus(client, ctx.signal),
    readNodes(client, ctx.signal),
    readListing(client, ctx.signal),
    readPermissions(client, ctx.signal),
  ]);
  const observed: ObservedEndpoint = {
    hosts: hostsOf(endpoint, status, nodes, ctx.options.node_device_name_template),
    listing,
    gaps: listingGaps(permissions, status),
  };
  await storeObservation(ctx, endpoint.id, part, observed);
  return observed;
}

/** What the endpoint showed when a stage of this run looked last; null: none has. */
export function lastSeen(ctx: ObservationContext, endpoint: ProxmoxEndpoint): Promise<ObservedEndpoint | null> {
  return lastObservation<ObservedEndpoint>(ctx, endpoint.id, part);
}

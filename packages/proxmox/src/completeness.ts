import { hiddenBelow, holdsOn, type Permissions } from "./resources/access.ts";
import type { ClusterStatus } from "./resources/cluster.ts";

/**
 * Why a listing of an endpoint may lack something that is there: one sentence each, empty when it is complete. Only
 * a complete listing proves that something is gone.
 */
export type ListingGaps = { guests: string[]; storages: string[]; backups: string[]; sdn: string[] };

/**
 * Finds the gaps of a listing that was read without error; pure. GET /cluster/resources and GET /storage leave out
 * silently what we may not see, and a node that is offline answers for nothing.
 */
export function listingGaps(permissions: Permissions, status: ClusterStatus): ListingGaps {
  const estate = estateGaps(status);
  if (!holdsOn(permissions, "/", "Sys.Audit")) estate.push("Sys.Audit on / is missing, so nodes may be hidden.");
  const hidden = (path: string, privilege: string) =>
    hiddenBelow(permissions, path, privilege).map((at) => `${privilege} is missing or does not propagate on ${at}.`);
  const storages = [...estate, ...hidden("/storage", "Datastore.Audit")];
  // GET /nodes/{node}/storage/{storage}/content answers without error and leaves out the backups that may not be seen.
  const backups = [...hidden("/storage", "Datastore.AllocateSpace"), ...hidden("/vms", "VM.Backup")];
  const seesAll = hidden("/storage", "Datastore.Allocate").length === 0;
  return {
    guests: [...estate, ...hidden("/vms", "VM.Audit")],
    storages,
    backups: seesAll ? storages : [...storages, ...backups],
    // The cluster's configuration is the same on every node, so one that is away hides nothing of it.
    sdn: hidden("/sdn", "SDN.Audit"),
  };
}

function estateGaps(status: ClusterStatus): string[] {
  if (status.mode === "restricted") return ["The state of the cluster may not be read."];
  const gaps: string[] = [];
  if (status.nodes.length === 0) gaps.push("The cluster lists no node.");
  if (status.quorate === false) gaps.push("The cluster has no quorum.");
  for (const node of status.nodes) if (node.online !== true) gaps.push(`Node ${node.name} is not online.`);
  return gaps;
}

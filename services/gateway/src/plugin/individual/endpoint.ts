import type { StoredProxmoxEndpoint } from "@proxbox/contracts/endpoints";
import type { Bus } from "@proxbox/runtime/bus";
import { conflict, notFound, type RequestError } from "../../errors.ts";
import { askLive } from "../live-answers.ts";
import { selectEndpoints } from "../selection.ts";
import type { StageQuery } from "../stages/stage-query.ts";

type Row = Pick<StoredProxmoxEndpoint, "id" | "name" | "domain" | "ip_address" | "enabled">;

/** An endpoint and the name of its cluster, or why that could not be read. */
export type NamedEndpoint = { endpoint: Row; cluster: string } | { endpoint: Row; error: unknown };

/**
 * The one Proxmox endpoint that a query is about: by its id, or by the name of its cluster, which each endpoint is asked
 * for. Other names of an endpoint are none here: `ip_address` is a guest's.
 * Throws RequestError 404 when there is none, 409 when there are several, and why a cluster's name could not be read.
 */
export async function endpointFor(
  bus: Bus,
  query: StageQuery,
  rows: readonly Row[],
  signal: AbortSignal,
): Promise<Row> {
  const { source, proxmox_endpoint_ids, endpoint_ids, cluster_name: name } = query;
  const chosen = selectEndpoints({ source, proxmox_endpoint_ids, endpoint_ids }, rows);
  const [only, ...others] = chosen;
  // An endpoint's cluster may have another name in NetBox: whoever gives the id knows better.
  if (only && others.length === 0 && (proxmox_endpoint_ids?.trim() || endpoint_ids?.trim() || !name)) return only;
  if (!name)
    throw only ? conflict("Which Proxmox endpoint is meant?", "Give cluster_name or proxmox_endpoint_ids.") : none();
  return byCluster(await Promise.all(chosen.map((endpoint) => named(bus, endpoint, signal))), name);
}

/** The endpoint whose cluster has this name, in any case. Pure. Throws as `endpointFor` does. */
export function byCluster(endpoints: readonly NamedEndpoint[], name: string): Row {
  const found = endpoints.filter((one) => "cluster" in one && one.cluster.toLowerCase() === name.trim().toLowerCase());
  const [only, ...others] = found;
  if (only && others.length === 0) return only.endpoint;
  if (only) {
    const ids = found.map(({ endpoint }) => endpoint.id).join(", ");
    throw conflict(`The cluster ${name} is behind several Proxmox endpoints (${ids}).`, "Give proxmox_endpoint_ids.");
  }
  if (endpoints.length === 0) throw none();
  const failed = endpoints.find((one) => "error" in one);
  if (failed) throw failed.error;
  const known = endpoints.flatMap((one) => ("cluster" in one ? [one.cluster] : []));
  throw notFound(`No Proxmox endpoint serves a cluster ${name}.`, `Known: ${known.join(", ")}.`);
}

async function named(bus: Bus, endpoint: Row, signal: AbortSignal): Promise<NamedEndpoint> {
  try {
    const status = (await askLive(bus, "cluster-status", [endpoint], {}, signal)) as { type: string; name?: string }[];
    return { endpoint, cluster: status.find(({ type }) => type === "cluster")?.name ?? "" };
  } catch (error) {
    return { endpoint, error };
  }
}

function none(): RequestError {
  return notFound("There is no enabled Proxmox endpoint.", "Push one from NetBox.");
}

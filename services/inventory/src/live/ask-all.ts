import { nameWithoutPk } from "@proxbox/contracts/endpoints";
import type { ProxmoxClient } from "@proxbox/proxmox/client";
import { type ClusterStatus, readClusterStatus } from "@proxbox/proxmox/resources/cluster";
import type { ProxmoxEndpoint } from "@proxbox/runtime/endpoints";
import { ProxmoxAPIError } from "@proxbox/runtime/errors";
import { notThere } from "./failures.ts";
import type { Live } from "./live.ts";

/** One endpoint that is asked; the signal ends what is asked of it when another endpoint has failed. */
export type Source = { endpoint: ProxmoxEndpoint; client: ProxmoxClient; signal: AbortSignal };

/** An endpoint with its cluster. `name` is the cluster's, of a node without cluster the node's: what answers are keyed by. */
export type Site = Source & { name: string; status: ClusterStatus };

/**
 * Asks every endpoint at once; the answers are in the order of the endpoints. One that fails fails everything: a list without
 * what it holds would be taken for the whole. Throws what `ask` throws; ProxmoxAPIError `proxmox_timeout`, naming
 * the endpoint, when the time is over.
 */
export async function askAll<T>(live: Live, ask: (source: Source) => Promise<T>): Promise<T[]> {
  const end = new AbortController();
  const signal = AbortSignal.any([live.signal, end.signal]);
  const askOne = async (endpoint: ProxmoxEndpoint): Promise<T> => {
    try {
      return await ask({ endpoint, client: live.proxmox(endpoint), signal });
    } catch (thrown) {
      throw live.signal.aborted && !(thrown instanceof ProxmoxAPIError) ? tooLate(endpoint, thrown) : thrown;
    }
  };
  try {
    return await Promise.all(live.endpoints.map(askOne));
  } finally {
    end.abort();
  }
}

/** The same with the cluster behind each endpoint (GET /cluster/status). */
export function askClusters<T>(live: Live, ask: (site: Site) => Promise<T>): Promise<T[]> {
  return askAll(live, async (source) => ask(await siteOf(source)));
}

/**
 * Asks the endpoints whose cluster has a node, or all of them when none may be asked for its nodes. Throws ProxboxError
 * `live_not_found` when no endpoint has it.
 */
export async function askNode<T>(live: Live, node: string, ask: (site: Site) => Promise<T>): Promise<T[]> {
  const asked = await askClusters(live, async (site) => (hasNode(site, node) ? [await ask(site)] : []));
  const answers = asked.flat();
  if (answers.length === 0) throw notThere(`There is no node ${node} in ${namesOf(live)}.`);
  return answers;
}

async function siteOf(source: Source): Promise<Site> {
  const status = await readClusterStatus(source.client, source.signal);
  return { ...source, status, name: status.name ?? nameWithoutPk(source.endpoint.name) };
}

function hasNode({ status }: Site, node: string): boolean {
  return status.mode === "restricted" || status.nodes.some(({ name }) => name === node);
}

/** The endpoints of a question, as a sentence names them. */
export function namesOf({ endpoints }: Live): string {
  const names = endpoints.map(({ name }) => nameWithoutPk(name));
  return names.length === 0 ? "any Proxmox endpoint: none is configured" : `Proxmox endpoint ${names.join(", ")}`;
}

function tooLate({ name }: ProxmoxEndpoint, cause: unknown): ProxmoxAPIError {
  return new ProxmoxAPIError("proxmox_timeout", `Proxmox endpoint ${name} did not answer in time.`, {
    object: `endpoint ${name}`,
    retryable: true,
    next: "Check the load of its nodes and the network in between, then try again.",
    cause,
  });
}

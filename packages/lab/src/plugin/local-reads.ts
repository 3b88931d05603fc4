import { type Answer, ask, type Backend, failureOf } from "./backend.ts";
import { isObject } from "./frame-parser.ts";
import {
  type FirewallEntry,
  readClusterStatus,
  readCpuModels,
  readFirewall,
  readNodes,
  readResources,
  templatesOf,
} from "./shapes.ts";

/** What was read of an endpoint's cluster. */
export type ClusterRead = ReturnType<typeof readClusterStatus> & { details: ReturnType<typeof readNodes> };

/** Cluster and nodes of one endpoint, or why they could not be had. Throws ShapeError, which ends a job of any release. */
export async function readCluster(backend: Backend, id: number): Promise<ClusterRead | string> {
  const query = { proxmox_endpoint_ids: String(id) };
  const status = await ask(backend, "GET", "/proxmox/cluster/status", { query });
  const failure = failureOf(status);
  if (failure !== null) return `HTTP error syncing cluster/nodes: ${failure}`;
  const nodes = await ask(backend, "GET", "/proxmox/nodes/", { query });
  const read = readClusterStatus(status.json);
  if (!read.cluster && read.nodes.length === 0) return "No cluster data returned from the backend";
  // What nodes tell of themselves is not needed to go on.
  return { ...read, details: failureOf(nodes) === null ? readNodes(nodes.json) : [] };
}

/** The firewall of some endpoints, or why it could not be had. Throws ShapeError. */
export async function readFirewallSummary(backend: Backend, ids: readonly number[]): Promise<FirewallEntry[] | string> {
  const answer = await ask(backend, "GET", "/proxmox/firewall/summary", { query: scope(ids) });
  return listOr(answer, readFirewall, "the firewall");
}

/** The rules of a node, or why they could not be had, which is only a warning. */
export async function readNodeRules(backend: Backend, id: number, node: string): Promise<unknown[] | string> {
  const path = `/proxmox/firewall/nodes/${encodeURIComponent(node)}/rules`;
  const answer = await ask(backend, "GET", path, { query: scope([id]) });
  return listOr(answer, (json) => (Array.isArray(json) ? json : null), `the firewall of node ${node}`);
}

/** The names of the CPU models of some endpoints, or why they could not be had. Throws ShapeError. */
export async function readModels(backend: Backend, ids: readonly number[]): Promise<string[] | string> {
  const answer = await ask(backend, "GET", "/proxmox/datacenter/cpu-models", { query: scope(ids) });
  return listOr(answer, readCpuModels, "the CPU models");
}

/** The templates of an endpoint with their configurations (null: it could not be read), or why they could not be had. */
export async function readTemplates(
  backend: Backend,
  id: number,
): Promise<{ vmid: number; config: Record<string, unknown> | null }[] | string> {
  const answer = await ask(backend, "GET", "/proxmox/cluster/resources", { query: { type: "vm", ...scope([id]) } });
  const failure = failureOf(answer);
  if (failure !== null) return failure;
  const templates = [];
  for (const { node, type, vmid } of templatesOf(readResources(answer.json))) {
    const path = `/proxmox/${encodeURIComponent(node)}/${type}/${vmid}/config`;
    const config = await ask(backend, "GET", path, { query: scope([id]) });
    templates.push({ vmid, config: failureOf(config) === null && isObject(config.json) ? config.json : null });
  }
  return templates;
}

/** The time zone of a node of an endpoint, by the name of its row; null whatever goes wrong. */
export async function readTimeZone(backend: Backend, row: string, node: string): Promise<string | null> {
  const query = { source: "database", target_name: row };
  const { status, json } = await ask(backend, "GET", `/proxmox/api2/nodes/${encodeURIComponent(node)}/time`, {
    query,
    seconds: 10,
  });
  return status === 200 && isObject(json) && typeof json.timezone === "string" ? json.timezone : null;
}

function scope(ids: readonly number[]): Record<string, string> {
  return { source: "database", proxmox_endpoint_ids: ids.join(",") };
}

function listOr<T>(answer: Answer, read: (json: unknown) => T[] | null, what: string): T[] | string {
  const failure = failureOf(answer);
  if (failure !== null) return `HTTP error fetching ${what}: ${failure}`;
  return read(answer.json) ?? `Unexpected response: ${what} came as no list.`;
}

import { ask, type Backend, failureOf } from "./backend.ts";
import { isObject } from "./frame-parser.ts";

/** What may be synchronised by itself, and the parameters that each call has, in the plugin's order. */
export const individualKinds = {
  cluster: ["cluster_name"],
  node: ["cluster_name", "node_name"],
  vm: ["cluster_name", "node", "type", "vmid"],
  storage: ["cluster_name", "storage_name"],
  interface: ["cluster_name", "node", "type", "vmid", "interface_name"],
  ip: ["cluster_name", "node", "type", "vmid", "ip_address"],
  disk: ["cluster_name", "node", "type", "vmid", "disk_name"],
  replication: ["cluster_name", "replication_id"],
  backup: ["cluster_name", "node", "storage", "vmid", "volid"],
  snapshot: ["cluster_name", "node", "type", "vmid", "snapshot_name"],
  "task-history": ["node", "type", "vmid"],
} as const;

/** A kind of object with a call of its own. */
export type IndividualKind = keyof typeof individualKinds;

/** One call with what it came to. */
export type IndividualCall = {
  kind: IndividualKind;
  params: Record<string, string>;
  status: number;
  body: Record<string, unknown>;
};

/** Everything that is taken over from an object to what it brings along. */
const handedOn = [...new Set(Object.values(individualKinds).flat())].filter((key) => key !== "node_name");

/** What a dependency is called where its own parameter is absent. */
const named: Partial<Record<IndividualKind, string>> = {
  cluster: "cluster_name",
  node: "node_name",
  storage: "storage_name",
  snapshot: "snapshot_name",
  interface: "interface_name",
  ip: "ip_address",
  disk: "disk_name",
  replication: "replication_id",
};

/**
 * Synchronises one object as the plugin's "Sync now" does, and then, depth first, everything the backend says it made or
 * changed with it; no call twice. The first call of the result is the object's own. `endpoint` is the backend's id.
 */
export async function syncOne(
  backend: Backend,
  kind: IndividualKind,
  params: Record<string, string>,
  endpoint: number | null,
): Promise<IndividualCall[]> {
  const made = new Set<string>();
  const follow = async (of: IndividualKind, own: Record<string, string>, context: Record<string, string>) => {
    const sent = { ...pick(context), ...own };
    const key = JSON.stringify([of, Object.entries(sent).sort()]);
    if (made.has(key)) return [];
    made.add(key);
    const call = await callOne(backend, of, sent, endpoint);
    const calls = [call];
    if (call.status !== 200) return calls;
    const { dependencies_synced: dependencies = [] } = call.body;
    // Null instead of a list raises in the plugin.
    if (!Array.isArray(dependencies)) throw new TypeError("dependencies_synced is no list.");
    for (const dependency of dependencies.filter(isObject)) {
      const { object_type: type, action } = dependency;
      if (!isKind(type) || (action !== "created" && action !== "updated")) continue;
      calls.push(...(await follow(type, paramsOf(type, dependency, sent), { ...sent, ...pick(dependency) })));
    }
    return calls;
  };
  return follow(kind, params, {});
}

async function callOne(
  backend: Backend,
  kind: IndividualKind,
  params: Record<string, string>,
  endpoint: number | null,
): Promise<IndividualCall> {
  const query = endpoint === null ? params : { ...params, proxmox_endpoint_ids: String(endpoint) };
  const answer = await ask(backend, "GET", `/sync/individual/${kind}`, { query });
  const failure = failureOf(answer);
  if (failure !== null) return { kind, params, status: answer.status || 503, body: { error: failure } };
  if (answer.json === undefined) return { kind, params, status: 502, body: { error: "The answer is no JSON." } };
  return { kind, params, status: answer.status, body: isObject(answer.json) ? answer.json : { response: answer.json } };
}

function paramsOf(kind: IndividualKind, dependency: Record<string, unknown>, context: Record<string, string>) {
  const entries = individualKinds[kind].map((key) => {
    const own = dependency[key] ?? (named[kind] === key ? dependency.name : undefined);
    return [key, own === undefined || own === null || own === "" ? (context[key] ?? "") : String(own)] as const;
  });
  return Object.fromEntries(entries);
}

function pick(from: Record<string, unknown>): Record<string, string> {
  const entries = handedOn.flatMap((key) => {
    const value = from[key];
    return value === undefined || value === null || value === "" ? [] : [[key, String(value)] as const];
  });
  return Object.fromEntries(entries);
}

function isKind(type: unknown): type is IndividualKind {
  return typeof type === "string" && type in individualKinds;
}

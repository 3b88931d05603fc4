import type { JsonObject } from "../netbox/model.ts";
import type { SimulatedNetBox } from "../netbox/server.ts";
import type { PluginEndpoint } from "./endpoint-rows.ts";
import type { ClusterRecord, NodeDetail, NodeRecord } from "./shapes.ts";

const path = {
  endpoints: "plugins/proxbox/endpoints/proxmox",
  clusters: "plugins/proxbox/proxmox-clusters",
  nodes: "plugins/proxbox/proxmox-nodes",
  states: "plugins/proxbox/sync-state/virtual-machines",
} as const;

type Row = JsonObject & { id: number };

/**
 * Stores what the plugin itself writes of an endpoint's cluster and nodes, past the API, as its models do: a row is found by
 * endpoint and name and overwritten, and nodes that were not told go. Links that the backend made stay.
 */
export function storeCluster(
  netbox: SimulatedNetBox,
  { pk, name }: PluginEndpoint,
  { cluster, nodes }: { cluster: ClusterRecord | null; nodes: readonly NodeRecord[] },
  details: readonly NodeDetail[],
): void {
  const mode = nodes.length === 1 ? "standalone" : cluster ? "cluster" : "undefined";
  netbox.edit(path.endpoints, pk, { mode });
  const stored =
    cluster &&
    store(netbox, path.clusters, pk, cluster.name ?? name, {
      cluster_id: cluster.id ?? "",
      mode,
      nodes_count: cluster.nodes || nodes.length,
      quorate: cluster.quorate,
      version: cluster.version,
    });
  const told = nodes.map((node) => node.name ?? node.id ?? "").filter((one) => one !== "");
  for (const row of rowsOf(netbox, path.nodes, pk))
    if (!told.includes(String(row.name))) netbox.remove(path.nodes, row.id);
  for (const node of nodes) {
    const detail = details.find((one) => one.node === node.name);
    store(netbox, path.nodes, pk, node.name ?? node.id ?? "", {
      proxmox_cluster: stored,
      node_id: node.nodeid,
      ip_address: node.ip,
      online: node.online,
      local: node.local,
      ...(detail && {
        cpu_usage: detail.cpu,
        max_cpu: detail.maxcpu,
        memory_usage: detail.mem,
        max_memory: detail.maxmem,
        ssl_fingerprint: detail.ssl_fingerprint ?? "",
        support_level: detail.level ?? "",
        location: detail.location ?? "",
      }),
    });
  }
}

/** The names of the nodes that NetBox has of an endpoint. */
export function nodeNames(netbox: SimulatedNetBox, { pk }: PluginEndpoint): string[] {
  return rowsOf(netbox, path.nodes, pk).map((row) => String(row.name));
}

/**
 * Binds the machines without an endpoint that the backend says it had from one of `ids` (by number in NetBox): where a
 * cluster or node is linked, and each that is linked belongs to it. Returns how many could not be bound.
 */
export function bindMachines(netbox: SimulatedNetBox, ids: ReadonlyMap<number, number>): number {
  const ownersOf = (state: Row) =>
    Object.entries(ownedLinks).flatMap(([column, table]) => {
      const linked = idOf(state[column]);
      if (linked === null) return [];
      return [idOf((netbox.rows(table) as Row[]).find(({ id }) => id === linked)?.endpoint)];
    });
  let unbound = 0;
  for (const state of netbox.rows(path.states) as Row[]) {
    if (state.endpoint !== null) continue;
    const [pk] = [...ids].find(([, id]) => String(id) === String(state.proxmox_endpoint_raw_id)) ?? [];
    const owners = ownersOf(state);
    if (pk === undefined || owners.length === 0 || owners.some((owner) => owner !== pk)) unbound++;
    else netbox.edit(path.states, state.id, { endpoint: pk });
  }
  return unbound;
}

/** What tells whose a machine is, and the table it leads to. */
const ownedLinks = { proxmox_cluster: path.clusters, proxmox_node: path.nodes };

function store(netbox: SimulatedNetBox, table: string, endpoint: number, name: string, values: JsonObject): number {
  const found = rowsOf(netbox, table, endpoint).find((row) => row.name === name);
  if (!found) return (netbox.insert(table, { endpoint, name, ...values }) as Row).id;
  netbox.edit(table, found.id, values);
  return found.id;
}

function rowsOf(netbox: SimulatedNetBox, table: string, endpoint: number): Row[] {
  return (netbox.rows(table) as Row[]).filter((row) => idOf(row.endpoint) === endpoint);
}

function idOf(value: unknown): number | null {
  return typeof value === "number" ? value : ((value as { id: number } | null)?.id ?? null);
}

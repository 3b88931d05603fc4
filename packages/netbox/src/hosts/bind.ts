import { clusterNamesOf, deviceNameOf, type HostFacts, slugOf } from "./facts.ts";

/** The rows of NetBox that tell which cluster and device stand for which Proxmox cluster and node. */
export type HostRows = {
  /** The plugin's Proxmox endpoints. */
  endpoints: { id: number; name: string }[];
  proxmoxClusters: { id: number; endpoint: number; name: string; cluster: number | null }[];
  proxmoxNodes: { id: number; endpoint: number; name: string; device: number | null }[];
  clusterStates: { cluster: number; name: string; proxmoxCluster: number | null }[];
  deviceStates: { device: number; node: string; cluster: string; endpoint: number | null }[];
  clusters: { id: number; name: string; site: number | null; ours: boolean }[];
  devices: { id: number; name: string; site: number; cluster: number | null; ours: boolean }[];
  /** Site and tenant each endpoint's owner chose, looked up; absent: none chosen, null: chosen and not found. */
  sites: Record<number, number | null>;
  tenants: Record<number, number | null>;
};

/** A site by its id, or the default site of a cluster, which is made when missing. */
export type SiteBinding = { id: number } | { slug: string; name: string };

/** Which device stands for a node, under which name, and the plugin's row of the node; null ids: to be created. */
export type NodeBinding = {
  device: number | null;
  proxmoxNode: number | null;
  name: string;
  rename: boolean;
  site: SiteBinding;
};

/** Which NetBox objects stand for one endpoint's cluster and nodes; a null id: none yet, it is to be created. */
export type HostBinding = {
  endpoint: number;
  pluginEndpoint: number | null;
  cluster: { id: number | null; name: string };
  /** The plugin's row of the Proxmox cluster, when there is one already. */
  proxmoxCluster: number | null;
  site: SiteBinding;
  /** Whether the cluster has to leave the site it is in; devices go first, NetBox refuses it otherwise. */
  moves: boolean;
  /** Whether the cluster's scope is ours to write: not where an operator left it open or chose something else than a site. */
  scope: boolean;
  tenant: number | null;
  nodes: Record<string, NodeBinding>;
  /** Why this endpoint cannot be placed. */
  problem: { message: string; field: string; next: string } | null;
};

/**
 * Finds, for every endpoint of a run at once, the NetBox cluster and devices that stand for it. Pure.
 * A link that was written before wins; a name is the last resort. It takes only what carries our tag or stands in the
 * site that was chosen for the endpoint, and nothing that another endpoint holds: two clusters of one name stay two.
 */
export function bindHosts(all: HostFacts[], rows: HostRows): HostBinding[] {
  const takenClusters = new Set<number>();
  const takenDevices = new Set<number>();
  const takenNames = new Set<string>();
  const ordered = [...all].sort((left, right) => left.endpoint - right.endpoint);
  const linked = new Map(ordered.map((facts) => [facts.endpoint, linkedCluster(facts, rows)]));
  for (const id of linked.values()) if (id !== null) takenClusters.add(id);
  return ordered.map((facts) => {
    const pluginEndpoint = pluginEndpointOf(facts, rows);
    const clusterId = linked.get(facts.endpoint) ?? clusterByName(facts, pluginEndpoint, rows, takenClusters);
    if (clusterId !== null) takenClusters.add(clusterId);
    const row = rows.clusters.find((cluster) => cluster.id === clusterId) ?? null;
    const name = row?.name ?? freeClusterName(facts, rows, takenNames);
    takenNames.add(name.toLowerCase());
    const chosen = rows.sites[facts.endpoint];
    const site: SiteBinding =
      chosen != null
        ? { id: chosen }
        : row?.site != null
          ? { id: row.site }
          : {
              slug: `proxmox-default-site-${slugOf(name)}`.slice(0, 100),
              name: `Proxmox Default Site - ${name}`.slice(0, 100),
            };
    return {
      endpoint: facts.endpoint,
      pluginEndpoint,
      cluster: { id: row ? row.id : null, name },
      proxmoxCluster:
        rows.proxmoxClusters.find((own) => own.endpoint === pluginEndpoint && own.name === facts.cluster.name)?.id ??
        null,
      site,
      moves: row !== null && chosen != null && row.site !== chosen,
      scope: row === null || row.site !== null || chosen != null,
      tenant: rows.tenants[facts.endpoint] ?? null,
      nodes: bindNodes(facts, pluginEndpoint, row, site, rows, chosen != null, takenDevices),
      problem: problemOf(facts, rows),
    };
  });
}

function pluginEndpointOf(facts: HostFacts, rows: HostRows): number | null {
  if (facts.pluginEndpoint !== null && rows.endpoints.some((row) => row.id === facts.pluginEndpoint))
    return facts.pluginEndpoint;
  const named = rows.endpoints.filter((row) => row.name.toLowerCase() === facts.endpointName.toLowerCase());
  return named.length === 1 && named[0] ? named[0].id : null;
}

function linkedCluster(facts: HostFacts, rows: HostRows): number | null {
  const endpoint = pluginEndpointOf(facts, rows);
  if (endpoint === null) return null;
  const own = rows.proxmoxClusters.filter((row) => row.endpoint === endpoint);
  // One endpoint serves one cluster: a single row under another name is that cluster before it was renamed.
  const match = own.find((row) => row.name === facts.cluster.name) ?? (own.length === 1 ? own[0] : undefined);
  if (!match) return null;
  if (match.cluster !== null) return match.cluster;
  return rows.clusterStates.find((state) => state.proxmoxCluster === match.id)?.cluster ?? null;
}

function clusterByName(
  facts: HostFacts,
  pluginEndpoint: number | null,
  rows: HostRows,
  taken: Set<number>,
): number | null {
  const foreign = new Set(
    rows.proxmoxClusters
      .filter((row) => row.endpoint !== pluginEndpoint && row.cluster !== null)
      .map((row) => row.cluster),
  );
  const chosen = rows.sites[facts.endpoint];
  const handedOver = (row: HostRows["clusters"][number]) => row.ours || (chosen != null && row.site === chosen);
  const free = rows.clusters.filter((row) => handedOver(row) && !taken.has(row.id) && !foreign.has(row.id));
  // The name that only this endpoint can have given comes first: the plain one may be another's.
  const byName = clusterNamesOf(facts)
    .map((name) => free.filter((row) => row.name.toLowerCase() === name.toLowerCase()))
    .findLast((found) => found.length > 0);
  return byName?.length === 1 && byName[0] ? byName[0].id : null;
}

function freeClusterName(facts: HostFacts, rows: HostRows, taken: Set<string>): string {
  const used = (name: string) =>
    taken.has(name.toLowerCase()) || rows.clusters.some((row) => row.name.toLowerCase() === name.toLowerCase());
  const names = clusterNamesOf(facts);
  return names.find((name) => !used(name)) ?? names[names.length - 1] ?? facts.cluster.name;
}

function bindNodes(
  facts: HostFacts,
  pluginEndpoint: number | null,
  cluster: HostRows["clusters"][number] | null,
  site: SiteBinding,
  rows: HostRows,
  chosen: boolean,
  taken: Set<number>,
) {
  const bound: HostBinding["nodes"] = {};
  for (const node of facts.nodes) {
    const device =
      linkedDevice(node.name, pluginEndpoint, rows, taken) ??
      deviceByName(facts, node.name, pluginEndpoint, cluster, site, rows, taken);
    if (device) taken.add(device.id);
    const wanted = deviceNameOf(facts, node.name);
    const rename = device !== null && device.name !== wanted && device.name === node.name;
    const clash =
      device === null &&
      "id" in site &&
      rows.devices.some((row) => row.site === site.id && row.name.toLowerCase() === wanted.toLowerCase());
    const name =
      device && !rename ? device.name : clash ? `${wanted.slice(0, 40)} (${facts.cluster.name.slice(0, 20)})` : wanted;
    const proxmoxNode =
      rows.proxmoxNodes.find((row) => row.endpoint === pluginEndpoint && row.name === node.name)?.id ?? null;
    // A cluster without a site takes devices of any site, so a device stays where it is.
    const own: SiteBinding = device && cluster && cluster.site === null && !chosen ? { id: device.site } : site;
    bound[node.name] = { device: device?.id ?? null, proxmoxNode, name, rename, site: own };
  }
  return bound;
}

function linkedDevice(node: string, pluginEndpoint: number | null, rows: HostRows, taken: Set<number>) {
  if (pluginEndpoint === null) return null;
  const id =
    rows.proxmoxNodes.find((row) => row.endpoint === pluginEndpoint && row.name === node)?.device ??
    rows.deviceStates.find((state) => state.endpoint === pluginEndpoint && state.node === node)?.device ??
    null;
  return rows.devices.find((row) => row.id === id && !taken.has(row.id)) ?? null;
}

function deviceByName(
  facts: HostFacts,
  node: string,
  pluginEndpoint: number | null,
  cluster: HostRows["clusters"][number] | null,
  site: SiteBinding,
  rows: HostRows,
  taken: Set<number>,
) {
  const names = new Set([node.toLowerCase(), deviceNameOf(facts, node).toLowerCase()]);
  const claimed = new Set<number | null>([
    ...rows.proxmoxNodes.filter((row) => row.endpoint !== pluginEndpoint || row.name !== node).map((row) => row.device),
    ...rows.deviceStates
      .filter((state) => state.endpoint !== null && state.endpoint !== pluginEndpoint)
      .map((state) => state.device),
  ]);
  const free = rows.devices.filter(
    (row) => names.has(row.name.toLowerCase()) && !claimed.has(row.id) && !taken.has(row.id),
  );
  const stated = (row: { id: number }) =>
    rows.deviceStates.some(
      (state) =>
        state.device === row.id &&
        state.node === node &&
        state.cluster.toLowerCase() === facts.cluster.name.toLowerCase(),
    );
  const otherCluster = (row: { cluster: number | null }) => row.cluster !== null && row.cluster !== cluster?.id;
  return (
    free.find((row) => stated(row) && !otherCluster(row)) ??
    free.find((row) => cluster !== null && row.cluster === cluster.id) ??
    free.find((row) => "id" in site && row.site === site.id && !otherCluster(row)) ??
    free.find((row) => row.ours && !otherCluster(row)) ??
    null
  );
}

function problemOf(facts: HostFacts, rows: HostRows): HostBinding["problem"] {
  for (const [field, found, choice] of [
    ["site", rows.sites[facts.endpoint], facts.site],
    ["tenant", rows.tenants[facts.endpoint], facts.tenant],
  ] as const) {
    if (found !== null) continue;
    const asked = choice.id ?? choice.slug ?? choice.name;
    return {
      message: `The ${field} "${asked}" that is set for Proxmox endpoint ${facts.endpointName} does not exist in NetBox.`,
      field,
      next: `Create the ${field} in NetBox, or choose another one for the endpoint.`,
    };
  }
  return null;
}

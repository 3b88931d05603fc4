import { bindNodes, goneNodesOf } from "./bind-nodes.ts";
import { clusterNamesOf, deviceNameOf, type HostFacts, slugOf } from "./facts.ts";
import type { DefaultRoles, HostRows } from "./rows.ts";
import { type ConfiguredEndpoint, findTwins, type Kinship, ownersOf } from "./twins.ts";

/** A site by its id, or the default site of a cluster, which is made when missing. */
export type SiteBinding = { id: number } | { slug: string; name: string };

/** Which device stands for a node, under which name, and the plugin's row of the node; null ids: to be created. */
export type NodeBinding = {
  device: number | null;
  proxmoxNode: number | null;
  name: string;
  rename: boolean;
  site: SiteBinding;
  /** The roles an operator chose for the machines on it, or on all nodes of its endpoint. */
  roles: DefaultRoles;
};

/** The plugin's row of a node that its cluster does not have any more, and the device that stood for it. */
export type GoneNode = {
  proxmoxNode: number;
  name: string;
  device: { id: number; name: string; ours: boolean } | null;
};

/** Which NetBox objects stand for one endpoint's cluster and nodes; a null id: none yet, it is to be created. */
export type HostBinding = {
  endpoint: number;
  pluginEndpoint: number | null;
  /** Name of another endpoint that shows the same Proxmox cluster and has it already: nothing is written for this one. */
  twin: string | null;
  /** The plugin's ids of the other configured endpoints. A row of any other endpoint is a relic of one that is gone. */
  others: number[];
  /** Whether rows of an endpoint that is gone are of this cluster and have to be made this endpoint's. */
  takesOver: boolean;
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
  goneNodes: GoneNode[];
  /** Why this endpoint cannot be placed. */
  problem: { message: string; field: string; next: string } | null;
};

/**
 * Finds, for every endpoint of a run at once, the NetBox cluster and devices that stand for it. Pure.
 * A link that was written before wins; a name is the last resort. It takes only what carries our tag, stands in the site
 * that was chosen for the endpoint or has one of its nodes that carries our tag, and nothing that another endpoint holds:
 * two clusters of one name stay two, and one cluster behind two endpoints stays one.
 */
export function bindHosts(
  all: HostFacts[],
  rows: HostRows,
  configured: readonly ConfiguredEndpoint[] = [],
): HostBinding[] {
  const kinships = findTwins(all, rows, configured);
  const takenClusters = new Set<number>();
  const takenDevices = new Set<number>();
  const takenNames = new Set<string>();
  const ordered = all
    .flatMap((facts) => {
      const kinship = kinships.get(facts.endpoint);
      return kinship ? [{ facts, kinship, row: clusterRowOf(facts, kinship, rows) }] : [];
    })
    .sort((left, right) => left.facts.endpoint - right.facts.endpoint);
  const linked = new Map(ordered.map(({ facts, row }) => [facts.endpoint, linkedCluster(row, rows)]));
  for (const id of linked.values()) if (id !== null) takenClusters.add(id);
  return ordered.map(({ facts, kinship, row: proxmoxCluster }) => {
    const { pluginEndpoint, others } = kinship;
    if (kinship.twin !== null) return twinBinding(facts, kinship);
    const clusterId = linked.get(facts.endpoint) ?? clusterByName(facts, kinship, rows, takenClusters);
    if (clusterId !== null) takenClusters.add(clusterId);
    const row = rows.clusters.find((cluster) => cluster.id === clusterId) ?? null;
    const name = row?.name ?? freeClusterName(facts, rows, takenNames);
    takenNames.add(name.toLowerCase());
    const chosen = rows.sites[facts.endpoint];
    const site: SiteBinding =
      chosen != null ? { id: chosen } : row?.site != null ? { id: row.site } : defaultSiteOf(name);
    const nodes = bindNodes(facts, kinship, row, site, rows, chosen != null, takenDevices);
    const held = [
      proxmoxCluster,
      ...rows.proxmoxNodes.filter(({ id }) => Object.values(nodes).some((node) => node.proxmoxNode === id)),
    ];
    return {
      endpoint: facts.endpoint,
      pluginEndpoint,
      twin: null,
      others,
      takesOver: pluginEndpoint !== null && held.some((own) => own !== null && own.endpoint !== pluginEndpoint),
      cluster: { id: row ? row.id : null, name },
      proxmoxCluster: proxmoxCluster?.id ?? null,
      site,
      moves: row !== null && chosen != null && row.site !== chosen,
      scope: row === null || row.site !== null || chosen != null,
      tenant: rows.tenants[facts.endpoint] ?? null,
      nodes,
      goneNodes: goneNodesOf(facts, pluginEndpoint, rows),
      problem: problemOf(facts, rows),
    };
  });
}

function twinBinding(facts: HostFacts, { pluginEndpoint, twin, others }: Kinship): HostBinding {
  const { name } = facts.cluster;
  return {
    endpoint: facts.endpoint,
    pluginEndpoint,
    twin,
    others,
    takesOver: false,
    cluster: { id: null, name },
    proxmoxCluster: null,
    site: defaultSiteOf(name),
    moves: false,
    scope: false,
    tenant: null,
    nodes: {},
    goneNodes: [],
    problem: null,
  };
}

function defaultSiteOf(cluster: string): SiteBinding {
  return {
    slug: `proxmox-default-site-${slugOf(cluster)}`.slice(0, 100),
    name: `Proxmox Default Site - ${cluster}`.slice(0, 100),
  };
}

function clusterRowOf(facts: HostFacts, kinship: Kinship, rows: HostRows): HostRows["proxmoxClusters"][number] | null {
  for (const endpoint of ownersOf(kinship)) {
    const own = rows.proxmoxClusters.filter((row) => row.endpoint === endpoint);
    // One endpoint serves one cluster: a single row under another name is that cluster before it was renamed.
    const match = own.find((row) => row.name === facts.cluster.name) ?? (own.length === 1 ? own[0] : undefined);
    if (match) return match;
  }
  return null;
}

function linkedCluster(row: HostRows["proxmoxClusters"][number] | null, rows: HostRows): number | null {
  if (!row) return null;
  return row.cluster ?? rows.clusterStates.find((state) => state.proxmoxCluster === row.id)?.cluster ?? null;
}

function clusterByName(facts: HostFacts, kinship: Kinship, rows: HostRows, taken: Set<number>): number | null {
  const owners = ownersOf(kinship);
  const foreign = new Set(
    rows.proxmoxClusters
      .filter((row) => !owners.includes(row.endpoint) && row.cluster !== null)
      .map((row) => row.cluster),
  );
  const chosen = rows.sites[facts.endpoint];
  const nodes = new Set(facts.nodes.flatMap(({ name }) => [name, deviceNameOf(facts, name)]));
  const hosts = rows.devices.filter(({ ours, name }) => ours && nodes.has(name));
  const handedOver = (row: HostRows["clusters"][number]) =>
    row.ours || (chosen != null && row.site === chosen) || hosts.some(({ cluster }) => cluster === row.id);
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

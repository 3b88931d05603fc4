/** Which site or tenant an endpoint's owner chose; null: none. Looked up by id, then slug, then name. */
export type Choice = { id: number | null; slug: string | null; name: string | null };

/** A Proxmox node, in plain words, as NetBox will know it. */
export type NodeFacts = {
  name: string;
  nodeId: number | null;
  /** Without mask; null when Proxmox does not tell. */
  ip: string | null;
  online: boolean;
  /** Whether it is the node that answered. */
  local: boolean;
  maxCpu: number | null;
  /** Bytes. */
  maxMemory: number | null;
  fingerprint: string;
  supportLevel: string;
};

/** What one Proxmox endpoint says about its cluster and nodes: the hosts of its guests. */
export type HostFacts = {
  /** Our id of the endpoint. */
  endpoint: number;
  /** Its name without the plugin's suffix. */
  endpointName: string;
  /** Id of its row in NetBox as its name tells, if it does. */
  pluginEndpoint: number | null;
  site: Choice;
  tenant: Choice;
  /** Name of a node's device; placeholders {node} {cluster} {cluster_slug} {endpoint}. Null: as the plugin's settings say. */
  nameTemplate: string | null;
  cluster: {
    /** Name of the Proxmox cluster, or of the node when it stands alone. */
    name: string;
    mode: "cluster" | "standalone";
    /** Proxmox's own id, e.g. `cluster/pve`. */
    id: string;
    quorate: boolean;
    /** Version of the cluster's configuration. */
    version: number | null;
  };
  nodes: NodeFacts[];
};

/** Lower case, runs of anything but `a-z 0-9` as one dash, none at the ends; never empty. */
export function slugOf(text: string, empty = "cluster"): string {
  const slug = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
  return slug.slice(0, 100).replace(/-+$/, "") || empty;
}

/** The NetBox name of a node's device: the template filled in, without one the node's own; at most 64 characters. */
export function deviceNameOf(facts: HostFacts, node: string): string {
  const filled = (facts.nameTemplate ?? "{node}")
    .replaceAll("{node}", node)
    .replaceAll("{cluster_slug}", slugOf(facts.cluster.name))
    .replaceAll("{cluster}", facts.cluster.name)
    .replaceAll("{endpoint}", facts.endpointName)
    .trim();
  return filled.slice(0, 64).trim() || node.slice(0, 64);
}

/** The names a Proxmox cluster may have in NetBox, at most 100 characters: the first that is free when it is made. */
export function clusterNamesOf({ cluster, endpoint, endpointName }: HostFacts): string[] {
  const name = cluster.name.slice(0, 100);
  return [name, `${name} (${endpointName})`.slice(0, 100), `${name.slice(0, 80)} (endpoint ${endpoint})`];
}

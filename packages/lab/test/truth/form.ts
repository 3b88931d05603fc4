import type { EstateCluster, EstateGuest, EstateNode } from "../../src/proxmox/estate.ts";

/** Columns of one row; references are the keys of the rows they lead to, tags are sorted slugs. */
export type Columns = Record<string, unknown>;

/** Rows of NetBox by path and key, in the form of `seen.ts`. */
export type Truth = Record<string, Record<string, Columns>>;

/** An endpoint that NetBox should show: its estate, its web address and its id in our gateway. */
export type Shown = {
  cluster: EstateCluster;
  url: string;
  id: number;
  /** What stands for its cluster in NetBox where that is not told by its name: the cluster's name and its site's slug. */
  place?: { cluster: string; site: string };
};

/** What is not in the estate and yet decides what NetBox should hold. */
export type Circumstances = {
  /** Names that machines have already, by key; the others take theirs as in a first run. */
  names?: Record<string, string>;
  /** The option parse_description_metadata. */
  metadata?: boolean;
};

/** What the plugin calls an endpoint; it stands first in the keys of everything behind it. */
export function endpointOf({ cluster }: Shown): string {
  return cluster.endpoint;
}

/** The slug of the site of an endpoint's cluster, and the name of that cluster in NetBox. */
export function placeOf({ cluster, place }: Shown): { cluster: string; site: string } {
  return place ?? { cluster: cluster.name, site: `proxmox-default-site-${slug(cluster.name)}` };
}

/** The key of a guest's machine and of its sidecar. */
export function keyOf(endpoint: string, guest: Pick<EstateGuest, "type" | "vmid">): string {
  return `${endpoint}/${guest.type}/${guest.vmid}`;
}

/** The key of a node's device. */
export function deviceOf(shown: Shown, node: string): string {
  return `${placeOf(shown).site}/${node}`;
}

/** Guests of which something is known: neither hidden nor on a node that is offline. */
export function knownGuests({ cluster }: Shown): EstateGuest[] {
  return [...cluster.guests.values()].filter(
    (guest) => nodeOf(cluster, guest).online && !cluster.hidden.has(guest.vmid),
  );
}

/** The node a guest is on. */
export function nodeOf(cluster: EstateCluster, guest: EstateGuest): EstateNode {
  return cluster.nodes.find((node) => node.name === guest.node) as EstateNode;
}

/** One truth of several that speak of different rows. */
export function merged(...truths: readonly Truth[]): Truth {
  const all: Truth = {};
  for (const truth of truths) {
    for (const [path, rows] of Object.entries(truth)) all[path] = { ...all[path], ...rows };
  }
  return all;
}

/** A text as the slug NetBox's plugin makes of it. */
export function slug(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
}

/** Texts in order, each once. */
export function sorted(texts: string[]): string[] {
  return [...new Set(texts)].sort();
}

/** Seconds since 1970 as NetBox shows an instant. */
export function instant(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
}

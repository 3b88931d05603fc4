import { createHash } from "node:crypto";
import { buildVolumes } from "./build-backups.ts";
import { buildFirewall } from "./build-firewall.ts";
import { buildGuest } from "./build-guest.ts";
import { buildHa } from "./build-ha.ts";
import { buildBackupJobs, buildReplications } from "./build-jobs.ts";
import { buildNodeNetwork } from "./build-node-network.ts";
import { buildSdn } from "./build-sdn.ts";
import { buildStorages } from "./build-storages.ts";
import { buildTasks } from "./build-tasks.ts";
import type { Estate, EstateCluster, EstateNode } from "./estate.ts";
import { type Random, seededRandom, seedOf } from "./random.ts";

/** How big an estate is. */
export type EstateSize = {
  seed: number;
  /** Endpoints, standalone nodes included. */
  clusters: number;
  nodes: number;
  guests: number;
  /** How many of the clusters are one standalone node; default: one when there are several. */
  standalone?: number;
  /** How many nodes are offline, never the last of its cluster; default none. */
  offlineNodes?: number;
  /** Backups of each guest, at most; default 2. */
  backupsPerGuest?: number;
  /** Tasks of each guest in its node's archive, at most; default 3. */
  tasksPerGuest?: number;
};

/** The size of the demo. */
export const demoSize: EstateSize = { seed: 1, clusters: 3, nodes: 8, guests: 300 };

/**
 * Builds an estate; the same size gives the same estate. Node names and vmids repeat from cluster to cluster, as in
 * real estates. Throws RangeError when there are fewer nodes than clusters.
 */
export function buildEstate(size: EstateSize): Estate {
  const { clusters: count, nodes, guests, standalone = count > 1 ? 1 : 0, offlineNodes = 0 } = size;
  if (nodes < count) throw new RangeError(`${count} clusters need at least as many nodes, not ${nodes}.`);
  const random = seededRandom(size.seed);
  const real = count - standalone;
  if (real === 0 && nodes > count) throw new RangeError("Standalone estates have one node each.");
  const clusters = Array.from({ length: count }, (_, index) => {
    const nodeCount = index < real ? share(nodes - standalone, real, index) : 1;
    return buildCluster(random, index, nodeCount, index >= real);
  });
  const places = clusters.flatMap((cluster) => cluster.nodes.map((node) => ({ cluster, node: node.name })));
  for (let index = 0; index < guests; index++) {
    const { cluster, node } = random.pick(places as [(typeof places)[0]]);
    const vmid = 100 + cluster.guests.size;
    cluster.guests.set(vmid, buildGuest(random, { seed: size.seed, cluster, vmid, node }));
  }
  for (const cluster of clusters) fill(cluster, size);
  takeOffline(clusters, offlineNodes);
  return { clusters };
}

/** What is made of a cluster's guests: backups, tasks and jobs. */
function fill(cluster: EstateCluster, { seed, backupsPerGuest = 2, tasksPerGuest = 3 }: EstateSize): void {
  const { index, nodes, storages } = cluster;
  const names = nodes.map(({ name }) => name);
  const own = seedOf(seed, index);
  const guests = [...cluster.guests.values()];
  cluster.volumes = buildVolumes({ seed: own, guests, storages, nodes: names, perGuest: backupsPerGuest });
  cluster.backupJobs = buildBackupJobs([...cluster.guests.keys()], names);
  cluster.replications = buildReplications(own, guests, names);
  cluster.ha = buildHa(index, guests, names);
  buildTasks({ seed: own, nodes, guests, perGuest: tasksPerGuest });
}

/** Enough to see everything, backups too, and to change nothing. */
const privileges = [
  "Datastore.AllocateSpace",
  "Datastore.Audit",
  "Mapping.Audit",
  "Pool.Audit",
  "SDN.Audit",
  "Sys.Audit",
  "VM.Audit",
  "VM.Backup",
  "VM.GuestAgent.Audit",
] as const;

const clusterNames = ["frankfurt", "lisbon", "edge", "tallinn", "porto", "lab"] as const;

function buildCluster(random: Random, index: number, nodeCount: number, standalone: boolean): EstateCluster {
  const nodes = Array.from({ length: nodeCount }, (_, at) =>
    buildNode(random, index, at, standalone ? `solo${index + 1}` : `pve${at + 1}`),
  );
  const round = Math.floor(index / clusterNames.length);
  const name = `${clusterNames[index % clusterNames.length]}${round > 0 ? `-${round + 1}` : ""}`;
  const known = standalone ? (nodes[0]?.name ?? name) : name;
  return {
    name: known,
    endpoint: known,
    index,
    standalone,
    version: nodeCount,
    nodes,
    guests: new Map(),
    storages: buildStorages(nodes.map((node) => node.name)),
    tagStyle: { "color-map": "prod:cc0000:ffffff;staging:ff9900;web:0a0", shape: "full" },
    volumes: [],
    backupJobs: [],
    replications: [],
    sdn: buildSdn(
      index,
      nodes.map((node) => node.name),
    ),
    firewall: buildFirewall(index),
    ha: { resources: [], groups: null, rules: [] },
    cpuModels: [
      { cputype: "custom-web", "reported-model": "EPYC-Rome", flags: "+aes;+pcid", level: 16, "hv-vendor-id": "lab" },
      { cputype: "custom-plain" },
    ],
    pools: { customers: "Kunden – alle", internal: null },
    privileges: new Set(privileges),
    hidden: new Set(),
    hiddenStorages: new Set(),
  };
}

function buildNode(random: Random, cluster: number, at: number, name: string): EstateNode {
  const digest = createHash("sha256").update(`${cluster}/${name}`).digest("hex").toUpperCase();
  const ip = `10.${cluster + 1}.0.${at + 11}`;
  return {
    name,
    id: at + 1,
    ip,
    online: true,
    cpus: random.pick([16, 32, 64, 128]),
    memoryBytes: random.pick([64, 128, 256, 512]) * 2 ** 30,
    fingerprint: digest.replace(/..(?=.)/g, "$&:"),
    interfaces: buildNodeNetwork({ cluster, at, ip }),
    tasks: [],
  };
}

function takeOffline(clusters: readonly EstateCluster[], count: number): void {
  const spare = clusters.flatMap((cluster) => cluster.nodes.slice(1));
  for (const node of spare.slice(0, count)) node.online = false;
}

/** The size of part `index` when a whole is cut into equal parts, the first ones bigger. */
function share(whole: number, parts: number, index: number): number {
  return Math.floor(whole / parts) + (index < whole % parts ? 1 : 0);
}

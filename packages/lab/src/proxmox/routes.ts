import { type EstateCluster, type EstateGuest, isOn } from "./estate.ts";
import { firewallRoutes } from "./firewall-routes.ts";
import { guestAt, nodeOf, withDigest } from "./places.ts";
import * as present from "./present.ts";
import * as archives from "./present-archives.ts";
import * as guests from "./present-guests.ts";
import * as ha from "./present-ha.ts";
import { denied, Refusal } from "./refusal.ts";

/** One request as a route sees it. */
export type Call = {
  /** As the route is written, e.g. `/nodes/{node}/status`. */
  template: string;
  path: string;
  params: Record<string, string>;
  query: URLSearchParams;
};

/** The `data` of an answer; a Refusal is thrown. */
export type Answer = (cluster: EstateCluster, call: Call) => unknown;

/**
 * Everything a simulated endpoint can be asked with GET. A path with {node} is answered by that node: with 595 when
 * it is offline.
 */
export const routes: Record<string, Answer> = {
  ...firewallRoutes,
  "/version": () => ({ version: "9.2.1", release: "9.2", repoid: "0123456789abcdef" }),
  "/access/permissions": permissions,
  "/cluster/status": (cluster) => present.clusterStatus(cluster),
  "/cluster/resources": (cluster, { query }) => present.clusterResources(cluster, query.get("type")),
  "/cluster/options": (cluster) => ({ keyboard: "en-us", mac_prefix: "BC:24:11", "tag-style": cluster.tagStyle }),
  "/cluster/config/join": join,
  "/cluster/qemu/custom-cpu-models": (cluster) => cluster.cpuModels.map(withDigest),
  "/cluster/ha/status/current": (cluster) => ha.haStatusRows(cluster),
  "/cluster/ha/resources": (cluster) => cluster.ha.resources.map(withDigest),
  "/cluster/ha/groups": haGroups,
  "/cluster/ha/rules": (cluster) => cluster.ha.rules.map(withDigest),
  "/nodes": (cluster) => present.nodeList(cluster),
  "/nodes/{node}/status": (cluster, { params }) => present.nodeStatus(nodeOf(cluster, params.node)),
  "/nodes/{node}/time": () => {
    const time = Math.floor(Date.now() / 1_000);
    return { time, localtime: time + 3_600, timezone: "Europe/Berlin" };
  },
  "/nodes/{node}/config": (cluster, { params }) =>
    withDigest({ description: `Rack 7, ${params.node}`, "startall-onboot-delay": 30, location: locationOf(cluster) }),
  "/nodes/{node}/qemu": (cluster, { params }) => guests.machineRows(cluster, nodeOf(cluster, params.node)),
  "/nodes/{node}/network": (cluster, { params, query }) =>
    archives.networkRows(nodeOf(cluster, params.node), query.get("type")),
  "/nodes/{node}/tasks": (cluster, { params, query }) => archives.taskRows(nodeOf(cluster, params.node), query),
  "/nodes/{node}/storage/{storage}/content": content,
  "/pools": (cluster) => archives.poolRows(cluster),
  "/cluster/backup": (cluster) => cluster.backupJobs,
  "/cluster/replication": (cluster) => cluster.replications,
  "/cluster/sdn/zones": (cluster) => cluster.sdn.zones.map(withDigest),
  "/cluster/sdn/vnets": (cluster) => cluster.sdn.vnets.map(withDigest),
  "/cluster/sdn/vnets/{vnet}/subnets": subnets,
  "/cluster/sdn/controllers": (cluster) => cluster.sdn.controllers.map(withDigest),
  "/cluster/sdn/fabrics/all": ({ sdn }) => ({ fabrics: sdn.fabrics, nodes: sdn.fabricNodes }),
  "/cluster/sdn/fabrics/fabric": (cluster) => cluster.sdn.fabrics,
  "/cluster/sdn/fabrics/node": (cluster) => cluster.sdn.fabricNodes,
  "/cluster/sdn/ipams": (cluster) => cluster.sdn.ipams,
  "/cluster/sdn/dns": (cluster) => cluster.sdn.dns,
  "/storage": (cluster) => present.visibleStorages(cluster).map(withDigest),
  "/storage/{storage}": storage,
  "/nodes/{node}/qemu/{vmid}/config": (cluster, { params }) => withDigest(guestAt(cluster, params, "qemu").config),
  "/nodes/{node}/lxc/{vmid}/config": (cluster, { params }) => withDigest(guestAt(cluster, params, "lxc").config),
  "/nodes/{node}/qemu/{vmid}/snapshot": (cluster, { params }) => guests.snapshotRows(guestAt(cluster, params, "qemu")),
  "/nodes/{node}/lxc/{vmid}/snapshot": (cluster, { params }) => guests.snapshotRows(guestAt(cluster, params, "lxc")),
  "/nodes/{node}/lxc/{vmid}/interfaces": containerInterfaces,
  "/nodes/{node}/qemu/{vmid}/agent/network-get-interfaces": (cluster, { params }) => ({
    result: guests.agentInterfaces(agentAt(cluster, params)),
  }),
  "/nodes/{node}/qemu/{vmid}/agent/get-host-name": (cluster, { params }) => ({
    result: { "host-name": agentAt(cluster, params).system.hostname },
  }),
};

/** The route that answers a path; null when there is none. */
export function findRoute(path: string): Pick<Call, "template" | "params"> | null {
  for (const { template, pattern } of patterns) {
    const match = pattern.exec(path);
    if (match) return { template, params: { ...match.groups } };
  }
  return null;
}

const patterns = Object.keys(routes).map((template) => ({
  template,
  pattern: new RegExp(`^${template.replaceAll(/\{(\w+)\}/g, "(?<$1>[^/]+)")}$`),
}));

/** Answers a call, or throws a Refusal. */
export function answer(cluster: EstateCluster, call: Call): unknown {
  if (call.params.node !== undefined) {
    const node = nodeOf(cluster, call.params.node);
    if (!node.online) throw new Refusal(595, "No route to host");
  }
  return routes[call.template]?.(cluster, call);
}

function permissions(cluster: EstateCluster): Record<string, Record<string, number>> {
  const granted = Object.fromEntries([...cluster.privileges].map((privilege) => [privilege, 1]));
  const everywhere = ["/", "/access", "/nodes", "/pool", "/sdn", "/storage", "/vms"].map((path) => [path, granted]);
  const guests = [...cluster.hidden].map((vmid) => [`/vms/${vmid}`, {}]);
  const storages = [...cluster.hiddenStorages].map((storage) => [`/storage/${storage}`, {}]);
  return Object.fromEntries([...everywhere, ...guests, ...storages]);
}

function join(cluster: EstateCluster): unknown {
  if (cluster.standalone) throw new Refusal(424, "node is not in a cluster, no join info available!");
  return present.joinInformation(cluster);
}

function haGroups({ ha: { groups } }: EstateCluster): unknown {
  if (groups === null) throw new Refusal(500, "cannot index groups: ha groups have been migrated to rules");
  return groups.map(withDigest);
}

function locationOf({ name }: EstateCluster): string {
  return `latitude=50.11,longitude=8.68,name=${name}`;
}

function storage(cluster: EstateCluster, { params }: Call): unknown {
  if (cluster.hiddenStorages.has(params.storage ?? "")) throw denied(`/storage/${params.storage}`, "Datastore.Audit");
  const found = cluster.storages.find((candidate) => candidate.storage === params.storage);
  if (!found) throw new Refusal(500, `storage '${params.storage}' does not exist`);
  return withDigest(found);
}

function content(cluster: EstateCluster, { params, query }: Call): unknown {
  const { node = "", storage = "" } = params;
  if (cluster.hiddenStorages.has(storage)) throw denied(`/storage/${storage}`, "Datastore.Audit");
  const found = cluster.storages.find((candidate) => candidate.storage === storage);
  if (!found) throw new Refusal(500, `storage '${storage}' does not exist`);
  if (!present.isOn(found, nodeOf(cluster, node)))
    throw new Refusal(500, `storage '${storage}' is not available on node '${node}'`);
  return archives.contentRows(cluster, node, storage, query);
}

function subnets({ sdn }: EstateCluster, { params: { vnet = "" } }: Call): unknown {
  if (!sdn.vnets.some((candidate) => candidate.vnet === vnet))
    throw new Refusal(500, `sdn vnet object ID '${vnet}' does not exist`);
  return (sdn.subnets[vnet] ?? []).map(withDigest);
}

/** The guest, if its agent answers. */
function agentAt(cluster: EstateCluster, params: Call["params"]): EstateGuest {
  const guest = guestAt(cluster, params, "qemu");
  if (guest.status !== "running") throw new Refusal(500, `VM ${guest.vmid} is not running`);
  if (!isOn(guest.config.agent)) throw new Refusal(500, "No QEMU guest agent configured");
  if (!guest.agentAnswers) throw new Refusal(500, "QEMU guest agent is not running");
  return guest;
}

/** Nothing of a container that does not run. */
function containerInterfaces(cluster: EstateCluster, { params }: Call): unknown {
  const guest = guestAt(cluster, params, "lxc");
  return guest.status === "running" ? guests.containerInterfaces(guest) : null;
}

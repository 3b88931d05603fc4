import { startPeer } from "../bench/peer/process.ts";
import { findPython, installPeer, noPython } from "../bench/peer/python.ts";
import { askedStages, faultOf, stageQuery } from "../bench/peer/stages.ts";
import { type SimulatedNetBox, startNetBox } from "../netbox/server.ts";
import { type SimulatedProxmox, startProxmox } from "../proxmox/server.ts";
import { enterNetBox, enterProxmox } from "../scene.ts";
import { type OldRelease, oldReleases, recordedEstate, recordingOf } from "./content.ts";

/** Records anew what the releases of proxbox-api leave behind; `bun src/left-behind/record.ts [release]`. */
const python = await findPython();
if (python === null) throw new Error(noPython);
const only = process.argv[2];
for (const old of oldReleases) if (only === undefined || only === old.release) await record(python, old);

async function record(python: string, { release, plugin, needsLinks }: OldRelease): Promise<void> {
  await using owned = new AsyncDisposableStack();
  const installed = await installPeer(python, release);
  const netbox = owned.use(await startNetBox({ plugin }));
  const proxmox: SimulatedProxmox[] = [];
  for (const [index, cluster] of recordedEstate().clusters.entries())
    proxmox.push(owned.use(await startProxmox(cluster, { host: `127.0.0.${index + 1}` })));
  const { client } = owned.use(await startPeer(installed.python));
  await enterNetBox(client, netbox);
  await takeAnId(client);
  const ids: number[] = [];
  for (const endpoint of proxmox) ids.push(await enterProxmox(client, netbox, endpoint));
  enterClusters(netbox, proxmox);
  if (plugin === "0.0.24") await client.call("GET", "/extras/extras/custom-fields/create");
  if (needsLinks) enterLinks(netbox, proxmox);
  for (const _ of ["first", "again"]) {
    for (const id of ids) {
      for (const { stage, path, extra } of askedStages) {
        const url = `${client.url}/${path}/stream?${stageQuery(id, extra)}`;
        const stream = await fetch(url, { headers: { "X-Proxbox-API-Key": client.key }, timeout: false });
        const text = await stream.text();
        if (faultOf(text) !== null) process.stdout.write(`${release}, endpoint ${id}, ${stage}: ${text.slice(-400)}\n`);
      }
    }
  }
  const content = netbox.content();
  for (const [path, rows] of Object.entries(content)) process.stdout.write(`${release} ${path}: ${rows.length}\n`);
  await Bun.write(recordingOf(release), Bun.gzipSync(JSON.stringify(content)));
}

/** An endpoint that went away again: since then its ids are not the plugin's. */
async function takeAnId(client: { call<T>(method: string, path: string, body?: unknown): Promise<T> }): Promise<void> {
  const body = { name: "gone", ip_address: "192.0.2.1", port: 8006, username: "root@pam", password: "x" };
  await client.call("POST", "/proxmox/endpoints", body);
}

/** Enters what the plugin writes itself before the stages. */
function enterClusters(netbox: SimulatedNetBox, proxmox: readonly SimulatedProxmox[]): void {
  for (const [index, { cluster }] of proxmox.entries()) {
    const { name, nodes, standalone } = cluster;
    const endpoint = index + 1;
    const mode = standalone ? "standalone" : "cluster";
    const counted = { cluster_id: "cluster", nodes_count: nodes.length, quorate: true };
    const { id } = netbox.insert("plugins/proxbox/proxmox-clusters", { endpoint, name, mode, ...counted });
    for (const node of nodes)
      netbox.insert("plugins/proxbox/proxmox-nodes", {
        endpoint,
        proxmox_cluster: Number(id),
        name: node.name,
        node_id: node.id,
        ip_address: node.ip,
        online: true,
        max_cpu: node.cpus,
        max_memory: node.memoryBytes,
      });
  }
}

/**
 * Enters what the newest release cannot begin without: a cluster in a site, linked to its endpoint, and the endpoint by
 * the address at which it is reached.
 */
function enterLinks(netbox: SimulatedNetBox, proxmox: readonly SimulatedProxmox[]): void {
  const type = netbox.insert("virtualization/cluster-types", { name: "Cluster", slug: "cluster" });
  for (const [index, { cluster, host }] of proxmox.entries()) {
    const { name } = cluster;
    const address = netbox.insert("ipam/ip-addresses", { address: `${host}/32` });
    netbox.edit("plugins/proxbox/endpoints/proxmox", index + 1, { domain: null, ip_address: Number(address.id) });
    const site = netbox.insert("dcim/sites", { name, slug: name });
    const scope = { scope_type: "dcim.site", scope_id: Number(site.id) };
    const known = netbox.insert("virtualization/clusters", { name, type: Number(type.id), ...scope });
    netbox.edit("plugins/proxbox/proxmox-clusters", index + 1, { netbox_cluster: Number(known.id) });
  }
}

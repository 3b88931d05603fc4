import { MEASURED } from "../netbox/cost.ts";
import { type SimulatedNetBox, startNetBox } from "../netbox/server.ts";
import { buildEstate } from "../proxmox/build-estate.ts";
import type { Estate } from "../proxmox/estate.ts";
import { type SimulatedProxmox, startProxmox } from "../proxmox/server.ts";
import { enterNetBox, enterProxmox, startScene } from "../scene.ts";
import { type Bench, ratio, rounded } from "./figures.ts";
import { startPeer } from "./peer/process.ts";
import { findPython, installPeer, noPython } from "./peer/python.ts";
import { askedStages, faultOf, stageQuery } from "./peer/stages.ts";
import { changeSome, runToEnd, secondsOf } from "./whole-runs.ts";

/**
 * The program that this one replaces, and this one, each against a Proxmox and a NetBox of its own that are alike, with
 * the cost of a real NetBox: a first run, one that changes nothing, one after 5 % of the guests changed.
 */
export const peerBench: Bench = async (quick) => {
  const python = await findPython();
  if (python === null) return { note: noPython };
  const installed = await installPeer(python);
  const guests = quick ? 20 : 100;
  const peer = await runsOfPeer(installed.python, guests);
  const ours = await runsOfOurs(guests);
  return {
    guests,
    peer_release: installed.release,
    peer,
    ours,
    ratio_peer_to_ours: {
      first_run: compared(peer.first_run, ours.first_run),
      no_op_run: compared(peer.no_op_run, ours.no_op_run),
      five_percent_run: compared(peer.five_percent_run, ours.five_percent_run),
    },
  };
};

/** What a program left in NetBox, and what a run of it came to. */
type Runs = { first_run: Run; no_op_run: Run; five_percent_run: Run; held: Record<string, number> };

type Run = {
  seconds: number;
  netbox_requests: number;
  netbox_writes: number;
  netbox_refused: number;
  objects_written: number;
  proxmox_requests: number;
  /** Stages that were not ok, with what they said. */
  faults: string[];
};

/** A program at work between simulators; `run` returns the seconds of a whole run and what was wrong with it. */
type Side = {
  estate: Estate;
  netbox: SimulatedNetBox;
  proxmox: readonly SimulatedProxmox[];
  run(): Promise<{ seconds: number; faults: string[] }>;
};

/** One cluster, because the peer takes no two nodes of one name for different ones. */
const estateOf = (guests: number): Estate => buildEstate({ seed: 1, clusters: 1, nodes: 4, guests });

async function runsOfPeer(python: string, guests: number): Promise<Runs> {
  await using owned = new AsyncDisposableStack();
  const estate = estateOf(guests);
  const netbox = owned.use(await startNetBox({ cost: MEASURED }));
  const proxmox: SimulatedProxmox[] = [];
  for (const cluster of estate.clusters) proxmox.push(owned.use(await startProxmox(cluster)));
  const { client } = owned.use(await startPeer(python));
  await enterNetBox(client, netbox);
  const ids: number[] = [];
  for (const endpoint of proxmox) ids.push(await enterProxmox(client, netbox, endpoint));
  prepare(netbox, proxmox);
  const run = async () => {
    const began = performance.now();
    const faults: string[] = [];
    for (const id of ids) {
      for (const { stage, path, extra } of askedStages) {
        const url = `${client.url}/${path}/stream?${stageQuery(id, extra)}`;
        const stream = await fetch(url, { headers: { "X-Proxbox-API-Key": client.key }, timeout: false });
        const fault = faultOf(await stream.text());
        if (fault !== null) faults.push(`${stage}: ${fault}`);
      }
    }
    return { seconds: (performance.now() - began) / 1_000, faults };
  };
  return await threeRuns({ estate, netbox, proxmox, run });
}

async function runsOfOurs(guests: number): Promise<Runs> {
  const estate = estateOf(guests);
  await using scene = await startScene({ estate, netbox: { cost: MEASURED }, processes: {} });
  prepare(scene.netbox, scene.proxmox);
  const run = async () => ({ seconds: secondsOf(await runToEnd(scene)), faults: [] });
  return await threeRuns({ estate, netbox: scene.netbox, proxmox: scene.proxmox, run });
}

/**
 * Enters what the peer cannot begin without under the newest plugin: a cluster in a site, linked to its endpoint, and
 * the endpoint by the address at which it is reached.
 */
function prepare(netbox: SimulatedNetBox, proxmox: readonly SimulatedProxmox[]): void {
  const type = netbox.insert("virtualization/cluster-types", { name: "Proxmox", slug: "proxmox" });
  for (const [index, { cluster, host }] of proxmox.entries()) {
    const { name } = cluster;
    const address = netbox.insert("ipam/ip-addresses", { address: `${host}/32` });
    const site = netbox.insert("dcim/sites", { name, slug: name });
    const scope = { scope_type: "dcim.site", scope_id: Number(site.id) };
    const known = netbox.insert("virtualization/clusters", { name, type: Number(type.id), ...scope });
    const endpoint = index + 1;
    netbox.edit("plugins/proxbox/endpoints/proxmox", endpoint, { domain: null, ip_address: Number(address.id) });
    const mode = cluster.standalone ? "standalone" : "cluster";
    netbox.insert("plugins/proxbox/proxmox-clusters", { endpoint, name, mode, netbox_cluster: Number(known.id) });
  }
}

const shown = {
  devices: "dcim/devices",
  device_interfaces: "dcim/interfaces",
  machines: "virtualization/virtual-machines",
  machine_interfaces: "virtualization/interfaces",
  disks: "virtualization/virtual-disks",
  addresses: "ipam/ip-addresses",
  mac_addresses: "dcim/mac-addresses",
  vlans: "ipam/vlans",
  storages: "plugins/proxbox/storage",
  backups: "plugins/proxbox/backups",
  snapshots: "plugins/proxbox/snapshots",
  tasks: "plugins/proxbox/task-history",
  replications: "plugins/proxbox/replications",
  backup_routines: "plugins/proxbox/backup-routines",
};

async function threeRuns(side: Side): Promise<Runs> {
  const first_run = await oneRun(side);
  const no_op_run = await oneRun(side);
  changeSome(side.estate);
  const five_percent_run = await oneRun(side);
  const rows = Object.entries(shown).map(([what, path]) => [what, side.netbox.rows(path).length]);
  return { first_run, no_op_run, five_percent_run, held: Object.fromEntries(rows) };
}

async function oneRun({ netbox, proxmox, run }: Side): Promise<Run> {
  netbox.resetCounts();
  for (const endpoint of proxmox) endpoint.resetCounts();
  const { seconds, faults } = await run();
  const { requests, writes, refused, objectsWritten } = netbox.counts();
  const asked = proxmox.flatMap((endpoint) => Object.values(endpoint.counts()));
  return {
    seconds: rounded(seconds),
    netbox_requests: requests,
    netbox_writes: writes,
    netbox_refused: refused,
    objects_written: objectsWritten,
    proxmox_requests: asked.reduce((sum, count) => sum + count, 0),
    faults,
  };
}

/** 0 where ours did nothing of the kind: there is nothing to compare with. */
function compared(peer: Run, ours: Run) {
  return {
    seconds: ratio(peer.seconds, ours.seconds),
    netbox_requests: ratio(peer.netbox_requests, ours.netbox_requests),
    objects_written: ratio(peer.objects_written, ours.objects_written),
  };
}

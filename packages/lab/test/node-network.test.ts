import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { RunView } from "@proxbox/contracts/http";
import type { StageName } from "@proxbox/contracts/stages";
import type { SyncOptionsInput } from "@proxbox/contracts/sync-options";
import { buildEstate } from "../src/proxmox/build-estate.ts";
import type { EstateCluster, EstateNode, Row } from "../src/proxmox/estate.ts";
import { pathFault } from "../src/proxmox/faults.ts";
import { type Scene, startScene } from "../src/scene.ts";
import { findRow, seen } from "./seen.ts";
import type { Columns, Truth } from "./truth/form.ts";
import { truthOf } from "./truth/truth.ts";

setDefaultTimeout(30_000);

const interfaces = "dcim/interfaces";
const addresses = "ipam/ip-addresses";
const vlans = "ipam/vlans";
const macs = "dcim/mac-addresses";
const devices = "dcim/devices";
const paths = [interfaces, addresses, vlans, macs, devices];

let scene: Scene;
/** A cluster of three nodes; the other endpoint is one node that stands alone. */
let cluster: EstateCluster;
let pve1: EstateNode;
let pve2: EstateNode;

beforeAll(async () => {
  const estate = buildEstate({ seed: 4, clusters: 2, nodes: 4, guests: 0 });
  [cluster] = estate.clusters as [EstateCluster, EstateCluster];
  [pve1, pve2] = cluster.nodes as [EstateNode, EstateNode];
  scene = await startScene({ estate, env: { PROXBOX_LOG_LEVEL: "error" } });
  await run();
});
// Whatever a test did last, doing it again writes nothing.
afterEach(async () => {
  scene.proxmox[0]?.clearFaults();
  await run();
  scene.netbox.resetCounts();
  await run();
  expect(scene.netbox.counts().writes).toBe(0);
});
afterAll(() => scene[Symbol.asyncDispose]());

test("every interface of every node is there, with what it hangs on, its VLAN, addresses and primary address", () => {
  const truth = expected();
  expect(held()).toEqual(truth);
  // The estate has them all: what the truth knows by heart of one node with Open vSwitch.
  expect(truth[interfaces]).toMatchObject({
    [at(pve2, "eno1")]: { type: "other", lag: at(pve2, "bond0") },
    [at(pve2, "bond0")]: { type: "lag", bridge: at(pve2, "vmbr0"), mtu: 9000 },
    [at(pve2, "vlan20")]: { type: "virtual", parent: at(pve2, "bond0"), mode: "tagged" },
    [at(pve2, "vmbr2")]: { type: "bridge" },
    [at(pve2, "mgmt0")]: { type: "virtual", bridge: at(pve2, "vmbr2"), mode: "access" },
  });
  expect(Object.keys(truth[interfaces] ?? {})).not.toContain(at(pve2, "lo"));
});

describe("a change in Proxmox", () => {
  test("an interface that goes takes its row and address along, one that comes has them", async () => {
    edit(pve1, "vlan20", null);
    pve1.interfaces.push({
      iface: "vlan21",
      type: "vlan",
      "vlan-raw-device": "bond0",
      active: 1,
      cidr: "10.9.21.1/24",
    });
    await expectRun({ left: [vlanKey(20)] });
  });

  test("a bond that is replaced under its VLAN and its cards", async () => {
    edit(pve1, "bond0", { iface: "bond1" });
    edit(pve1, "vlan21", { "vlan-raw-device": "bond1" });
    edit(pve1, "vmbr0", { bridge_ports: "bond1" });
    await expectRun({ left: [vlanKey(20)] });
  });

  test("another tag, and none any more", async () => {
    edit(pve2, "mgmt0", { ovs_tag: 31 });
    edit(pve2, "tap0", { ovs_tag: undefined });
    await expectRun({ left: [vlanKey(20), vlanKey(30), vlanKey(40)] });
  });

  test("an address that moves to another interface stays the device's primary one", async () => {
    const before = findRow(scene.netbox, addresses, cidrOf(pve1, "vmbr0")).id;
    give(pve1, "vmbr1", cidrOf(pve1, "vmbr0"));
    give(pve1, "vmbr0", undefined);
    await expectRun({ left: [vlanKey(20), vlanKey(30), vlanKey(40)] });
    expect(findRow(scene.netbox, addresses, cidrOf(pve1, "vmbr1")).id).toBe(before);
    give(pve1, "vmbr0", cidrOf(pve1, "vmbr1"));
    give(pve1, "vmbr1", undefined);
  });

  test("an address that moves to another node, where it becomes primary, as another does where it was", async () => {
    const [first, second] = [pve1.ip, pve2.ip];
    const [here, there] = [cidrOf(pve1, "vmbr0"), cidrOf(pve2, "vmbr0")];
    [pve1.ip, pve2.ip] = [second, first];
    give(pve1, "vmbr0", there);
    give(pve2, "vmbr0", here);
    await expectRun({ left: [vlanKey(20), vlanKey(30), vlanKey(40)] });
    [pve1.ip, pve2.ip] = [first, second];
    give(pve1, "vmbr0", here);
    give(pve2, "vmbr0", there);
  });

  test("a MAC address, and another one", async () => {
    edit(pve1, "vmbr0", { hwaddress: "bc:24:11:00:00:01" });
    await run();
    expect(findRow(scene.netbox, interfaces, at(pve1, "vmbr0"))).toMatchObject({ mac_address: "BC:24:11:00:00:01" });
    edit(pve1, "vmbr0", { hwaddress: "bc:24:11:00:00:02" });
    await run();
    expect(findRow(scene.netbox, interfaces, at(pve1, "vmbr0"))).toMatchObject({ mac_address: "BC:24:11:00:00:02" });
    expect(scene.netbox.rows(macs)).toHaveLength(1);
  });
});

describe("without proof nothing goes", () => {
  test("a node that is offline keeps what NetBox has, and is told of; nothing fails", async () => {
    const before = held();
    pve2.online = false;
    const view = await run();
    expect(view).toMatchObject({ phase: "done", ok: true });
    expect(stageOf(view)?.kinds.device).toMatchObject({ skipped: 1, failed: 0 });
    expect(held()[interfaces]).toEqual(before[interfaces] ?? {});
    expect(held()[addresses]).toEqual(before[addresses] ?? {});
    pve2.online = true;
  });

  test("a node that does not answer fails alone: the others are brought up to date", async () => {
    const before = held();
    scene.proxmox[0]?.fault(pathFault(/\/nodes\/pve2\/network/, { status: 500, message: "can't read interfaces" }));
    edit(pve1, "eno3", { comments: "plugged in" });
    edit(pve2, "eno3", { comments: "never seen" });
    const view = await run({}, false);
    expect(stageOf(view)?.kinds.device).toMatchObject({ failed: 1 });
    expect(stageOf(view)?.errors[0]).toMatchObject({ object: "pve2" });
    expect(held()[interfaces]?.[at(pve1, "eno3")]).toMatchObject({ description: "plugged in" });
    expect(held()[interfaces]?.[at(pve2, "eno3")]).toEqual(before[interfaces]?.[at(pve2, "eno3")] ?? {});
  });

  test("a node that suddenly has next to nothing keeps it all", async () => {
    const { interfaces: all } = pve2;
    pve2.interfaces = all.slice(0, 3);
    const before = Object.keys(held()[interfaces] ?? {});
    const view = await run();
    expect(Object.keys(held()[interfaces] ?? {})).toEqual(before);
    expect(stageOf(view)?.counts.deleted).toBe(0);
    expect(stageOf(view)?.counts.skipped).toBeGreaterThan(0);
    pve2.interfaces = all;
  });
});

describe("what an operator made", () => {
  test("a VLAN of the site is used as it is, whatever it is called", async () => {
    const site = findRow(scene.netbox, devices, deviceKey(pve1)).site as { id: number };
    const made = scene.netbox.insert(vlans, { vid: 77, name: "Storage", site: site.id });
    pve1.interfaces.push({ iface: "bond1.77", type: "vlan", active: 1 });
    await run();
    expect(findRow(scene.netbox, interfaces, at(pve1, "bond1.77"))).toMatchObject({ tagged_vlans: [{ id: made.id }] });
    expect(scene.netbox.rows(vlans).filter(({ vid }) => vid === 77)).toMatchObject([{ name: "Storage", tags: [] }]);
  });

  test("the type of a port stays; an interface of theirs and one with a mark stay; a description stays", async () => {
    const port = findRow(scene.netbox, interfaces, at(pve1, "eno1"));
    scene.netbox.edit(interfaces, port.id, { type: "10gbase-x-sfpp", description: "to switch 4" });
    const device = findRow(scene.netbox, devices, deviceKey(pve1)).id;
    scene.netbox.insert(interfaces, { device, name: "idrac", type: "1000base-t" });
    scene.netbox.edit(interfaces, findRow(scene.netbox, interfaces, at(pve1, "storage0")).id, { mark_connected: true });
    edit(pve1, "storage0", null);
    const view = await run();
    expect(stageOf(view)?.kinds.interface).toMatchObject({ skipped: 1, deleted: 0 });
    const present = held()[interfaces] ?? {};
    expect(present[at(pve1, "eno1")]).toMatchObject({ type: "10gbase-x-sfpp", description: "to switch 4" });
    expect(present[at(pve1, "idrac")]).toMatchObject({ tags: [] });
    expect(present).toHaveProperty([at(pve1, "storage0")]);
  });

  test("an address that is free is taken up, one that has another owner stays there and is told of once", async () => {
    const free = scene.netbox.insert(addresses, { address: "10.8.0.1/32", description: "reserved for pve1" });
    const idrac = findRow(scene.netbox, interfaces, at(pve1, "idrac")).id;
    const taken = scene.netbox.insert(addresses, {
      address: "10.8.0.2/24",
      assigned_object_type: "dcim.interface",
      assigned_object_id: idrac,
    });
    give(pve1, "vmbr1", "10.8.0.1/24");
    give(pve2, "vmbr1", "10.8.0.2/24");
    const view = await run();
    expect(stageOf(view)?.kinds["ip-address"]).toMatchObject({ skipped: 1 });
    const rows = new Map(scene.netbox.rows(addresses).map((row) => [row.id, row]));
    expect(rows.get(free.id as number)).toMatchObject({ address: "10.8.0.1/24", assigned_object: { name: "vmbr1" } });
    expect(rows.get(taken.id as number)).toMatchObject({ assigned_object: { name: "idrac" }, tags: [] });
  });

  test("a primary address of their choice stays", async () => {
    const { id } = findRow(scene.netbox, addresses, "10.8.0.1/24");
    scene.netbox.edit(devices, findRow(scene.netbox, devices, deviceKey(pve1)).id, { primary_ip4: id });
    await run();
    expect(findRow(scene.netbox, devices, deviceKey(pve1))).toMatchObject({ primary_ip4: { id } });
  });

  test("an address they wrote in leaves its interface, and stays in NetBox", async () => {
    const { id } = findRow(scene.netbox, addresses, "10.8.0.1/24");
    give(pve1, "vmbr1", undefined);
    await run();
    expect(scene.netbox.rows(addresses).find((row) => row.id === id)).toMatchObject({ assigned_object_id: null });
    expect(findRow(scene.netbox, devices, deviceKey(pve1))).toMatchObject({
      primary_ip4: { address: cidrOf(pve1, "vmbr0") },
    });
  });
});

test("where things are only to be made, what is new is made and nothing that is there is touched", async () => {
  const [here, there] = [cidrOf(pve1, "vmbr0"), cidrOf(pve2, "vmbr0")];
  edit(pve1, "vmbr1", { mtu: "1400", hwaddress: "bc:24:11:00:00:09" });
  await run();
  edit(pve1, "vmbr1", { mtu: "1300", hwaddress: "bc:24:11:00:00:08", comments: "other" });
  edit(pve2, "tap0", null);
  give(pve1, "vmbr0", there);
  give(pve2, "vmbr0", here);
  pve1.interfaces.push({ iface: "vmbr9", type: "bridge", active: 1, hwaddress: "bc:24:11:00:00:07" });
  give(pve1, "vmbr9", "10.9.9.1/24");
  const before = held();
  await run({ sync_mode_node: "bootstrap_only" });
  const made = paths.map((path) => Object.entries(held()[path] ?? {}).filter(([key]) => !before[path]?.[key]));
  expect(made.flat().map(([key]) => key)).toEqual([
    at(pve1, "vmbr9"),
    "10.9.9.1/24",
    `${at(pve1, "vmbr9")} BC:24:11:00:00:07`,
  ]);
  const after = paths.map((path, index) => [path, { ...before[path], ...Object.fromEntries(made[index] ?? []) }]);
  expect(held()).toEqual(Object.fromEntries(after));
  scene.netbox.resetCounts();
  await run({ sync_mode_node: "bootstrap_only" });
  expect(scene.netbox.counts().writes).toBe(0);
  give(pve1, "vmbr0", here);
  give(pve2, "vmbr0", there);
});

test("a run of chosen machines, and one without nodes, touch no interface", async () => {
  edit(pve1, "eno4", { comments: "later" });
  scene.netbox.resetCounts();
  for (const options of [{ netbox_vm_ids: [1] }, { sync_mode_node: "disabled" as const }]) {
    const { id } = await scene.gateway.startRun({ stages: ["network-interfaces"], options });
    expect(await scene.gateway.finished(id)).toMatchObject({ phase: "done", ok: true });
  }
  expect(scene.netbox.counts()).toMatchObject({ writes: 0 });
});

test("the bridge of a software-defined network, which no node lists, is there as long as guests are on it", async () => {
  const estate = buildEstate({ seed: 6, clusters: 1, nodes: 1, guests: 1, standalone: 1 });
  const guest = [...(estate.clusters[0]?.guests.values() ?? [])][0];
  const move = (bridge: string) => {
    for (const [key, value] of Object.entries(guest?.config ?? {}))
      if (guest && /^net\d+$/.test(key)) guest.config[key] = String(value).replace(/bridge=\w+/, `bridge=${bridge}`);
  };
  move("vnet1");
  await using own = await startScene({ estate, env: { PROXBOX_LOG_LEVEL: "error" } });
  const stages: StageName[] = ["devices", "virtual-machines", "network-interfaces", "vm-interfaces"];
  const bridges = async () => {
    own.netbox.resetCounts();
    const { id } = await own.gateway.startRun({ stages });
    expect(await own.gateway.finished(id)).toMatchObject({ ok: true });
    return own.netbox.rows(interfaces).filter(({ name }) => name === "vnet1").length;
  };
  expect(await bridges()).toBe(1);
  expect(await bridges()).toBe(1);
  expect(own.netbox.counts().writes).toBe(0);
  move("vmbr0");
  await bridges();
  expect(await bridges()).toBe(0);
});

/** Changes a row of a node's interfaces; null takes it away. */
function edit(node: EstateNode, iface: string, change: Row | null): void {
  const row = node.interfaces.find((candidate) => candidate.iface === iface);
  if (!row) throw new RangeError(`${node.name} has no ${iface}.`);
  if (change === null) node.interfaces.splice(node.interfaces.indexOf(row), 1);
  else Object.assign(row, change);
  for (const [key, value] of Object.entries(row)) if (value === undefined) delete row[key];
}

/** Gives an interface this IPv4 address, or none. */
function give(node: EstateNode, iface: string, cidr: string | undefined): void {
  edit(node, iface, { cidr, address: undefined, netmask: undefined });
}

function cidrOf(node: EstateNode, iface: string): string {
  return String(node.interfaces.find((row) => row.iface === iface)?.cidr);
}

function deviceKey(node: EstateNode): string {
  return `proxmox-default-site-${cluster.name}/${node.name}`;
}

function at(node: EstateNode, iface: string): string {
  return `${deviceKey(node)}/${iface}`;
}

/** The key of a VLAN at the cluster's site; one that nothing is in any more stays. */
function vlanKey(vid: number): string {
  return `proxmox-default-site-${cluster.name}/${vid}`;
}

async function expectRun({ left = [] }: { left?: string[] } = {}): Promise<void> {
  const before = held()[vlans];
  await run();
  const truth = expected();
  const kept = left.flatMap((key): [string, Columns][] => (before?.[key] ? [[key, before[key]]] : []));
  expect(held()).toEqual({ ...truth, [vlans]: { ...truth[vlans], ...Object.fromEntries(kept) } });
}

async function run(options: SyncOptionsInput = {}, ok = true): Promise<RunView> {
  const { id } = await scene.gateway.startRun({ stages: ["devices", "network-interfaces"], options });
  const view = await scene.gateway.finished(id);
  expect(view.ok).toBe(ok);
  return view;
}

function stageOf(view: RunView) {
  return view.stages.find(({ stage }) => stage === "network-interfaces")?.summary;
}

function held(): Truth {
  return seen(scene.netbox, { paths });
}

function expected(): Truth {
  const shown = scene.proxmox.map(({ cluster: one, url }, index) => ({
    cluster: one,
    url,
    id: scene.endpointIds[index] ?? 0,
  }));
  const truth = truthOf(shown);
  return Object.fromEntries(paths.map((path) => [path, truth[path] ?? {}]));
}

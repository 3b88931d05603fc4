import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { RunView } from "@proxbox/contracts/http";
import type { StageName } from "@proxbox/contracts/stages";
import type { SyncOptionsInput } from "@proxbox/contracts/sync-options";
import { buildEstate } from "../src/proxmox/build-estate.ts";
import { create } from "../src/proxmox/change.ts";
import type { EstateCluster, EstateSdn } from "../src/proxmox/estate.ts";
import { pathFault } from "../src/proxmox/faults.ts";
import { type Scene, startScene } from "../src/scene.ts";

setDefaultTimeout(30_000);

type Row = Record<string, unknown> & { id: number };

const tables = ["fabrics", "controllers", "zones", "vnets", "subnets", "bindings"] as const;
const plugin = (table: string) => `plugins/proxbox/sdn-${table}`;

let scene: Scene;
/** A cluster of three nodes; the other endpoint is one node that stands alone. */
let cluster: EstateCluster;
let sdn: EstateSdn;

beforeAll(async () => {
  const estate = buildEstate({ seed: 4, clusters: 2, nodes: 4, guests: 0 });
  [cluster] = estate.clusters as [EstateCluster, EstateCluster];
  ({ sdn } = cluster);
  scene = await startScene({ estate, env: { PROXBOX_LOG_LEVEL: "error" } });
  // Objects of an operator that are there before the first run.
  scene.netbox.insert("ipam/prefixes", { prefix: "10.200.0.0/24", status: "reserved", description: "Büro" });
  scene.netbox.insert("ipam/route-targets", { name: "65000:1", description: "everybody" });
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

test("is off unless it is asked for: nothing is read, nothing written", async () => {
  await run({ sync_mode_sdn: "disabled" }, ["devices", "network-interfaces"]);
  for (const endpoint of scene.proxmox) endpoint.resetCounts();
  scene.netbox.resetCounts();
  await run({ sync_mode_sdn: "disabled" }, ["sdn"]);
  expect(scene.proxmox.flatMap((endpoint) => Object.keys(endpoint.counts()))).toEqual([]);
  expect(scene.netbox.counts().requests).toBe(0);
});

test("everything that Proxmox shows is there, under the endpoint and cluster it belongs to", async () => {
  await run();
  for (const endpoint of scene.proxmox) {
    const { name, sdn: shown } = endpoint.cluster;
    const of = (table: string) => held(plugin(table)).filter((row) => row.cluster_name === name);
    expect(new Set(tables.flatMap((table) => of(table).map(statusOf)))).toEqual(new Set(["active"]));
    expect(new Set(tables.flatMap((table) => of(table).map((row) => row.endpoint))).size).toBe(1);
    expect(names(of("controllers"), "controller_name")).toEqual(shown.controllers.map((row) => row.controller).sort());
    expect(names(of("zones"), "zone_name")).toEqual(shown.zones.map((row) => row.zone).sort());
    expect(names(of("vnets"), "vnet_name")).toEqual(shown.vnets.map((row) => row.vnet).sort());
    const cidrs = Object.values(shown.subnets).flatMap((rows) => rows.map((row) => row.cidr));
    expect(names(of("subnets"), "subnet")).toEqual(cidrs.sort());
    // The plugin has no type for a fabric of openfabric.
    expect(names(of("fabrics"), "fabric_name")).toEqual(["ospf1"]);
    const [vnet] = of("vnets").filter((row) => row.vnet_name === "vlan100");
    expect(vnet).toMatchObject({ tag: 100, alias: "Büronetz (EG)", vlanaware: true, l2vpn: null });
    expect(vnet?.raw_config).toEqual(shown.vnets.find((row) => row.vnet === "vlan100"));
  }
});

test("vnets of VXLAN and EVPN are L2VPNs, subnets are prefixes; the rows of the plugin lead to them", () => {
  const l2vpns = new Map(held("vpn/l2vpns").map((row) => [row.slug, row]));
  expect([...l2vpns.keys()].sort()).toEqual(
    scene.proxmox
      .flatMap(({ cluster: { name } }) =>
        ["evpn1-ev300", "vxlan1-vx200"].map((vnet) => `proxbox-${idOf(name)}-${name}-${vnet}`),
      )
      .sort(),
  );
  const evpn = l2vpns.get(`proxbox-${idOf(cluster.name)}-${cluster.name}-evpn1-ev300`);
  expect(evpn).toMatchObject({
    type: { value: "vxlan-evpn" },
    identifier: 30_000,
    status: { value: "active" },
    import_targets: [{ name: "65000:1" }, { name: "65000:2" }],
  });
  expect(find("vnets", { vnet_name: "ev300" })).toMatchObject({ l2vpn: evpn?.id });
  expect(find("bindings", { source_type: "vnet", source_name: "evpn1/ev300" })).toMatchObject({
    target_type: "vpn.l2vpn",
    target_id: evpn?.id,
  });
  const prefix = held("ipam/prefixes").find((row) => row.prefix === "10.201.0.0/24");
  expect(prefix).toMatchObject({ status: { value: "active" }, tags: [{ slug: "proxbox" }] });
  expect(find("subnets", { subnet: "10.201.0.0/24" })).toMatchObject({ prefix: prefix?.id, gateway: "10.201.0.1" });
});

test("a subnet that both endpoints have is one prefix, and neither was refused it", async () => {
  const subnet = "10.202.0.0/24";
  scene.netbox.resetCounts();
  for (const { cluster: each } of scene.proxmox) {
    each.sdn.subnets.ev300?.push({
      subnet: `evpn1-${subnet.replace("/", "-")}`,
      cidr: subnet,
      vnet: "ev300",
      zone: "evpn1",
    });
  }
  await run();
  expect(scene.netbox.counts().refused).toBe(0);
  const [prefix, ...more] = held("ipam/prefixes").filter((row) => row.prefix === subnet);
  expect(more).toEqual([]);
  const rows = held(plugin("subnets")).filter((row) => row.subnet === subnet);
  expect(rows.map((row) => row.prefix)).toEqual([prefix?.id, prefix?.id]);
});

test("a prefix and a route target of an operator are used as they are", () => {
  const [prefix, ...more] = held("ipam/prefixes").filter((row) => row.prefix === "10.200.0.0/24");
  expect(more).toEqual([]);
  expect(prefix).toMatchObject({ status: { value: "reserved" }, description: "Büro", tags: [] });
  expect(find("subnets", { subnet: "10.200.0.0/24" })).toMatchObject({ prefix: prefix?.id });
  const target = held("ipam/route-targets").find((row) => row.name === "65000:1");
  expect(target).toMatchObject({ description: "everybody", tags: [] });
});

describe("what is gone", () => {
  test("is marked and stays; its L2VPN comes to its end", async () => {
    sdn.vnets = sdn.vnets.filter((row) => row.vnet !== "ev300");
    delete sdn.subnets.ev300;
    await run();
    expect(find("vnets", { vnet_name: "ev300" })).toMatchObject({ status: { value: "stale" } });
    expect(find("subnets", { subnet: "10.201.0.0/24" })).toMatchObject({ status: { value: "stale" } });
    expect(find("bindings", { source_name: "evpn1/ev300" })).toMatchObject({ status: "stale" });
    const ended = held("vpn/l2vpns").filter((row) => statusOf(row) === "decommissioning");
    expect(ended.map(({ slug }) => slug)).toEqual([`proxbox-${idOf(cluster.name)}-${cluster.name}-evpn1-ev300`]);
    // The other endpoint has networks of the same names.
    const others = held(plugin("vnets")).filter((row) => row.cluster_name !== cluster.name);
    expect(others.map(statusOf)).not.toContain("stale");
  });

  test("and comes back is active again", async () => {
    sdn.vnets.push({ vnet: "ev300", type: "vnet", zone: "evpn1", tag: 30_000 });
    await run();
    expect(find("vnets", { vnet_name: "ev300" })).toMatchObject({ status: { value: "active" } });
    expect(held("vpn/l2vpns").map(statusOf)).not.toContain("decommissioning");
  });
});

describe("without proof nothing is marked", () => {
  test("where subnets of a vnet cannot be read", async () => {
    const { simnet } = sdn.subnets;
    sdn.subnets.simnet = [];
    scene.proxmox[0]?.fault(pathFault(/\/vnets\/simnet\/subnets/, { status: 403, message: "Permission check failed" }));
    const view = await run();
    expect(find("subnets", { subnet: "10.200.0.0/24" })).toMatchObject({ status: { value: "active" } });
    expect(summaryOf(view)?.kinds["sdn-subnet"]).toMatchObject({ skipped: 1 });
    if (simnet) sdn.subnets.simnet = simnet;
  });

  test("where an endpoint fails: it alone does, and the other is brought up to date", async () => {
    const other = scene.proxmox[1]?.cluster;
    scene.proxmox[0]?.fault(pathFault(/\/cluster\/sdn\/zones/, { status: 403, message: "Permission check failed" }));
    other?.sdn.zones.push({ zone: "new1", type: "simple" });
    const view = await run({}, undefined, false);
    expect(view.phase).toBe("failed");
    const status = (zone: string) =>
      held(plugin("zones")).find((row) => row.zone_name === zone && row.cluster_name === other?.name);
    expect(status("new1")).toMatchObject({ status: { value: "active" } });
    expect(held(plugin("zones")).map(statusOf)).not.toContain("stale");
  });

  test("where a server knows no such networks: nothing is done, and that is fine", async () => {
    const before = held(plugin("zones"));
    scene.proxmox[0]?.fault(pathFault(/\/cluster\/sdn\//, { status: 501, message: "Method not implemented" }));
    expect(await run()).toMatchObject({ ok: true });
    expect(held(plugin("zones"))).toEqual(before);
  });
});

test("where things are only to be made, what is new is made and nothing that is there is touched", async () => {
  const paths = [...tables.map(plugin), "vpn/l2vpns", "ipam/prefixes", "ipam/route-targets"];
  const before = paths.map(held);
  const { vnets, zones } = structuredClone(sdn);
  Object.assign(sdn.zones.find(({ zone }) => zone === "evpn1") ?? {}, { mtu: 1300, "rt-import": "65000:9" });
  Object.assign(sdn.vnets.find(({ vnet }) => vnet === "vx200") ?? {}, { tag: 777, alias: "other" });
  sdn.vnets = sdn.vnets.filter(({ vnet }) => vnet !== "ev300");
  sdn.vnets.push({ vnet: "vx201", type: "vnet", zone: "vxlan1", tag: 201 });
  await run({ sync_mode_sdn: "bootstrap_only" });
  const made = paths.map((path, index) => held(path).filter(({ id }) => !before[index]?.some((row) => row.id === id)));
  expect(paths.map((path, index) => held(path).filter(({ id }) => !made[index]?.some((row) => row.id === id)))).toEqual(
    before,
  );
  expect(made.flat().map(({ source_name, slug, vnet_name }) => source_name ?? slug ?? vnet_name)).toEqual([
    "vx201",
    "vxlan1/vx201",
    `proxbox-${idOf(cluster.name)}-${cluster.name}-vxlan1-vx201`,
  ]);
  scene.netbox.resetCounts();
  await run({ sync_mode_sdn: "bootstrap_only" });
  expect(scene.netbox.counts().writes).toBe(0);
  Object.assign(sdn, { vnets, zones });
});

test("a vnet that guests are on has an end where they are, in the run that makes its bridge", async () => {
  const estate = buildEstate({ seed: 6, clusters: 1, nodes: 2, guests: 0 });
  const [own] = estate.clusters as [EstateCluster];
  create(own, 900, "a");
  const card = own.guests.get(900)?.config ?? {};
  card.net0 = String(card.net0).replace(/bridge=\w+/, "bridge=ev300");
  await using one = await startScene({ estate, env: { PROXBOX_LOG_LEVEL: "error" } });
  const ends = async () => {
    one.netbox.resetCounts();
    const stages: StageName[] = ["devices", "virtual-machines", "network-interfaces", "vm-interfaces", "sdn"];
    const { id } = await one.gateway.startRun({ stages, options: { sync_mode_sdn: "always" } });
    expect(await one.gateway.finished(id)).toMatchObject({ ok: true });
    return one.netbox.rows("vpn/l2vpn-terminations").length;
  };
  expect(await ends()).toBe(1);
  expect(await ends()).toBe(1);
  expect(one.netbox.counts().writes).toBe(0);
});

function held(path: string): Row[] {
  return scene.netbox.rows(path) as Row[];
}

/** The row of the first endpoint's cluster with these columns. */
function find(table: string, columns: Record<string, unknown>): Row | undefined {
  const wanted = Object.entries({ ...columns, cluster_name: cluster.name });
  return held(plugin(table)).find((row) => wanted.every(([name, value]) => row[name] === value));
}

function names(rows: Row[], column: string): unknown[] {
  return rows.map((row) => row[column]).sort();
}

function statusOf({ status }: Row): unknown {
  return typeof status === "object" ? (status as { value?: unknown } | null)?.value : status;
}

/** The plugin's id of an endpoint. */
function idOf(name: string): number | undefined {
  return held("plugins/proxbox/endpoints/proxmox").find((row) => row.name === name)?.id;
}

function summaryOf(view: RunView) {
  return view.stages.find(({ stage }) => stage === "sdn")?.summary;
}

async function run(
  options: SyncOptionsInput = {},
  stages: StageName[] = ["devices", "network-interfaces", "sdn"],
  ok = true,
): Promise<RunView> {
  const { id } = await scene.gateway.startRun({ stages, options: { sync_mode_sdn: "always", ...options } });
  const view = await scene.gateway.finished(id);
  expect(view.ok).toBe(ok);
  return view;
}

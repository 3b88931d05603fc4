import { afterAll, beforeAll, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { RunView } from "@proxbox/contracts/http";
import type { SyncOptionsInput } from "@proxbox/contracts/sync-options";
import { buildEstate } from "../src/proxmox/build-estate.ts";
import { renameCluster } from "../src/proxmox/change-data.ts";
import type { EstateCluster } from "../src/proxmox/estate.ts";
import { type Scene, startScene } from "../src/scene.ts";

setDefaultTimeout(30_000);

const stages = ["devices", "storage", "virtual-machines", "task-history", "vm-disks"] as const;
const plugin = "plugins/proxbox";
const paths = {
  clusters: "virtualization/clusters",
  devices: "dcim/devices",
  machines: "virtualization/virtual-machines",
  disks: "virtualization/virtual-disks",
  proxmoxClusters: `${plugin}/proxmox-clusters`,
  proxmoxNodes: `${plugin}/proxmox-nodes`,
  storages: `${plugin}/storage`,
  states: `${plugin}/sync-state/virtual-machines`,
  tasks: `${plugin}/task-history`,
};
type Row = {
  id: number;
  name: string;
  endpoint: { id: number } | null;
  enabled: boolean;
  status: { value: string };
  role: { id: number } | null;
  proxmox_last_synced_role_id: number | null;
};

let scene: Scene;
/** One cluster of three nodes, shown by two endpoints. */
let cluster: EstateCluster;
let first: number;
let second: number;

beforeAll(async () => {
  const estate = buildEstate({ seed: 4, clusters: 1, nodes: 3, guests: 20 });
  cluster = estate.clusters[0] as EstateCluster;
  scene = await startScene({ estate: { clusters: [cluster, cluster] }, env: { PROXBOX_LOG_LEVEL: "error" } });
  [first, second] = scene.endpointIds as [number, number];
});
// Whatever a test did, NetBox is in line before the next one.
beforeEach(() => settle());
afterAll(() => scene[Symbol.asyncDispose]());

describe("one cluster behind two endpoints", () => {
  test("is one, the first one's; the other says where it is kept, and is no failure", async () => {
    const view = await settle();
    expect(counts()).toMatchObject({ clusters: 1, devices: 3, machines: 20, proxmoxClusters: 1, proxmoxNodes: 3 });
    expect(owners()).toEqual([1]);
    expect(view.stages.map(({ stage, summary }) => [stage, summary?.counts.skipped])).toEqual(
      stages.map((stage) => [stage, 1]),
    );
  });

  test("stays one when the other runs alone", async () => {
    const before = counts();
    await settle({ proxmox_endpoint_ids: [second] });
    expect(counts()).toEqual(before);
  });

  test("goes to the other when the first is switched off, and stays there when it is back", async () => {
    const before = counts();
    const ids = rows("machines").map(({ id }) => id);
    await scene.gateway.call("PUT", `/proxmox/endpoints/${first}`, { enabled: false });
    expect(await run()).toMatchObject({ view: { ok: true } });
    expect(owners()).toEqual([2]);
    await settle();
    await scene.gateway.call("PUT", `/proxmox/endpoints/${first}`, { enabled: true });
    await settle();
    expect(owners()).toEqual([2]);
    expect(counts()).toEqual(before);
    expect(rows("machines").map(({ id }) => id)).toEqual(ids);
  });

  test("is known by its certificates when its name has changed, and its row gets the new name", async () => {
    const before = counts();
    const [row] = rows("proxmoxClusters");
    renameCluster(cluster, "lisbon");
    await settle({ proxmox_endpoint_ids: [first] });
    expect(rows("proxmoxClusters")).toEqual([expect.objectContaining({ id: row?.id, name: "frankfurt" })]);
    await run();
    expect(rows("proxmoxClusters")).toEqual([expect.objectContaining({ id: row?.id, name: "lisbon" })]);
    expect(counts()).toEqual(before);
  });
});

test("a role that an operator chose for a node is that of the machines on it", async () => {
  const role = scene.netbox.insert("dcim/device-roles", { name: "Web", slug: "web", color: "654321" });
  const [node] = rows("proxmoxNodes");
  scene.netbox.edit(paths.proxmoxNodes, node?.id ?? 0, { default_role_qemu: Number(role.id) });
  await run();
  const here = [...cluster.guests.values()].filter((guest) => guest.type === "qemu" && guest.node === node?.name);
  expect(rows("machines").filter((machine) => machine.role?.id === role.id)).toHaveLength(here.length);
  expect(here.length).toBeGreaterThan(0);
  const remembered = rows("states").filter((state) => state.proxmox_last_synced_role_id === role.id);
  expect(remembered).toHaveLength(here.length);
});

test("a node's device is called as the plugin's settings say, unless its endpoint says otherwise", async () => {
  const estate = buildEstate({ seed: 4, clusters: 2, nodes: 3, guests: 6 });
  await using own = await startScene({ estate, env: { PROXBOX_LOG_LEVEL: "error" } });
  own.netbox.edit(`${plugin}/settings`, 1, { node_device_name_template: "{cluster_slug}-{node}" });
  await own.gateway.call("PUT", `/proxmox/endpoints/${own.endpointIds[1]}`, {
    node_device_name_template: "{node}-own",
  });
  const run = async () => own.gateway.finished((await own.gateway.startRun({ stages: [...stages] })).id);
  expect(await run()).toMatchObject({ ok: true });
  const [one, two] = estate.clusters;
  const names = own.netbox.rows(paths.devices).map(({ name }) => String(name));
  expect(names.toSorted()).toEqual(
    [
      ...(one?.nodes ?? []).map((node) => `${one?.name}-${node.name}`),
      ...(two?.nodes ?? []).map((node) => `${node.name}-own`),
    ].toSorted(),
  );
  own.netbox.resetCounts();
  expect(await run()).toMatchObject({ ok: true });
  expect(own.netbox.counts().writes).toBe(0);
});

test("a storage that is hidden keeps its row as it is; one that is gone is disabled and stays", async () => {
  const gone = cluster.storages.at(-1)?.storage ?? "";
  const enabled = () => rows("storages").find(({ name }) => name === gone)?.enabled;
  cluster.hiddenStorages.add(gone);
  expect((await run()).writes).toBe(0);
  expect(enabled()).toBe(true);
  cluster.hiddenStorages.clear();
  cluster.storages.pop();
  await run();
  expect(enabled()).toBe(false);
});

test("a node that is away keeps its row; of one that left the cluster the device stays, offline", async () => {
  const left = cluster.nodes.at(-1);
  if (!left) throw new Error("the cluster has nodes");
  left.online = false;
  await run();
  expect(counts()).toMatchObject({ devices: 3, proxmoxNodes: 3 });
  cluster.nodes.pop();
  for (const guest of cluster.guests.values()) if (guest.node === left.name) guest.node = "pve1";
  await run();
  expect(counts()).toMatchObject({ devices: 3, proxmoxNodes: 2, machines: 20 });
  expect(rows("devices").find(({ name }) => name === left.name)?.status.value).toBe("offline");
});

function rows(what: keyof typeof paths): Row[] {
  return scene.netbox.rows(paths[what]) as Row[];
}

function counts(): Record<string, number> {
  return Object.fromEntries(Object.keys(paths).map((what) => [what, rows(what as keyof typeof paths).length]));
}

/** The plugin's endpoints that own anything. */
function owners(): (number | undefined)[] {
  const owned = [...rows("proxmoxClusters"), ...rows("proxmoxNodes"), ...rows("states")];
  return [...new Set(owned.map(({ endpoint }) => endpoint?.id))];
}

/** Runs, and once more if that wrote anything: then NetBox is in line. */
async function settle(options?: SyncOptionsInput): Promise<RunView> {
  const { view, writes } = await run(options);
  expect(view).toMatchObject({ phase: "done", ok: true });
  if (writes > 0) expect(await run(options)).toMatchObject({ view: { ok: true }, writes: 0 });
  return view;
}

async function run(options: SyncOptionsInput = {}) {
  scene.netbox.resetCounts();
  const { id } = await scene.gateway.startRun({ stages: [...stages], options });
  const view = await scene.gateway.finished(id);
  return { view, writes: scene.netbox.counts().writes };
}

import { describe, expect, setDefaultTimeout, test } from "bun:test";
import type { RunOrder } from "@proxbox/contracts/http";
import { defaultStages } from "@proxbox/contracts/stages";
import { buildEstate, demoSize, type EstateSize } from "../src/proxmox/build-estate.ts";
import * as change from "../src/proxmox/change.ts";
import { type Scene, startScene } from "../src/scene.ts";
import { seen, seenJournal, writtenPaths } from "./seen.ts";
import { keyOf } from "./truth/form.ts";
import { hostPaths, machinePaths, only } from "./truth/parts.ts";
import { truthOf } from "./truth/truth.ts";

setDefaultTimeout(30_000);

const env = { PROXBOX_LOG_LEVEL: "error" };

const sizes: Record<string, EstateSize> = {
  "the demo's estate": demoSize,
  "another seed": { ...demoSize, seed: 7, guests: 120 },
  "many small endpoints": { seed: 3, clusters: 7, nodes: 12, guests: 60, standalone: 3 },
  "one node that stands alone": { seed: 5, clusters: 1, nodes: 1, guests: 25, standalone: 1 },
  "an empty cluster": { seed: 2, clusters: 1, nodes: 3, guests: 0 },
};

describe.each(Object.entries(sizes))("%s", (_, size) => {
  test("becomes in NetBox what the description says, field by field, and a second run writes nothing", async () => {
    await using scene = await startScene({ estate: buildEstate(size), env });
    const first = await run(scene);
    expect(first.view).toMatchObject({ phase: "done", ok: true });
    const truth = truthOf(shown(scene));
    expect(seen(scene.netbox)).toEqual(truth);

    const objects = Object.values(truth).map((rows) => Object.keys(rows).length);
    const batches = objects.reduce((sum, count) => sum + Math.ceil(count / 50), 0);
    if (size === demoSize) expect(first.writes).toBeLessThanOrEqual(1.5 * batches + 60);

    const before = writtenPaths.map((path) => scene.netbox.rows(path));
    const second = await run(scene);
    expect(second.view).toMatchObject({ phase: "done", ok: true });
    expect(second.writes).toBe(0);
    expect(writtenPaths.map((path) => scene.netbox.rows(path))).toEqual(before);
  });
});

test("guests of nodes that are offline are missing, and the run says so; all else is there", async () => {
  await using scene = await startScene({
    estate: buildEstate({ seed: 11, clusters: 2, nodes: 6, guests: 60, standalone: 0, offlineNodes: 2 }),
    env,
  });
  const { view } = await run(scene);
  expect(view).toMatchObject({ phase: "failed", ok: false });
  expect(seen(scene.netbox)).toEqual(truthOf(shown(scene)));
  const machines = view.stages.find(({ stage }) => stage === "virtual-machines")?.summary;
  const missing = scene.proxmox.flatMap(({ cluster }) => {
    const offline = cluster.nodes.filter((node) => !node.online).map((node) => node.name);
    return [...cluster.guests.values()].filter((guest) => offline.includes(guest.node));
  });
  expect(machines?.kinds["virtual-machine"]?.failed).toBe(missing.length);
  expect(machines?.errors[0]?.message).toMatch(/^Node pve\d does not report its guest \d+: the node is offline/);
  expect((await run(scene)).writes).toBe(0);
});

test("an older NetBox with an older plugin knows no types of machines: roles stand for them", async () => {
  await using scene = await startScene({
    estate: buildEstate({ seed: 9, clusters: 2, nodes: 3, guests: 40 }),
    netbox: { version: "4.5.8", plugin: "0.0.24" },
    env,
  });
  expect((await run(scene)).view).toMatchObject({ phase: "done", ok: true });
  const truth = truthOf(shown(scene));
  delete truth["virtualization/virtual-machine-types"];
  // That plugin answers every list of these with an error, so none is made.
  truth["plugins/proxbox/guest-vm-interface-addresses"] = {};
  for (const machine of Object.values(truth["virtualization/virtual-machines"] ?? {})) {
    const isContainer = machine.virtual_machine_type === "lxc-container";
    machine.role = isContainer ? "container-lxc" : "virtual-machine-qemu";
    delete machine.virtual_machine_type;
  }
  expect(seen(scene.netbox, { paths: Object.keys(truth) })).toEqual(truth);
  expect((await run(scene)).writes).toBe(0);
});

test("machines alone bring the hosts they need; a strict run of everything then adds the rest", async () => {
  await using scene = await startScene({ estate: buildEstate({ seed: 9, clusters: 2, nodes: 3, guests: 40 }), env });
  const truth = truthOf(shown(scene));
  expect((await run(scene, { stages: ["virtual-machines"] })).view).toMatchObject({ phase: "done", ok: true });
  expect(seen(scene.netbox)).toEqual(only(truth, [...hostPaths, ...machinePaths]));
  expect((await run(scene, { stages: ["virtual-machines"] })).writes).toBe(0);
  const strict = await run(scene, { mode: "strict" });
  expect(strict.view).toMatchObject({ phase: "done", ok: true });
  expect(seen(scene.netbox)).toEqual(truth);
});

test("the journal has one entry for each machine and cluster that a run changed, none when told so", async () => {
  const estate = buildEstate({ seed: 9, clusters: 2, nodes: 3, guests: 40 });
  await using scene = await startScene({ estate, env });
  await run(scene);
  const truth = truthOf(shown(scene));
  const changed = [
    ...Object.keys(truth["virtualization/virtual-machines"] ?? {}),
    ...Object.keys(truth["virtualization/clusters"] ?? {}),
  ];
  expect(seenJournal(scene.netbox).map(({ about }) => about)).toEqual(changed.sort());
  const [cluster] = estate.clusters;
  const summary = seenJournal(scene.netbox).find(({ about }) => about === cluster?.name)?.comments ?? "";
  for (const name of defaultStages({ sync_mode_sdn: "disabled" })) expect(summary).toContain(`- ${name}: `);

  const [guest] = cluster?.guests.values() ?? [];
  if (!cluster || !guest) throw new Error("The estate is empty.");
  const about = keyOf(cluster.endpoint, guest);
  change.configure(cluster, guest.vmid, { memory: "1234", searchdomain: "changed.example" });
  await run(scene);
  const entries = seenJournal(scene.netbox).filter((entry) => entry.about === about);
  expect(entries.map(({ kind }) => kind)).toEqual(["success", "info"]);
  expect(entries[1]?.comments).toMatch(/- virtual machine: memory\n- .*: proxmox_search_domain$/);
  const count = seenJournal(scene.netbox).length;
  expect(count).toBe(changed.length + 2);

  change.configure(cluster, guest.vmid, { memory: "2345" });
  await run(scene, { options: { journal: false } });
  expect(seenJournal(scene.netbox)).toHaveLength(count);
});

test("endpoints that NetBox does not know, all of one name, stay apart from run to run", async () => {
  const estate = buildEstate({ seed: 4, clusters: 2, nodes: 2, guests: 30, standalone: 2 });
  for (const cluster of estate.clusters) {
    cluster.name = "pve";
    for (const node of cluster.nodes) node.name = "pve";
    for (const guest of cluster.guests.values()) guest.node = "pve";
  }
  await using scene = await startScene({ estate, env });
  for (const [index, id] of scene.endpointIds.entries())
    await scene.gateway.call("PUT", `/proxmox/endpoints/${id}`, { name: `house ${index + 1}` });
  expect((await run(scene)).view).toMatchObject({ phase: "done", ok: true });
  const machines = scene.netbox.rows("virtualization/virtual-machines") as { cluster: { name: string } }[];
  const counts = [...Map.groupBy(machines, ({ cluster }) => cluster.name)].map(([name, rows]) => [name, rows.length]);
  expect(Object.fromEntries(counts)).toEqual({
    pve: scene.proxmox[0]?.cluster.guests.size,
    "pve (house 2)": scene.proxmox[1]?.cluster.guests.size,
  });
  expect(await run(scene)).toMatchObject({ view: { ok: true }, writes: 0 });
});

function shown(scene: Scene) {
  return scene.proxmox.map(({ cluster, url }, index) => ({ cluster, url, id: scene.endpointIds[index] ?? 0 }));
}

async function run(scene: Scene, order: RunOrder = {}) {
  scene.netbox.resetCounts();
  const { id } = await scene.gateway.startRun(order);
  const view = await scene.gateway.finished(id);
  return { view, writes: scene.netbox.counts().writes };
}

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { AttemptResults, RunView } from "@proxbox/contracts/http";
import { buildEstate } from "../src/proxmox/build-estate.ts";
import * as change from "../src/proxmox/change.ts";
import { type Scene, startScene } from "../src/scene.ts";
import { findRow, seen } from "./seen.ts";
import type { Columns, Truth } from "./truth/form.ts";

setDefaultTimeout(30_000);

const machines = "virtualization/virtual-machines";
const chosen = 100;

let scene: Scene;
let key: string;
let view: RunView;
let before: Truth;
let after: Truth;

/** Everything about every guest changes in two endpoints; then a run of one guest of the first. */
beforeAll(async () => {
  const estate = buildEstate({ seed: 6, clusters: 2, nodes: 3, guests: 16 });
  scene = await startScene({ estate, env: { PROXBOX_LOG_LEVEL: "silent" } });
  expect((await run()).ok).toBe(true);
  before = seen(scene.netbox);
  for (const { cluster } of scene.proxmox) {
    for (const { vmid, type } of cluster.guests.values()) {
      const bridge = `bridge=vmbr0,${type === "qemu" ? "virtio" : "name=eth7,hwaddr"}=BC:24:11:00:${(vmid % 90) + 10}:0${cluster.index}`;
      change.configure(cluster, vmid, { description: "changed", net7: bridge });
    }
  }
  const [first] = scene.proxmox;
  const type = first?.cluster.guests.get(chosen)?.type;
  key = `${first?.cluster.endpoint}/${type}/${chosen}`;
  view = await run({ netbox_vm_ids: [findRow(scene.netbox, machines, key).id] });
  after = seen(scene.netbox);
});
afterAll(() => scene[Symbol.asyncDispose]());

test("the guest is followed, its card too", () => {
  expect(view).toMatchObject({ phase: "done", ok: true });
  expect(after[machines]?.[key]?.description).toBe("changed");
  const cards = Object.keys(after["virtualization/interfaces"] ?? {}).filter((name) => name.startsWith(`${key}/`));
  const former = Object.keys(before["virtualization/interfaces"] ?? {}).filter((name) => name.startsWith(`${key}/`));
  expect(cards).toHaveLength(former.length + 1);
});

test("no row of any other guest is touched, in any table", () => {
  for (const [path, rows] of Object.entries(after)) {
    const others = (all: Record<string, Columns> = {}) =>
      Object.fromEntries(
        Object.entries(all).filter(([name, columns]) => ![name, ...Object.values(columns)].some(isOfChosen)),
      );
    expect({ path, rows: others(rows) }).toEqual({ path, rows: others(before[path]) });
  }
});

test("the endpoint that does not hold it is ok in every stage, with nothing counted of its guests", async () => {
  const [, other] = scene.endpointIds;
  for (const { stage, summary } of view.stages) {
    expect(summary?.endpoints.find(({ endpoint }) => endpoint === other)?.state).toBe("ok");
    const path = `/runs/${view.id}/stages/${stage}/attempts/1?limit=500`;
    const { results } = await scene.gateway.call<AttemptResults>("GET", path);
    const objects = results.filter(({ endpoint }) => endpoint === other).flatMap((result) => result.objects);
    // Nodes and storages are no guests: what a guest may refer to is seen to in every run.
    if (["devices", "storage"].includes(stage))
      expect(new Set(objects.map(({ outcome }) => outcome))).toEqual(new Set(["unchanged"]));
    else expect({ stage, objects }).toEqual({ stage, objects: [] });
  }
});

describe("guests by their Proxmox number", () => {
  const added = 4711;

  test.each([false, true])(
    "one that NetBox does not have yet is made with all it has; endpoint given: %p",
    async (isGiven) => {
      const [first] = scene.proxmox;
      const [endpoint = 0] = scene.endpointIds;
      if (!first) throw new Error("The estate has no cluster.");
      const vmid = isGiven ? added + 1 : added;
      change.create(first.cluster, vmid, `added-${vmid}`);
      const former = seen(scene.netbox);
      const told = await run({ vmids: [vmid], ...(isGiven ? { proxmox_endpoint_ids: [endpoint] } : {}) });
      expect(told).toMatchObject({ phase: "done", ok: true });
      const own = `${first.cluster.endpoint}/qemu/${vmid}`;
      const now = seen(scene.netbox);
      expect(now[machines]?.[own]?.name).toBe(`added-${vmid}`);
      expect(
        Object.keys(now["virtualization/interfaces"] ?? {}).filter((name) => name.startsWith(`${own}/`)),
      ).not.toEqual([]);
      expect(othersThan(own, now)).toEqual(othersThan(own, former));
      scene.netbox.resetCounts();
      expect((await run({ vmids: [vmid], delete_orphans: true })).ok).toBe(true);
      expect(scene.netbox.counts().writes).toBe(0);
    },
  );

  test("a number that no endpoint has is told, and the run is none the worse for it", async () => {
    scene.netbox.resetCounts();
    const told = await run({ vmids: [9_999] });
    expect(told).toMatchObject({ phase: "done", ok: true });
    expect(scene.netbox.counts().writes).toBe(0);
    const { results } = await scene.gateway.call<AttemptResults>(
      "GET",
      `/runs/${told.id}/stages/virtual-machines/attempts/1`,
    );
    expect(results.flatMap(({ objects }) => objects).filter(({ outcome }) => outcome === "skipped")).toEqual([
      expect.objectContaining({
        kind: "virtual-machine",
        name: "guest 9999",
        reason: expect.stringContaining("number"),
      }),
    ]);
  });

  test("a number given with the machine of another guest is nobody", async () => {
    scene.netbox.resetCounts();
    expect((await run({ vmids: [added], netbox_vm_ids: [findRow(scene.netbox, machines, key).id] })).ok).toBe(true);
    expect(scene.netbox.counts().writes).toBe(0);
  });
});

function othersThan(own: string, truth: Truth): Truth {
  const isOf = (value: unknown) => typeof value === "string" && (value === own || value.startsWith(`${own}/`));
  const others = Object.entries(truth).map(([path, rows]) => [
    path,
    Object.fromEntries(Object.entries(rows).filter(([name, columns]) => ![name, ...Object.values(columns)].some(isOf))),
  ]);
  return Object.fromEntries(others);
}

function isOfChosen(value: unknown): boolean {
  return typeof value === "string" && (value === key || value.startsWith(`${key}/`));
}

async function run(options = {}): Promise<RunView> {
  const { id } = await scene.gateway.startRun({ options });
  for await (const _ of scene.gateway.events(id));
  return scene.gateway.run(id);
}

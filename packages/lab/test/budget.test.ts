import { expect, setDefaultTimeout, test } from "bun:test";
import type { RunOrder } from "@proxbox/contracts/http";
import { buildEstate, type EstateSize } from "../src/proxmox/build-estate.ts";
import * as change from "../src/proxmox/change.ts";
import { type Scene, startScene } from "../src/scene.ts";
import { seen } from "./seen.ts";
import type { Truth } from "./truth/form.ts";

setDefaultTimeout(120_000);

const size: EstateSize = { seed: 31, clusters: 3, nodes: 20, guests: 1000 };

test("a thousand guests cost no more requests than they may, the first time, the next time, and after a few changed", async () => {
  await using scene = await startScene({ estate: buildEstate(size), env: { PROXBOX_LOG_LEVEL: "error" } });
  const first = await run(scene);
  expect(first.writes).toBeLessThanOrEqual(1.5 * batchesOf(seen(scene.netbox)) + 60);
  expect(first.proxmox).toBeLessThanOrEqual(1.1 * mostOf(scene));

  const second = await run(scene);
  expect(second.writes).toBe(0);
  expect(second.reads).toBeLessThanOrEqual(400 + 40 * size.clusters);
  expect(second.proxmox).toBeLessThanOrEqual(1.1 * mostOf(scene));

  const guests = scene.proxmox.flatMap(({ cluster }) =>
    [...cluster.guests.values()].map((guest) => ({ cluster, guest })),
  );
  const some = guests.filter((_, index) => index % 20 === 0);
  for (const { cluster, guest } of some) change.configure(cluster, guest.vmid, { description: "changed" });
  const third = await run(scene);
  // The machines and their entries in the journal, and one summary of each cluster; more items than machines are no reason.
  expect(third.objectsWritten).toBeLessThanOrEqual(2 * some.length + size.clusters);
});

/** What a run may ask of Proxmox: configuration, agent and snapshots of each guest, and a few lists. */
function mostOf({ proxmox }: Scene): number {
  const clusters = proxmox.map(({ cluster }) => cluster);
  const sum = (count: (cluster: (typeof clusters)[number]) => number) =>
    clusters.reduce((total, cluster) => total + count(cluster), 0);
  return (
    sum(({ guests }) => guests.size) * 3 +
    sum(({ nodes }) => nodes.length) * 6 +
    sum(({ storages }) => storages.length) +
    20
  );
}

/** Bulks of fifty that hold everything, kind by kind. */
function batchesOf(truth: Truth): number {
  return Object.values(truth).reduce((sum, rows) => sum + Math.ceil(Object.keys(rows).length / 50), 0);
}

async function run(scene: Scene, order: RunOrder = {}) {
  scene.netbox.resetCounts();
  for (const proxmox of scene.proxmox) proxmox.resetCounts();
  const { id } = await scene.gateway.startRun(order);
  expect(await scene.gateway.finished(id)).toMatchObject({ phase: "done", ok: true });
  const { reads, writes, objectsWritten } = scene.netbox.counts();
  const asked = scene.proxmox.flatMap((proxmox) => Object.values(proxmox.counts()));
  return { reads, writes, objectsWritten, proxmox: asked.reduce((sum, count) => sum + count, 0) };
}

import { expect, setDefaultTimeout, test } from "bun:test";
import { MEASURED } from "../src/netbox/cost.ts";
import { buildEstate } from "../src/proxmox/build-estate.ts";
import { startScene } from "../src/scene.ts";

setDefaultTimeout(120_000);

const ceilings = {
  PROXBOX_NETBOX_MAX_CONCURRENT: "1",
  PROXBOX_BULK_BATCH_SIZE: "9",
  PROXBOX_BACKUP_BATCH_SIZE: "2",
  PROXBOX_INTERFACE_BATCH_SIZE: "4",
};

test("the settings that limit NetBox requests hold for every request of every service", async () => {
  const estate = buildEstate({ seed: 3, clusters: 1, nodes: 2, guests: 12 });
  // A NetBox that takes some time, so that requests would meet there.
  const cost = { ...MEASURED, read: 5, write: 5, row: 0, key: 0, rows: {}, objects: {}, object: 1 };
  await using scene = await startScene({ estate, netbox: { cost }, env: ceilings });
  const { id } = await scene.gateway.startRun();
  const run = await scene.gateway.finished(id);
  expect(run.ok).toBe(true);
  expect(scene.netbox.peakInFlight()).toBe(1);

  /** How many objects a request that made these had on average. */
  const perPost = (path: string) => {
    const posts = scene.netbox.counts().byPath[path]?.POST ?? 0;
    expect(posts).toBeGreaterThan(0);
    return scene.netbox.rows(path).length / posts;
  };
  expect(perPost("ipam/ip-addresses")).toBeLessThanOrEqual(9);
  expect(perPost("plugins/proxbox/backups")).toBeLessThanOrEqual(2);
  expect(perPost("virtualization/interfaces")).toBeLessThanOrEqual(4);
  expect(perPost("virtualization/virtual-disks")).toBeGreaterThan(4);
});

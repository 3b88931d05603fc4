import { expect, setDefaultTimeout, test } from "bun:test";
import { MEASURED } from "../src/netbox/cost.ts";
import { buildEstate } from "../src/proxmox/build-estate.ts";
import { startScene } from "../src/scene.ts";

setDefaultTimeout(120_000);

test("PROXBOX_NETBOX_MAX_CONCURRENT holds for every request of every service, addresses included", async () => {
  const estate = buildEstate({ seed: 3, clusters: 1, nodes: 2, guests: 12 });
  // A NetBox that takes some time, so that requests would meet there.
  const cost = { ...MEASURED, read: 5, write: 5, row: 0, key: 0, rows: {}, objects: {}, object: 1 };
  await using scene = await startScene({ estate, netbox: { cost }, env: { PROXBOX_NETBOX_MAX_CONCURRENT: "1" } });
  const { id } = await scene.gateway.startRun();
  const run = await scene.gateway.finished(id);
  expect(run.ok).toBe(true);
  expect(scene.netbox.counts().byPath["ipam/ip-addresses"]?.POST).toBeGreaterThan(0);
  expect(scene.netbox.peakInFlight()).toBe(1);
});

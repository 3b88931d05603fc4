import { expect, setDefaultTimeout, test } from "bun:test";
import { buildEstate } from "../src/proxmox/build-estate.ts";
import * as change from "../src/proxmox/change.ts";
import * as data from "../src/proxmox/change-data.ts";
import type { Estate, EstateCluster } from "../src/proxmox/estate.ts";
import { credentials } from "../src/proxmox/login.ts";
import { stageOf, startFollowed } from "./followed-scene.ts";
import { seen } from "./seen.ts";

setDefaultTimeout(60_000);

const small = { seed: 21, clusters: 2, nodes: 4, guests: 30, standalone: 0 };

function clustersOf(estate: Estate): [EstateCluster, EstateCluster] {
  return estate.clusters as [EstateCluster, EstateCluster];
}

test("a cluster that is renamed keeps everything; in NetBox it keeps the name that people know it by", async () => {
  const estate = buildEstate(small);
  await using followed = await startFollowed(estate);
  const { netbox } = followed.scene;
  const paths = ["virtualization/clusters", "dcim/devices", "virtualization/virtual-machines", "dcim/sites"];
  const ids = () => paths.map((path) => netbox.rows(path).map(({ id }) => id));
  const before = ids();
  const [cluster] = clustersOf(estate);
  data.renameCluster(cluster, "munich");
  followed.places.frankfurt = { cluster: "frankfurt", site: "proxmox-default-site-frankfurt" };
  // The plugin's row bears the name Proxmox has now.
  delete followed.expected["plugins/proxbox/proxmox-clusters"]?.["frankfurt/frankfurt"];
  await followed.follow();
  expect(ids()).toEqual(before);
  await followed.expectNoWrites();
});

test("two clusters of one name, with the same nodes and vmids, stay apart", async () => {
  const estate = buildEstate(small);
  for (const [index, cluster] of estate.clusters.entries()) {
    cluster.name = "pve";
    cluster.endpoint = `house${index + 1}`;
  }
  await using followed = await startFollowed(estate, {
    house2: { cluster: "pve (house2)", site: "proxmox-default-site-pve-house2" },
  });
  await followed.expectNoWrites();
  const [first, second] = clustersOf(estate);
  change.create(first, 900, "same");
  change.create(second, 900, "same");
  data.addSnapshot(first, 900, "first");
  data.addSnapshot(second, 900, "second");
  await followed.follow();
  await followed.expectNoWrites();
  change.remove(second, 900);
  await followed.follow({ options: { delete_nonexistent_snapshot: true } });
  await followed.expectNoWrites();
});

test("of snapshots of one name, vmid and node in two clusters NetBox has room for one, and the other is told of", async () => {
  const estate = buildEstate({ ...small, guests: 0 });
  for (const cluster of estate.clusters) change.create(cluster, 900, "same");
  await using followed = await startFollowed(estate);
  for (const cluster of estate.clusters) data.addSnapshot(cluster, 900, "same");
  const view = await followed.run();
  expect(view).toMatchObject({ phase: "failed", ok: false });
  const kept = Object.keys(seen(followed.scene.netbox)["plugins/proxbox/snapshots"] ?? {});
  expect(kept).toHaveLength(1);
  const errors = stageOf(view, "vm-snapshots").summary?.errors ?? [];
  expect(errors.map(({ object, message }) => `${object} ${message}`)).toEqual([expect.stringMatching(/same.*900/)]);
  // The one that is there is not taken from its machine by the next run.
  followed.scene.netbox.resetCounts();
  await followed.run();
  expect(followed.scene.netbox.counts().writes).toBe(0);
});

test("an endpoint that is added a second time adds nothing", async () => {
  const estate = buildEstate({ ...small, clusters: 1, nodes: 3 });
  await using followed = await startFollowed(estate);
  const { scene } = followed;
  const [proxmox] = scene.proxmox;
  if (!proxmox) throw new Error("The scene has no endpoint.");
  const row = followed.insert("plugins/proxbox/endpoints/proxmox", {
    name: "again",
    domain: "again.example.com",
    port: proxmox.port,
    mode: "cluster",
  });
  await scene.gateway.call("POST", "/proxmox/endpoints", {
    name: `again (nb:${row.id})`,
    ip_address: proxmox.host,
    port: proxmox.port,
    username: credentials.user,
    token_name: credentials.tokenName,
    token_value: credentials.tokenValue,
    verify_ssl: false,
  });
  scene.netbox.resetCounts();
  const view = await followed.run();
  const now = seen(scene.netbox);
  for (const path of [
    "virtualization/virtual-machines",
    "dcim/devices",
    "ipam/ip-addresses",
    "virtualization/clusters",
  ])
    expect(now[path]).toEqual(followed.expected[path] ?? {});
  expect(view.stages.find(({ stage }) => stage === "virtual-machines")?.summary?.endpoints).toHaveLength(2);
  change.rename(proxmox.cluster, 100, "renamed");
  await followed.run();
  scene.netbox.resetCounts();
  await followed.run();
  expect(scene.netbox.counts().writes).toBe(0);
});

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { buildEstate } from "../src/proxmox/build-estate.ts";
import * as change from "../src/proxmox/change.ts";
import * as data from "../src/proxmox/change-data.ts";
import * as network from "../src/proxmox/change-network.ts";
import type { EstateCluster, Row } from "../src/proxmox/estate.ts";
import { hangingAgent, unlistedContent, unlistedTasks } from "../src/proxmox/faults.ts";
import { credentials } from "../src/proxmox/login.ts";
import { type SimulatedProxmox, startProxmox } from "../src/proxmox/server.ts";

let cluster: EstateCluster;
let proxmox: SimulatedProxmox;

beforeEach(async () => {
  const size = { seed: 5, clusters: 1, nodes: 3, guests: 12, standalone: 0, backupsPerGuest: 0, tasksPerGuest: 0 };
  [cluster] = buildEstate(size).clusters as [EstateCluster];
  change.create(cluster, 500, "web");
  proxmox = await startProxmox(cluster);
});
afterEach(() => proxmox[Symbol.asyncDispose]());

describe("tasks", () => {
  test("come newest first, in pages, between two times, finished ones unless asked", async () => {
    for (let at = 0; at < 7; at++)
      data.addTask(cluster, 500, "qmstart", { starttime: 1000 + at, endtime: 2000, upid: `T${at}` });
    const running = data.addTask(cluster, 500, "qmstop", { starttime: 1003, upid: "R" });
    delete running.endtime;
    const upids = async (query: string) => (await rows(`/nodes/pve1/tasks?vmid=500&${query}`)).map(({ upid }) => upid);
    expect(await upids("limit=3")).toEqual(["T6", "T5", "T4"]);
    expect(await upids("start=5&limit=3")).toEqual(["T1", "T0"]);
    expect(await upids("since=1002&until=1004")).toEqual(["T4", "T3", "T2"]);
    expect(await upids("source=active")).toEqual(["R"]);
    expect(await upids("source=all&since=1006")).toEqual(["T6"]);
    expect(await upids("typefilter=qmstop&source=all")).toEqual(["R"]);
  });

  test("are fifty unless told, and those of other nodes are theirs", async () => {
    for (let at = 0; at < 60; at++) data.addTask(cluster, 500, "qmstart", { upid: `T${at}` });
    expect(await rows("/nodes/pve1/tasks?vmid=500")).toHaveLength(50);
    expect(await rows("/nodes/pve2/tasks?vmid=500")).toEqual([]);
  });
});

describe("what is on a storage", () => {
  test("is the same from every node when it is shared, and a node's own otherwise", async () => {
    const shared = data.addBackup(cluster, 500, "pbs").row.volid;
    const own = data.addBackup(cluster, 500, "local").row.volid;
    const seen = async (node: string, storage: string) =>
      (await rows(`/nodes/${node}/storage/${storage}/content?content=backup&vmid=500`)).map(({ volid }) => volid);
    expect(await seen("pve1", "pbs")).toEqual([shared]);
    expect(await seen("pve3", "pbs")).toEqual([shared]);
    expect(await seen("pve1", "local")).toEqual([own]);
    expect(await seen("pve2", "local")).toEqual([]);
    expect((await rows("/nodes/pve1/storage/local/content")).map(({ content }) => content)).toContain("iso");
    data.removeBackup(cluster, shared);
    expect(await seen("pve1", "pbs")).toEqual([]);
  });

  test("is left out where the guest may not be backed up or nobody knows whose it is", async () => {
    const { volid } = data.addBackup(cluster, 500, "nfs-backup").row;
    const seen = async () =>
      (await rows("/nodes/pve1/storage/nfs-backup/content?content=backup")).map((row) => row.vmid);
    expect(await seen()).toEqual([99_999, 500]);
    cluster.privileges.delete("VM.Backup");
    expect(await seen()).toEqual([]);
    const owned = await rows("/nodes/pve1/storage/nfs-backup/content?content=backup&vmid=500");
    expect(owned.map((row) => row.volid)).toEqual([volid]);
    cluster.privileges.add("Datastore.Allocate");
    expect(await seen()).toEqual([99_999, undefined, 500]);
  });

  test("is told of no storage that is elsewhere, off, gone or hidden", async () => {
    expect((await get("/nodes/pve2/storage/usb/content")).status).toBe(500);
    expect((await get("/nodes/pve1/storage/share/content")).status).toBe(500);
    data.hideStorages(cluster, "nfs-backup");
    expect((await get("/nodes/pve1/storage/nfs-backup/content")).status).toBe(403);
    expect((await get("/storage/nfs-backup")).status).toBe(403);
    expect((await rows("/storage")).map(({ storage }) => storage)).not.toContain("nfs-backup");
    expect(await (await get("/access/permissions")).json()).toMatchObject({ data: { "/storage/nfs-backup": {} } });
    data.removeStorage(cluster, "pbs");
    expect((await get("/nodes/pve1/storage/pbs/content")).status).toBe(500);
  });
});

test("snapshots end with the present state, and close up when one is taken away", async () => {
  for (const name of ["a", "b", "c"]) data.addSnapshot(cluster, 500, name);
  const chain = async () => (await rows("/nodes/pve1/qemu/500/snapshot")).map(({ name, parent }) => [name, parent]);
  expect(await chain()).toEqual([
    ["a", undefined],
    ["b", "a"],
    ["c", "b"],
    ["current", "c"],
  ]);
  data.removeSnapshot(cluster, 500, "b");
  expect(await chain()).toEqual([
    ["a", undefined],
    ["c", "a"],
    ["current", "c"],
  ]);
});

describe("an agent", () => {
  const path = "/nodes/pve1/qemu/500/agent/network-get-interfaces";
  const told = async () => ((await (await get(path)).json()) as { data: { result: Row[] } }).data.result;

  test("tells the interfaces, of which cards and addresses come and go", async () => {
    const key = network.addNic(cluster, 500, { addresses: ["10.9.9.9/24", "fe80::1%ens21/64"] });
    expect((await told()).find(({ name }) => name === "ens21")).toMatchObject({
      "ip-addresses": [
        { "ip-address": "10.9.9.9", "ip-address-type": "ipv4", prefix: 24 },
        { "ip-address": "fe80::1%ens21", "ip-address-type": "ipv6", prefix: 64 },
      ],
    });
    network.removeNic(cluster, 500, key);
    expect(await told()).toHaveLength(1);
  });

  test("moves an address with its guest", async () => {
    change.create(cluster, 501, "db");
    network.moveAddress(cluster, "10.64.2.1/24", 500, 501);
    expect((await told())[0]).not.toHaveProperty("ip-addresses");
    expect(cluster.guests.get(501)?.system.interfaces[0]?.addresses).toEqual(["10.64.2.2/24", "10.64.2.1/24"]);
    expect(() => network.moveAddress(cluster, "10.64.2.1/24", 500, 501)).toThrow(RangeError);
  });

  test("may be off, silent, or hang until the node gives up", async () => {
    const refusal = async () => ((await (await get(path)).json()) as { message: string }).message.trim();
    network.setAgentAnswers(cluster, 500, false);
    expect(await refusal()).toBe("QEMU guest agent is not running");
    change.configure(cluster, 500, { agent: "0" });
    expect(await refusal()).toBe("No QEMU guest agent configured");
    change.setStatus(cluster, 500, "stopped");
    expect(await refusal()).toBe("VM 500 is not running");
    proxmox.fault(hangingAgent(500, 60));
    const started = performance.now();
    expect(await refusal()).toMatch(/got timeout$/);
    expect(performance.now() - started).toBeGreaterThan(50);
  });
});

test("a container tells its interfaces while it runs, and nothing when it does not", async () => {
  const guest = [...cluster.guests.values()].find(({ type }) => type === "lxc");
  if (!guest) throw new Error("The estate has changed.");
  const path = `/nodes/${guest.node}/lxc/${guest.vmid}/interfaces`;
  change.setStatus(cluster, guest.vmid, "running");
  expect((await rows(path)).map(({ name }) => name)).toEqual(guest.system.interfaces.map(({ name }) => name));
  expect((await rows(path))[0]).toMatchObject({
    inet: "127.0.0.1/8",
    inet6: "::1/128",
    "ip-addresses": [{ "ip-address-type": "inet" }, { "ip-address-type": "inet6", prefix: 128 }],
  });
  change.setStatus(cluster, guest.vmid, "stopped");
  expect(await rows(path)).toBeNull();
});

test("a storage's content and a node's tasks can fail alone", async () => {
  proxmox.fault(unlistedContent("local", "pve2"));
  proxmox.fault(unlistedTasks("pve3"));
  const failing = async (path: string) => (await get(path)).status;
  expect(await failing("/nodes/pve2/storage/local/content")).toBe(500);
  expect(await failing("/nodes/pve1/storage/local/content")).toBe(200);
  expect(await failing("/nodes/pve3/tasks")).toBe(500);
  expect(await failing("/nodes/pve1/tasks")).toBe(200);
});

test("jobs are switched off and taken away, clusters renamed", async () => {
  cluster.replications = [{ id: "500-0", guest: 500, jobnum: 0, type: "local", target: "pve2" }];
  data.disableReplication(cluster, "500-0");
  expect(await rows("/cluster/replication")).toEqual([expect.objectContaining({ disable: 1 })]);
  data.removeJob(cluster, "500-0");
  expect(await rows("/cluster/replication")).toEqual([]);
  expect(() => data.removeJob(cluster, "500-0")).toThrow(RangeError);
  data.renameCluster(cluster, "lisbon");
  expect((await rows("/cluster/status"))[0]).toMatchObject({ type: "cluster", name: "lisbon" });
});

test("networks of a node can be asked by type, subnets by network", async () => {
  expect((await rows("/nodes/pve1/network?type=bond")).map(({ iface }) => iface)).toEqual(["bond0"]);
  expect((await rows("/nodes/pve2/network?type=any_bridge")).map(({ iface }) => iface)).toEqual([
    "vmbr0",
    "vmbr1",
    "vmbr2",
  ]);
  expect(await rows("/cluster/sdn/vnets/ev300/subnets")).toHaveLength(2);
  expect((await get("/cluster/sdn/vnets/none/subnets")).status).toBe(500);
});

async function get(path: string): Promise<Response> {
  const authorization = `PVEAPIToken=${credentials.user}!${credentials.tokenName}=${credentials.tokenValue}`;
  return fetch(`${proxmox.url}/api2/json${path}`, { headers: { authorization }, tls: { rejectUnauthorized: false } });
}

async function rows(path: string): Promise<Row[]> {
  const response = await get(path);
  expect(response.status).toBe(200);
  return ((await response.json()) as { data: Row[] }).data;
}

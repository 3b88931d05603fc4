import { afterAll, afterEach, beforeAll, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { liveReads } from "@proxbox/contracts/live";
import { buildEstate } from "../src/proxmox/build-estate.ts";
import type { EstateCluster, EstateGuest } from "../src/proxmox/estate.ts";
import { nodeFault, pathFault, wrongToken } from "../src/proxmox/faults.ts";
import { type LiveScene, startLiveScene } from "./live-scene.ts";

setDefaultTimeout(30_000);

type Json = Record<string, unknown>;

let scene: LiveScene;
let inventory: AsyncDisposable;
let cluster: EstateCluster;
let solo: EstateCluster;
let machine: EstateGuest;
let container: EstateGuest;

beforeAll(async () => {
  scene = await startLiveScene(buildEstate({ seed: 3, clusters: 3, nodes: 7, guests: 60, offlineNodes: 1 }));
  inventory = await scene.replica("one");
  [cluster, , solo] = scene.proxmox.map((each) => each.cluster) as [EstateCluster, EstateCluster, EstateCluster];
  const online = new Set(cluster.nodes.filter((node) => node.online).map(({ name }) => name));
  const guests = [...cluster.guests.values()].filter((guest) => online.has(guest.node));
  machine = guests.find(({ type }) => type === "qemu") as EstateGuest;
  container = guests.find(({ type }) => type === "lxc") as EstateGuest;
});
afterAll(async () => {
  await inventory[Symbol.asyncDispose]();
  await scene[Symbol.asyncDispose]();
});
beforeEach(() => scene.setNetBox(scene.netbox.tokens.v1));
afterEach(() => {
  for (const endpoint of scene.proxmox) endpoint.clearFaults();
  scene.netbox.permissions.clear();
  scene.netbox.faults.clear();
});

const names = () => scene.proxmox.map((each) => each.cluster.name);
const keysOf = (rows: Json[]) => rows.map((row) => Object.keys(row)[0]);

test("version and sessions are keyed and named by the cluster, a node on its own by its name", async () => {
  const versions = await scene.body<Json[]>("version");
  expect(versions).toEqual(
    names().map((name) => ({ [name]: { version: "9.2.1", release: "9.2", repoid: "0123456789abcdef" } })),
  );
  const sessions = await scene.body<Json[]>("sessions");
  expect(sessions.map(({ name, mode }) => [name, mode])).toEqual([
    [cluster.name, "cluster"],
    [names()[1], "cluster"],
    [solo.name, "standalone"],
  ]);
  expect(sessions[0]).toMatchObject({
    ip_address: "127.0.0.1",
    domain: null,
    http_port: scene.proxmox[0]?.port,
    user: "root@pam",
    proxmox_version: { version: "9.2.1" },
  });
  expect(JSON.stringify(sessions)).not.toContain("beef");
});

test("cluster status has a cluster for everybody, with all nodes and no wrong type", async () => {
  const clusters = await scene.body<Json[]>("cluster-status");
  expect(clusters.map(({ name, type, nodes }) => [name, type, nodes])).toEqual(
    scene.proxmox.map((each) => [each.cluster.name, "cluster", each.cluster.nodes.length]),
  );
  for (const each of clusters) {
    expect(typeof each.id).toBe("string");
    expect(typeof each.quorate).toBe("boolean");
    for (const node of each.node_list as Json[]) {
      expect(node.type).toBe("node");
      for (const text of [node.id, node.name, node.ip, node.level, node.status]) expect(typeof text).toBe("string");
      expect([typeof node.online, typeof node.local]).toEqual(["boolean", "boolean"]);
      expect(Number.isInteger(node.nodeid)).toBe(true);
    }
  }
  const offline = cluster.nodes.filter((node) => !node.online).map(({ name }) => name);
  const told = ((clusters[0]?.node_list ?? []) as Json[]).filter(({ online }) => !online).map(({ name }) => name);
  expect(told).toEqual(offline);
  expect(await scene.body<Json[]>("cluster-status", [3])).toEqual([clusters[2] as Json]);
});

test("resources are flat rows of scalars with every known field, of one type when asked for", async () => {
  const [first] = await scene.body<Record<string, Json[]>[]>("cluster-resources", [1]);
  const rows = first?.[cluster.name] ?? [];
  expect(rows.filter(({ type }) => type === "qemu" || type === "lxc").length).toBe(cluster.guests.size);
  for (const row of rows) {
    for (const value of Object.values(row)) expect(typeof value === "object" && value !== null).toBe(false);
    for (const field of ["id", "type", "cpu", "vmid", "storage", "plugintype", "hastate"])
      expect(row).toHaveProperty(field);
  }
  const [guests] = await scene.body<Record<string, Json[]>[]>("cluster-resources", [1], { type: "vm" });
  expect(guests?.[cluster.name]?.length).toBe(cluster.guests.size);
  expect(await scene.ask("cluster-resources", [1], { type: "vms" })).toMatchObject({ status: 400 });
});

test("an empty list is told only where everything could be seen", async () => {
  const guests = new Map(solo.guests);
  const privileges = new Set(solo.privileges);
  try {
    solo.guests.clear();
    expect(await scene.body<Json[]>("cluster-resources", [3], { type: "vm" })).toEqual([{ [solo.name]: [] }]);
    solo.privileges.delete("VM.Audit");
    expect(await scene.ask("cluster-resources", [3], { type: "vm" })).toMatchObject({
      status: 502,
      error: {
        code: "proxmox_forbidden",
        message: expect.stringContaining("the privilege VM.Audit on /vms is missing"),
      },
    });
    expect(await scene.ask("cluster-resources", [3])).toMatchObject({ status: 502 });
    expect(await scene.ask("cluster-resources", [3], { type: "node" })).toMatchObject({ status: 200 });
  } finally {
    for (const [vmid, guest] of guests) solo.guests.set(vmid, guest);
    for (const privilege of privileges) solo.privileges.add(privilege);
  }
});

test("nodes are all nodes of every endpoint, those that are away without figures", async () => {
  const nodes = await scene.body<Record<string, Json>[]>("nodes");
  expect(nodes.length).toBe(7);
  expect(new Set(keysOf(nodes))).toEqual(new Set(names()));
  const rows = nodes.map((each) => Object.values(each)[0] as Json);
  for (const row of rows) {
    expect(typeof row.node).toBe("string");
    if (row.status === "online")
      for (const figure of [row.cpu, row.maxcpu, row.mem, row.maxmem]) expect(typeof figure).toBe("number");
    else expect([row.cpu, row.maxcpu]).toEqual([null, null]);
  }
  expect(rows.filter(({ status }) => status === "offline").length).toBe(1);
});

test("a node's network, guests and settings; one that nobody has is not found", async () => {
  const node = machine.node;
  const interfaces = await scene.body<Json[]>("node-network", [1], { node });
  expect(interfaces.some(({ iface }) => iface === "vmbr0")).toBe(true);
  const bridges = await scene.body<Json[]>("node-network", [1], { node, type: "bridge" });
  expect(bridges.length).toBeGreaterThan(0);
  expect(bridges.length).toBeLessThan(interfaces.length);
  const [qemu] = await scene.body<Record<string, Json[]>[]>("node-qemu", [1], { node });
  expect(qemu?.[cluster.name]?.some(({ vmid }) => vmid === machine.vmid)).toBe(true);
  expect(await scene.body<Json>("node-config", [1], { node })).toMatchObject({
    cluster_name: cluster.name,
    node,
    startall_onboot_delay: 30,
    location: expect.stringContaining("latitude="),
    status: "ok",
  });
  const gone = await scene.ask("node-network", [1, 3], { node: "pve99" });
  expect(gone).toMatchObject({ status: 404, error: { code: "live_not_found" } });
  expect(JSON.stringify(gone)).toContain(
    `There is no node pve99 in Proxmox endpoint ${cluster.endpoint}, ${solo.endpoint}.`,
  );
  for (const bad of ["..", "a/b", "a%2fb", "", "-x", "pve1?x=1"]) {
    expect(await scene.ask("node-network", [1], { node: bad })).toMatchObject({ status: 400 });
  }
});

test("storages are flat rows with what they hold; their content has volume ids", async () => {
  const [storages] = await scene.body<Record<string, Json[]>[]>("storage", [1]);
  const rows = storages?.[cluster.name] ?? [];
  expect(rows.map(({ storage }) => storage).sort()).toEqual(cluster.storages.map(({ storage }) => storage).sort());
  for (const row of rows) {
    expect(row.cluster).toBe(cluster.name);
    for (const value of Object.values(row)) expect(typeof value === "object" && value !== null).toBe(false);
  }
  const used = rows.find(({ storage }) => storage === "nfs-backup");
  expect(used).toMatchObject({ total: 1_099_511_627_776, used: 274_877_906_944, avail: 824_633_720_832 });
  expect(JSON.stringify(rows)).not.toMatch(/password|keyring/i);
  const where = { node: machine.node, storage: "nfs-backup" };
  const volumes = await scene.body<Json[]>("storage-content", [1], where);
  expect(volumes.length).toBeGreaterThan(0);
  for (const volume of volumes) {
    expect(volume.volid).toStartWith("nfs-backup:");
    for (const value of Object.values(volume)) expect(typeof value).not.toBe("object");
  }
  const verified = await scene.body<Json[]>("storage-content", [1], { node: machine.node, storage: "pbs" });
  expect(verified.some(({ verification }) => verification === "ok")).toBe(true);
  const { vmid } = volumes.find((volume) => volume.vmid !== undefined) as Json;
  const some = await scene.body<Json[]>("storage-content", [1], { ...where, vmid: String(vmid), content: "backup" });
  expect(some.every((volume) => volume.vmid === vmid)).toBe(true);
  expect(await scene.ask("storage-content", [1], { ...where, storage: "nowhere" })).toMatchObject({ status: 404 });
});

test("a guest's configuration has the types of the plugin, its disks and cards; a move is followed", async () => {
  const at = (guest: EstateGuest, node = guest.node) => ({ node, type: guest.type, vmid: String(guest.vmid) });
  const config = await scene.body<Json>("guest-config", [1], at(machine));
  expect(Number.isInteger(config.memory)).toBe(true);
  expect(typeof config.agent).toBe("boolean");
  expect(config.cipassword).toBeUndefined();
  const disks = config.disks as Json[];
  expect(disks.length).toBeGreaterThan(0);
  expect(disks.some(({ size_mb }) => typeof size_mb === "number")).toBe(true);
  for (const disk of disks) expect(disk.raw_value).toBe(String(machine.config[String(disk.name)]));
  const cards = Object.keys(machine.config).filter((key) => /^net\d+$/.test(key));
  expect(keysOf(config.networks as Json[]).sort()).toEqual(cards.sort());
  expect(await scene.body<Json>("guest-config", [1], at(container))).toMatchObject({
    hostname: container.config.hostname,
  });
  const elsewhere = cluster.nodes.find((node) => node.online && node.name !== machine.node)?.name ?? "";
  expect(await scene.body<Json>("guest-config", [1], at(machine, elsewhere))).toEqual(config);
  expect(await scene.ask("guest-config", [1], { ...at(machine), vmid: "999999" })).toMatchObject({ status: 404 });
  expect(await scene.ask("guest-config", [1], { ...at(machine), type: "openvz" })).toMatchObject({ status: 400 });
  expect(await scene.body<Json>("guest-firewall", [1], at(machine))).toMatchObject({
    options: { enable: 1 },
    rules: [{ pos: 0 }],
    ipset: [{ name: "ipfilter-net0" }],
  });
});

test("backup and replication jobs of all endpoints stand in one list with their cluster", async () => {
  const jobs = await scene.body<Json[]>("backup-jobs");
  expect(jobs.length).toBe(scene.proxmox.reduce((sum, each) => sum + each.cluster.backupJobs.length, 0));
  expect(jobs.filter((job) => job.cluster_name === cluster.name).map(({ id }) => id)).toEqual(
    cluster.backupJobs.map(({ id }) => id),
  );
  const replications = await scene.body<Json[]>("replication", [1]);
  expect(replications.map(({ id, status, error }) => [id, status, error])).toEqual(
    cluster.replications.map(({ id }) => [id, "ok", null]),
  );
  for (const job of replications) expect([typeof job.guest, typeof job.disable]).toEqual(["number", "boolean"]);
});

test("high availability: one object with four lists; a guest that is not kept available is null", async () => {
  const summary = await scene.body<Record<string, Json[]>>("ha-summary");
  expect(Object.keys(summary).sort()).toEqual(["groups", "resources", "rules", "status"]);
  expect(summary.groups?.map(({ group, restricted }) => [group, restricted])).toEqual([["preferred", false]]);
  expect(summary.rules?.some(({ rule, strict }) => rule === "stay" && strict === false)).toBe(true);
  expect(summary.status?.some(({ type, quorate }) => type === "quorum" && quorate === true)).toBe(true);
  const kept = cluster.ha.resources.map(({ sid }) => sid);
  expect(kept.length).toBe(2);
  expect(summary.resources?.filter((row) => row.cluster_name === cluster.name).map(({ sid }) => sid)).toEqual(kept);
  const vmid = String(kept[0]).split(":")[1] ?? "";
  const guest = await scene.body<Json>("ha-guest", [1], { vmid });
  expect(guest).toMatchObject({
    sid: kept[0],
    crm_state: "started",
    max_restart: 1,
    failback: true,
    group: "preferred",
  });
  expect(guest.node).toBe(cluster.guests.get(Number(vmid))?.node ?? null);
  expect(await scene.ask("ha-guest", [1], { vmid: "999999" })).toEqual({ status: 200, body: null });
  expect((await scene.body<Json[]>("ha-status", [1])).length).toBe(2 + cluster.nodes.length + 2);
  expect((await scene.body<Json[]>("ha-resources", [1])).length).toBe(2);
  expect((await scene.body<Json[]>("ha-groups", [1])).length).toBe(1);
  expect(await scene.body<Json[]>("ha-groups", [2])).toEqual([]);
  expect((await scene.body<Json[]>("ha-rules", [2])).length).toBe(1);
});

test("the firewall has the names that the plugin reads and those it was told before", async () => {
  const [summary, ...others] = await scene.body<Json[]>("firewall-summary");
  expect(others.map(({ cluster_name }) => cluster_name)).toEqual(names().slice(1));
  expect(summary).toMatchObject({
    cluster_name: cluster.name,
    options: { enable: 1, policy_in: "DROP", ebtables: 1 },
    rules: [
      { pos: 0, enable: 1, macro: "SSH", zone: "datacenter", comment: "Büro" },
      { pos: 1, enable: 0, type: "group" },
      { pos: 2, icmp_type: "echo-request" },
    ],
    security_groups: [
      { name: "webservers", rules: [{ pos: 0, dport: "80,443" }, { pos: 1 }] },
      { name: "empty", rules: [] },
    ],
    ip_sets: [{ name: "management", entries: [{ nomatch: false }, { nomatch: true }] }],
    aliases: [{ name: "gateway", cidr: "10.1.0.1" }],
  });
  expect(summary?.datacenter_rules).toEqual(summary?.rules);
  expect(summary?.datacenter_ipsets).toEqual(summary?.ip_sets);
  expect(summary?.datacenter_aliases).toEqual(summary?.aliases);
  for (const [part, count] of [
    ["rules", 3],
    ["groups", 2],
    ["ipsets", 1],
    ["aliases", 1],
  ] as const) {
    expect((await scene.body<Json[]>("firewall-datacenter", [1], { rest: part })).length).toBe(count);
  }
  expect(await scene.body<Json>("firewall-datacenter", [1], { rest: "options" })).toMatchObject({
    cluster_name: cluster.name,
    policy_in: "DROP",
    options: { ebtables: 1 },
  });
  expect(await scene.ask("firewall-datacenter", [1], { rest: "rules/0" })).toMatchObject({ status: 400 });
  const node = machine.node;
  expect(await scene.body<Json[]>("firewall-node", [1], { node, part: "rules" })).toMatchObject([
    { pos: 0, node, zone: "node" },
  ]);
  expect(await scene.body<Json>("firewall-node", [1], { node, part: "options" })).toMatchObject({ enable: 1 });
  for (const guest of [machine, container]) {
    const vmid = String(guest.vmid);
    expect(await scene.body<Json[]>("firewall-guest", [1], { vmid, part: "rules" })).toMatchObject([
      { pos: 0, vmid: guest.vmid },
    ]);
    expect(await scene.body<Json[]>("firewall-guest", [1], { vmid, part: "ipsets" })).toMatchObject([
      { name: "ipfilter-net0" },
    ]);
    expect(await scene.body<Json[]>("firewall-guest", [1], { vmid, part: "aliases" })).toMatchObject([
      { name: "peer" },
    ]);
  }
  expect(await scene.ask("firewall-guest", [1], { vmid: "999999", part: "rules" })).toMatchObject({ status: 404 });
});

test("CPU models have no null but their level; options of datacenters", async () => {
  const models = await scene.body<Json[]>("cpu-models", [1]);
  expect(models).toEqual([
    {
      cluster_name: cluster.name,
      cputype: "custom-web",
      base_cputype: "EPYC-Rome",
      flags: "+aes;+pcid",
      vendor_id: "lab",
      level: 16,
      description: "",
      status: "ok",
    },
    expect.objectContaining({ cputype: "custom-plain", base_cputype: "", flags: "", vendor_id: "", level: null }),
  ]);
  expect(await scene.body<Json[]>("datacenter-options", [1])).toMatchObject([
    { cluster_name: cluster.name, keyboard: "en-us", crs: null, status: "ok", error: null },
  ]);
});

test("software-defined networking by its parts", async () => {
  for (const part of ["controllers", "zones", "vnets", "subnets", "fabrics"] as const) {
    const rows = await scene.body<Json[]>("sdn", [1], { part });
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) expect(row).toMatchObject({ endpoint_id: 1, cluster_name: cluster.name, status: "ok" });
  }
  const vnets = await scene.body<Json[]>("sdn", [1], { part: "vnets" });
  expect(vnets.find(({ vnet }) => vnet === "vlan100")).toMatchObject({ tag: 100, vlanaware: true, zone: "vlan1" });
  const zones = await scene.body<Json[]>("sdn", [1], { part: "zones" });
  expect(zones.find(({ zone }) => zone === "evpn1")).toMatchObject({ vrf_vxlan: 10_000, controller: "evpnctl" });
  const fabrics = await scene.body<Json[]>("sdn", [1], { part: "fabrics" });
  expect(fabrics.map(({ fabric, type }) => [fabric, type])).toContainEqual(["under1", "openfabric"]);
  for (const part of ["route-maps", "prefix-lists"]) expect(await scene.body<Json[]>("sdn", [1], { part })).toEqual([]);
  expect(await scene.ask("sdn", [1], { part: "dns" })).toMatchObject({ status: 400 });
});

test("any read of the API, of one endpoint, and nothing beside it", async () => {
  const time = await scene.body<Json>("api2", [1], { rest: `nodes/${machine.node}/time` });
  expect(time).toMatchObject({ timezone: "Europe/Berlin" });
  const guests = await scene.body<Json[]>("api2", [1], { rest: "cluster/resources", type: "vm" });
  expect(guests.length).toBe(cluster.guests.size);
  expect(await scene.ask("api2", [1, 2], { rest: "version" })).toMatchObject({ status: 400 });
  expect(await scene.ask("api2", [1], { rest: "cluster/nothing" })).toMatchObject({ status: 502 });
  scene.proxmox[0]?.resetCounts();
  for (const rest of [
    "../../etc",
    "nodes/../access",
    "nodes//pve1",
    "nodes/%2e%2e/x",
    "nodes/a%2fb",
    "",
    "x?y",
    "nodes/pve1#",
  ]) {
    expect(await scene.ask("api2", [1], { rest })).toMatchObject({ status: 400, error: { code: "live_bad_question" } });
  }
  expect(scene.proxmox[0]?.counts()).toEqual({});
});

test("without endpoints there is nothing to tell, and nothing fails", async () => {
  for (const name of [
    "version",
    "cluster-status",
    "cluster-resources",
    "nodes",
    "storage",
    "firewall-summary",
  ] as const) {
    expect(await scene.body<Json[]>(name, [])).toEqual([]);
  }
  expect(await scene.ask("version", [99])).toMatchObject({ status: 404, error: { code: "live_not_found" } });
  expect(await scene.ask("coffee", [1])).toMatchObject({ status: 404 });
});

test("an endpoint that fails fails the answer, by name, cause and next step", async () => {
  const second = scene.proxmox[1];
  if (!second) throw new Error("There is no second endpoint.");
  const name = second.cluster.endpoint;
  const failed = async (
    read: Parameters<LiveScene["ask"]>[0],
    endpoints?: number[],
    params?: Record<string, string>,
  ) => {
    const answer = await scene.ask(read, endpoints, params);
    if (!("error" in answer)) throw new Error(`${read} did not fail.`);
    expect(answer.error.message).toContain(name);
    expect(answer.error.next).toBeTruthy();
    expect(JSON.stringify(answer)).not.toContain("beef");
    return answer;
  };
  second.fault({ does: { status: 500, message: "got no worker" } });
  expect(await failed("cluster-resources")).toMatchObject({ status: 502, error: { code: "proxmox_error" } });
  second.clearFaults();
  second.fault(wrongToken);
  expect(await failed("version")).toMatchObject({
    status: 502,
    error: { code: "proxmox_unauthorized", message: expect.stringContaining("the API token root@pam!proxbox (401)") },
  });
  second.clearFaults();
  second.fault(pathFault(/firewall/, { status: 403, message: "Permission check failed (/, Sys.Audit)" }));
  expect(await failed("firewall-summary")).toMatchObject({
    status: 502,
    error: { code: "proxmox_forbidden", message: expect.stringContaining("the privilege Sys.Audit on /") },
  });
  second.clearFaults();
  const node = second.cluster.nodes[0]?.name ?? "";
  second.fault(nodeFault(node, { status: 595, message: "No route to host" }));
  expect(await failed("firewall-node", [2], { node, part: "rules" })).toMatchObject({
    status: 502,
    error: { code: "proxmox_node_offline" },
  });
  second.clearFaults();
  second.fault({ does: "html" });
  expect(await failed("nodes")).toMatchObject({ status: 502, error: { code: "proxmox_bad_answer" } });
  second.clearFaults();
  await second.down();
  expect(await failed("cluster-status")).toMatchObject({ status: 502, error: { code: "proxmox_unreachable" } });
  expect(await scene.ask("cluster-status", [1, 3])).toMatchObject({ status: 200 });
  second.up();
  expect(await scene.ask("cluster-status")).toMatchObject({ status: 200 });
});

test("a name that cannot be found, an address that is never called, a certificate that is not trusted", async () => {
  await scene.configure(2, { ip_address: "", domain: "pve.invalid" });
  const unknown = await scene.ask("version", [2]);
  expect(unknown).toMatchObject({ status: 502, error: { code: "proxmox_unreachable" } });
  expect(JSON.stringify(unknown)).toContain("the name pve.invalid has no address");
  await scene.configure(2, { ip_address: "169.254.169.254", domain: null });
  expect(await scene.ask("version", [2])).toMatchObject({ status: 502, error: { code: "proxmox_address_refused" } });
  await scene.configure(2, { ip_address: "127.0.0.1", domain: null, verify_ssl: true });
  expect(await scene.ask("version", [2])).toMatchObject({ status: 502, error: { code: "proxmox_tls" } });
  await scene.configure(2, { verify_ssl: false, token_value: "v1:not-sealed-with-this-key" });
  const unreadable = await scene.ask("version");
  expect(unreadable).toMatchObject({ status: 503, error: { code: "secret_unreadable" } });
  await scene.configure(2, { token_value: scene.seal("00000000-0000-4000-8000-00000000beef") });
  expect(await scene.ask("version")).toMatchObject({ status: 200 });
});

test("a slow endpoint is named before its caller has hung up", async () => {
  scene.proxmox[2]?.fault({ does: { delayMs: 5_000 } });
  // Who is asked too late is told ask_timeout by `ask` itself, and no endpoint.
  const answer = await scene.ask("nodes", undefined, {}, 1_500);
  expect(answer).toMatchObject({
    status: 504,
    error: { code: "proxmox_timeout", message: expect.stringContaining(solo.endpoint) },
  });
});

test("NetBox: its status as it is, its document, its machines", async () => {
  const authorization = `Token ${scene.netbox.tokens.v1}`;
  const itself = await fetch(`${scene.netbox.url}/api/status/`, { headers: { authorization } });
  expect(await scene.body<Json>("netbox-status", [])).toEqual((await itself.json()) as Json);
  expect(await scene.body<Json>("netbox-openapi", [])).toMatchObject({ openapi: expect.any(String) });
  const site = scene.netbox.insert("dcim/sites", { name: "Lab", slug: "lab" });
  const machines = Array.from({ length: 3 }, (_, n) =>
    scene.netbox.insert("virtualization/virtual-machines", { name: `m${n}`, site: site.id ?? null }),
  );
  expect((await scene.body<Json[]>("netbox-machines", [])).map(({ name }) => name)).toEqual(["m0", "m1", "m2"]);
  const id = String(machines[1]?.id);
  expect(await scene.body<Json>("netbox-machine", [], { id })).toMatchObject({ name: "m1" });
  expect(await scene.ask("netbox-machine", [], { id: "4711" })).toMatchObject({ status: 404 });
  await scene.setNetBox(null);
  expect(await scene.ask("netbox-status", [])).toMatchObject({ status: 400, error: { code: "netbox_not_configured" } });
});

test("the check tells what stands in the way, and that nothing does", async () => {
  const healthy = { ok: true, skipped: false, reason: null, warnings: [], created: [], patched: [], unchanged: [] };
  expect(await scene.body<Json>("netbox-check", [])).toEqual(healthy);
  scene.netbox.permissions.deny("v1", "view", "dcim/devices");
  expect(await scene.body<Json>("netbox-check", [])).toMatchObject({
    ok: false,
    reason: "The NetBox token lacks permissions that a run needs: dcim.view_device.",
    warnings: [{ object: "dcim.view_device" }],
  });
  scene.netbox.permissions.clear();
  await scene.setNetBox("0123456789012345678901234567890123456789");
  expect(await scene.body<Json>("netbox-check", [])).toMatchObject({
    ok: false,
    skipped: true,
    reason: expect.stringContaining("does not accept the token"),
  });
  await scene.setNetBox(null);
  expect(await scene.body<Json>("netbox-check", [])).toMatchObject({ ok: false, reason: "no_netbox_session" });
  await scene.setNetBox(scene.netbox.tokens.v1);
  scene.netbox.faults.clear();
  scene.netbox.faults.add({ kind: "delay", ms: 5_000, path: "dcim/devices" });
  expect(await scene.ask("netbox-check", [], {}, 1_500)).toMatchObject({
    status: 200,
    body: { ok: false, reason: expect.stringMatching(/^NetBox is slow: 1 of \d+ permissions/) },
  });
  scene.netbox.faults.clear();
  scene.netbox.faults.add({ kind: "delay", ms: 5_000, path: "status" });
  expect(await scene.ask("netbox-check", [], {}, 1_500)).toMatchObject({ status: 200, body: { ok: false } });
});

test("every live read has an answer", async () => {
  const params = {
    node: machine.node,
    type: "qemu",
    vmid: String(machine.vmid),
    storage: "nfs-backup",
    rest: "rules",
    id: "1",
  };
  const parts: Record<string, string> = { sdn: "zones", "firewall-node": "rules", "firewall-guest": "rules" };
  for (const { name, from } of liveReads) {
    const rest = name === "api2" ? "version" : params.rest;
    const type = name === "cluster-resources" ? "vm" : name === "node-network" ? "bridge" : params.type;
    const asked = { ...params, rest, type, part: parts[name] ?? "" };
    const answer = await scene.ask(name, from === "proxmox" ? [1] : [], asked);
    const expected = name === "netbox-machine" ? [200, 404] : [200];
    expect([name, expected.includes(answer.status)]).toEqual([name, true]);
  }
});

test("two inventories share the questions; without any the caller is told", async () => {
  const two = await scene.replica("two");
  const both = Array.from({ length: 40 }, () => scene.ask("cluster-status", [1]));
  await inventory[Symbol.asyncDispose]();
  expect((await Promise.all(both)).every(({ status }) => status === 200)).toBe(true);
  expect(await scene.ask("version")).toMatchObject({ status: 200 });
  await two[Symbol.asyncDispose]();
  await expect(scene.ask("version")).rejects.toMatchObject({ code: "ask_unheard", retryable: true });
  inventory = await scene.replica("one-again");
  expect(await scene.ask("version")).toMatchObject({ status: 200 });
});

test("ten thousand guests pass", async () => {
  await using large = await startLiveScene(
    buildEstate({ seed: 5, clusters: 1, nodes: 20, guests: 10_000, backupsPerGuest: 0, tasksPerGuest: 0 }),
  );
  await using _ = await large.replica("large");
  const [rows] = await large.body<Record<string, Json[]>[]>("cluster-resources");
  const guests = Object.values(rows ?? {})[0]?.filter(({ vmid }) => vmid !== null);
  expect(guests?.length).toBe(10_000);
  expect(JSON.stringify(rows).length).toBeGreaterThan(3_000_000);
});

import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { buildEstate } from "../src/proxmox/build-estate.ts";
import * as change from "../src/proxmox/change.ts";
import type { EstateCluster, EstateGuest } from "../src/proxmox/estate.ts";
import { wrongToken } from "../src/proxmox/faults.ts";
import { type Scene, startScene } from "../src/scene.ts";

setDefaultTimeout(60_000);

type Answer = Record<string, unknown> & {
  action: string;
  error: string | null;
  netbox_object: { id: number } | null;
  dependencies_synced: Record<string, unknown>[];
  run_id: string | null;
};
type Query = Record<string, string | number>;

let scene: Scene;
let cluster: EstateCluster;
let endpoint: number;

beforeAll(async () => {
  const estate = buildEstate({ seed: 6, clusters: 2, nodes: 2, guests: 20, backupsPerGuest: 1, tasksPerGuest: 2 });
  scene = await startScene({ estate, env: { PROXBOX_LOG_LEVEL: "silent" } });
  const [first] = scene.proxmox;
  if (!first) throw new Error("The estate has no cluster.");
  cluster = first.cluster;
  endpoint = scene.endpointIds[0] ?? 0;
  const [vmid = 0] = cluster.guests.keys();
  cluster.replications.push({ id: `${vmid}-0`, type: "local", guest: vmid, jobnum: 0, source: "pve1", target: "pve2" });
});
afterEach(() => {
  scene.netbox.permissions.clear();
  scene.netbox.faults.clear();
  for (const proxmox of scene.proxmox) proxmox.clearFaults();
});
afterAll(() => scene[Symbol.asyncDispose]());

describe("what is asked for is there afterwards, in a NetBox that had nothing of it", () => {
  test("a machine, with its cluster, its node, its disks and its network", async () => {
    const guest = someGuest(({ config }) => "net0" in config);
    const { status, body } = await ask("vm", of(guest));
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { object_type: "vm", action: "created", dry_run: false, error: null },
    });
    const made = rowOf("virtualization/virtual-machines", body);
    expect(made).toMatchObject({ name: guest.name });
    expect(rows("virtualization/interfaces").length).toBeGreaterThan(0);
    expect(rows("virtualization/virtual-disks").length).toBeGreaterThan(0);
    expect(body.dependencies_synced).toEqual([
      { object_type: "cluster", action: "created", name: cluster.name },
      { object_type: "node", action: "created", name: guest.node },
    ]);
    const [link] = rows("plugins/proxbox/proxmox-clusters");
    expect(link).toMatchObject({ netbox_cluster: { id: expect.any(Number) } });
  });

  test("the same again changes nothing, and names nothing that the plugin would go on with", async () => {
    const guest = someGuest(({ config }) => "net0" in config);
    scene.netbox.resetCounts();
    const { body } = await ask("vm", of(guest));
    expect(body).toMatchObject({ action: "unchanged", dependencies_synced: [], error: null });
    expect(scene.netbox.counts().writes).toBe(0);
  });

  test("by its path", async () => {
    const guest = someGuest(({ config }) => "net0" in config);
    const path = [cluster.name, guest.node, guest.type, guest.vmid].join("/");
    expect(await ask(`vm/${path}`, { proxmox_endpoint_ids: endpoint })).toMatchObject({
      status: 200,
      body: { action: "unchanged", proxmox_resource: { vmid: guest.vmid } },
    });
  });

  test.each<[string, string, () => Query]>([
    ["cluster", "virtualization/clusters", () => ({})],
    ["node", "dcim/devices", () => ({ node_name: cluster.nodes[0]?.name ?? "" })],
    ["storage", "plugins/proxbox/storage", () => ({ storage_name: "local" })],
    ["backup-routines", "plugins/proxbox/backup-routines", () => ({ job_id: String(cluster.backupJobs[0]?.id) })],
    ["replication", "plugins/proxbox/replications", () => ({ replication_id: String(cluster.replications[0]?.id) })],
    [
      "disk",
      "virtualization/virtual-disks",
      () => ({ ...of(someGuest(hasKey(/^scsi\d/))), disk_name: nameOfKey(/^scsi\d/) }),
    ],
    ["interface", "virtualization/interfaces", () => ({ ...of(someGuest(hasKey(/^net0/))), interface_name: "net0" })],
    [
      "snapshot",
      "plugins/proxbox/snapshots",
      () => {
        const guest = someGuest(({ snapshots }) => snapshots.length > 0);
        return { ...of(guest), snapshot_name: guest.snapshots[0]?.name ?? "" };
      },
    ],
    [
      "backup",
      "plugins/proxbox/backups",
      () => {
        const { storage, row, guest } = someBackup();
        return { ...of(guest), storage, volid: row.volid };
      },
    ],
    [
      "task-history",
      "plugins/proxbox/task-history",
      () => {
        const { guest, task } = someTask();
        return { ...of(guest), node: task.node, upid: task.upid };
      },
    ],
    [
      "ip",
      "ipam/ip-addresses",
      () => {
        const guest = someGuest(
          ({ system, agentAnswers, type, status }) =>
            addressOf(system) !== null && (type === "lxc" || agentAnswers) && status === "running",
        );
        // What the plugin knows of the guest comes along; ip_address names no endpoint.
        return { ...of(guest), ip_address: addressOf(guest.system) ?? "", storage_name: "local" };
      },
    ],
  ])("%s", async (kind, table, query) => {
    const { status, body } = await ask(kind, { cluster_name: cluster.name, ...query() });
    expect({ kind, status, body }).toMatchObject({ kind, status: 200, body: { error: null, dry_run: false } });
    expect(["created", "updated", "unchanged"]).toContain(body.action);
    expect(rowOf(table, body)).toBeDefined();
    expect(Array.isArray(body.dependencies_synced)).toBe(true);
  });

  test("a machine that is made for a backup is named, with all that the plugin needs to go on with it", async () => {
    const guest = change.create(cluster, 930, "backed-up");
    const { storage, row } = someBackup();
    const volid = row.volid.replace(/-(qemu|lxc)-\d+-/, "-qemu-930-");
    cluster.volumes.push({ storage, node: null, row: { ...row, volid, vmid: 930 } });
    const { body } = await ask("backup", { ...of(guest), storage, volid });
    expect(body).toMatchObject({ action: "created", error: null });
    expect(body.dependencies_synced).toEqual([
      { object_type: "vm", action: "created", name: "backed-up", node: guest.node, vmid: 930, type: "qemu" },
    ]);
  });

  test("by POST too, where that was possible", async () => {
    const query = { ...of(someGuest(hasKey(/^net0/))), interface_name: "net0" };
    expect(await ask("interface", query, "POST")).toMatchObject({ status: 200, body: { error: null } });
    expect((await ask("vm", query, "POST")).status).toBe(405);
  });

  test("the endpoint is found by the name of its cluster, in any case", async () => {
    const { proxmox_endpoint_ids: _, ...query } = of(someGuest(hasKey(/^net0/)));
    expect(await ask("vm", { ...query, cluster_name: cluster.name.toUpperCase() })).toMatchObject({ status: 200 });
  });
});

describe("a dry run", () => {
  test("writes nothing and tells what would be", async () => {
    const guest = change.create(cluster, 940, "planned");
    scene.netbox.resetCounts();
    const { status, body } = await ask("vm", { ...of(guest), dry_run: "true" });
    expect(scene.netbox.counts().writes).toBe(0);
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { action: "dry_run", dry_run: true, netbox_object: null, error: null },
    });
    expect(body.would).toContainEqual({
      object_type: "virtual-machine",
      name: "planned (qemu 940)",
      reason: "would be created",
    });
  });

  test.each(["cluster", "storage"])("of what is there: %s", async (kind) => {
    scene.netbox.resetCounts();
    const query = { cluster_name: cluster.name, storage_name: "local", proxmox_endpoint_ids: endpoint, dry_run: 1 };
    expect(await ask(kind, query)).toMatchObject({
      status: 200,
      body: { action: "dry_run", netbox_object: { id: expect.any(Number) }, would: [] },
    });
    expect(scene.netbox.counts().writes).toBe(0);
  });
});

describe("what is not possible is told, with a status that a batch does not take for success", () => {
  const known = () => of(someGuest(hasKey(/^net0/)));
  test.each<[string, () => [string, Query], number, RegExp]>([
    [
      "a cluster nobody knows",
      () => ["vm", { ...without(known()), cluster_name: "nowhere" }],
      404,
      /No Proxmox endpoint serves a cluster nowhere\. Known: /,
    ],
    ["a guest nobody knows", () => ["vm", { ...known(), vmid: 4_711 }], 404, /has no guest 4711/],
    [
      "a guest of another type",
      () => ["vm", { ...of(someGuest(({ type }) => type === "qemu")), type: "lxc" }],
      404,
      /is no lxc/,
    ],
    ["a disk it has not", () => ["disk", { ...known(), disk_name: "scsi29" }], 404, /has no disk scsi29 of guest/],
    ["a node it has not", () => ["node", { ...known(), node_name: "pve99" }], 404, /has no node pve99 of cluster/],
    ["a storage it has not", () => ["storage", { ...known(), storage_name: "none" }], 404, /has no storage none/],
    [
      "a replication it has not",
      () => ["replication", { ...known(), replication_id: "100-9" }],
      404,
      /has no replication 100-9/,
    ],
    [
      "an endpoint that is not there",
      () => ["vm", { ...known(), proxmox_endpoint_ids: 99 }],
      404,
      /There is no Proxmox endpoint 99/,
    ],
    [
      "ids that are none",
      () => ["vm", { ...known(), proxmox_endpoint_ids: "one" }],
      400,
      /must be positive whole numbers/,
    ],
    [
      "several endpoints, and no cluster",
      () => ["task-history", { node: "pve1", type: "qemu", vmid: 100 }],
      409,
      /Give cluster_name or proxmox_endpoint_ids/,
    ],
  ])("%s", async (_, asked, status, sentence) => {
    const [kind, query] = asked();
    await expectRefused(kind, query, status, sentence);
  });

  test("an endpoint that refuses its token", async () => {
    scene.proxmox[0]?.fault(wrongToken);
    await expectRefused("vm", known(), 502, /token/);
    await expectRefused("cluster", without({ ...known(), cluster_name: "nowhere" }), 502, /token/);
  });

  test("a NetBox token without the permission: object and permission are named", async () => {
    const { storage, row, guest } = someBackup(1);
    scene.netbox.permissions.deny("v1", "add", "plugins/proxbox/backups");
    cluster.volumes.push({ storage, node: null, row: { ...row, volid: row.volid.replace("2024", "2023") } });
    const volid = cluster.volumes.at(-1)?.row.volid ?? "";
    const error = /The NetBox token may not add .*Give its user the permission netbox_proxbox\.add_vmbackup/;
    await expectRefused("backup", { ...of(guest), storage, volid }, 502, error);
  });

  test("parameters that are missing or wrong are named, all at once", async () => {
    const { status, body } = await ask("vm", { cluster_name: "lab", type: "vm", vmid: "x" });
    expect(status).toBe(422);
    const detail = body.detail as { loc: string[]; type: string }[];
    expect(detail.map(({ loc }) => loc.join("."))).toEqual(
      expect.arrayContaining(["query.node", "query.type", "query.vmid"]),
    );
    expect(detail.find(({ loc }) => loc[1] === "node")?.type).toBe("missing");
  });
});

test("eight at once share a run, and each has its answer", async () => {
  const guests = Array.from({ length: 8 }, (_, index) => change.create(cluster, 950 + index, `batch-${index}`));
  const answers = await Promise.all(guests.map((guest) => ask("vm", of(guest))));
  expect(answers.map(({ status, body }) => [status, body.action])).toEqual(guests.map(() => [200, "created"]));
  expect(new Set(answers.map(({ body }) => body.run_id)).size).toBeLessThan(4);
  const names = answers.map(({ body }) => rowOf("virtualization/virtual-machines", body)?.name);
  expect(names).toEqual(guests.map(({ name }) => name));
});

async function expectRefused(kind: string, query: Query, status: number, sentence: RegExp): Promise<void> {
  scene.netbox.resetCounts();
  const answer = await ask(kind, query);
  expect({ status: answer.status, error: answer.body.error }).toEqual({
    status,
    error: expect.stringMatching(sentence),
  });
  expect(answer.body).toMatchObject({
    action: "error",
    dependencies_synced: expect.any(Array),
    detail: answer.body.error,
  });
}

async function ask(kind: string, query: Query, method = "GET"): Promise<{ status: number; body: Answer }> {
  const params = new URLSearchParams(
    Object.entries(query).map(([name, value]): [string, string] => [name, `${value}`]),
  );
  const response = await fetch(`${scene.gateway.url}/sync/individual/${kind}?${params}`, {
    method,
    headers: { "X-Proxbox-API-Key": scene.gateway.key },
  });
  return { status: response.status, body: (await response.json()) as Answer };
}

function of({ node, type, vmid }: EstateGuest): Query {
  return { cluster_name: cluster.name, node, type, vmid, proxmox_endpoint_ids: endpoint };
}

function without({ proxmox_endpoint_ids: _, ...query }: Query): Query {
  return query;
}

function rows(table: string): Record<string, unknown>[] {
  return scene.netbox.rows(table) as Record<string, unknown>[];
}

function rowOf(table: string, { netbox_object: object }: Answer) {
  return rows(table).find(({ id }) => id === object?.id);
}

function hasKey(pattern: RegExp) {
  return ({ config }: EstateGuest) => Object.keys(config).some((key) => pattern.test(key));
}

function nameOfKey(pattern: RegExp): string {
  return Object.keys(someGuest(hasKey(pattern)).config).find((key) => pattern.test(key)) ?? "";
}

function someGuest(fits: (guest: EstateGuest) => boolean): EstateGuest {
  const found = [...cluster.guests.values()].find((guest) => !guest.template && fits(guest));
  if (!found) throw new Error("The estate has no such guest.");
  return found;
}

function someBackup(place = 0) {
  const found = cluster.volumes.flatMap(({ storage, row }) => {
    const [, type, vmid] = /vzdump-(qemu|lxc)-(\d+)-/.exec(row.volid) ?? [];
    const guest = cluster.guests.get(Number(vmid));
    return guest && guest.type === type ? [{ storage, row, guest }] : [];
  });
  const backup = found[place];
  if (!backup) throw new Error("The estate has no such backup.");
  return backup;
}

function someTask() {
  const tasks = cluster.nodes.flatMap((node) => node.tasks);
  for (const task of tasks) {
    const guest = cluster.guests.get(Number(task.id));
    if (guest && task.endtime && task.type.startsWith(guest.type === "qemu" ? "qm" : "vz") && task.type !== "vzdump")
      return { guest, task };
  }
  throw new Error("The estate has no task of a guest.");
}

function addressOf({ interfaces }: EstateGuest["system"]): string | null {
  const all = interfaces.filter(({ name }) => /^(eth|ens)/.test(name)).flatMap(({ addresses }) => addresses);
  return all.find((address) => /^10\./.test(address)) ?? null;
}

import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { RunOrder } from "@proxbox/contracts/http";
import type { ObjectOutcome } from "@proxbox/contracts/messages";
import type { StageName } from "@proxbox/contracts/stages";
import { buildEstate } from "../src/proxmox/build-estate.ts";
import * as change from "../src/proxmox/change.ts";
import * as data from "../src/proxmox/change-data.ts";
import type { EstateCluster, EstateVolume } from "../src/proxmox/estate.ts";
import { pathFault, unlistedContent } from "../src/proxmox/faults.ts";
import { type Scene, startScene } from "../src/scene.ts";
import { seen } from "./seen.ts";
import type { Truth } from "./truth/form.ts";
import { truthOf } from "./truth/truth.ts";

setDefaultTimeout(30_000);

const backups = "plugins/proxbox/backups";
const snapshots = "plugins/proxbox/snapshots";
const routines = "plugins/proxbox/backup-routines";
const replications = "plugins/proxbox/replications";
const paths = [backups, snapshots, routines, replications];
const stages: StageName[] = ["vm-backups", "vm-snapshots", "backup-routines", "replications"];
const deleting = { delete_nonexistent_backup: true, delete_nonexistent_snapshot: true };
const hosts: RunOrder = { stages: ["devices", "storage", "virtual-machines"] };

type Rows = {
  id: number;
  name?: string;
  node?: string;
  endpoint?: { id: number };
  status: { value: string };
  tags: { id: number; slug: string }[];
} & Record<string, unknown>;

let scene: Scene;
/** The cluster that changes, of three nodes; the other endpoint shows another cluster. */
let cluster: EstateCluster;
let other: EstateCluster;

beforeAll(async () => {
  const estate = buildEstate({ seed: 12, clusters: 2, nodes: 6, guests: 40, standalone: 0 });
  [cluster, other] = estate.clusters as [EstateCluster, EstateCluster];
  for (const [vmid, name] of [
    [901, "one"],
    [902, "two"],
  ] as const) {
    change.create(cluster, vmid, name);
    data.addSnapshot(cluster, vmid, "before", { description: `${name}\n` });
    for (const [age, storage] of ["local", "local", "pbs", "nfs-backup"].entries())
      data.addBackup(cluster, vmid, storage, age);
  }
  scene = await startScene({ estate, env: { PROXBOX_LOG_LEVEL: "silent" } });
  await run(hosts);
  await expectRun();
});
// Whatever was done last, doing it again writes nothing.
afterEach(async () => {
  for (const endpoint of scene.proxmox) endpoint.clearFaults();
  await expectRun();
  scene.netbox.resetCounts();
  await expectRun();
  expect(scene.netbox.counts().writes).toBe(0);
});
afterAll(() => scene[Symbol.asyncDispose]());

test("a storage is listed once, one that is not shared on each of its nodes, and none that holds no backups", async () => {
  for (const endpoint of scene.proxmox) endpoint.resetCounts();
  await run({ stages: ["vm-backups"] });
  const content = "/nodes/{node}/storage/{storage}/content";
  for (const endpoint of scene.proxmox) {
    const holding = endpoint.cluster.storages.filter(({ content }) => String(content).split(",").includes("backup"));
    const wanted = holding
      .filter(({ disable }) => !disable)
      .map(({ shared, nodes }) =>
        Number(shared ?? 0) === 1 ? 1 : String(nodes ?? "pve1,pve2,pve3").split(",").length,
      );
    expect(endpoint.counts()[content]).toBe(wanted.reduce((sum, count) => sum + count, 0));
  }
});

describe("a backup", () => {
  test("that comes is there, and one that is pruned goes only when the caller asks for it", async () => {
    const made = data.addBackup(cluster, 901, "pbs", 9);
    await expectRun();
    data.removeBackup(cluster, made.row.volid);
    const { told } = await run({ stages });
    expect(told(made)).toMatchObject({
      outcome: "skipped",
      reason: "would be deleted, but delete_nonexistent_backup is off",
    });
    expect(rowOf(made)).toBeDefined();
    const { told: after } = await run({ stages, options: deleting });
    expect(after(made)).toMatchObject({ outcome: "deleted" });
    expect(rowOf(made)).toBeUndefined();
  });

  test("with a row of an older program is taken over: no volume, no vmid, two of one stand in nobody's way", async () => {
    const made = data.addBackup(cluster, 902, "pbs", 8);
    const machine = machineOf(902);
    const older = { virtual_machine: machine, subtype: "qemu", volume_id: made.row.volid };
    const [first, second, nameless] = [
      scene.netbox.insert(backups, { ...older, storage: "pbs" }),
      scene.netbox.insert(backups, { ...older, storage: "pbs", format: "pbs-vm" }),
      scene.netbox.insert(backups, { virtual_machine: machine }),
    ];
    // A run of this machine alone finds them too.
    const { view, objects } = await run({ stages, options: { netbox_vm_ids: [machine], ...deleting } });
    expect(view.ok).toBe(true);
    expect(scene.netbox.rows(backups).find(({ id }) => id === first?.id)).toMatchObject({
      vmid: 902,
      size: made.row.size,
    });
    const said = (id: unknown) => objects.find((object) => object.kind === "backup" && object.id === id);
    expect(said(second?.id)).toMatchObject({ outcome: "skipped", reason: expect.stringContaining(`row ${first?.id}`) });
    expect(said(nameless?.id)).toMatchObject({ outcome: "skipped", reason: expect.stringMatching(/volume id/) });
    for (const row of [second, nameless]) scene.netbox.remove(backups, Number(row?.id));
  });

  test.each<[string, () => void, () => void, RegExp]>([
    [
      "cannot be listed",
      () => scene.proxmox[0]?.fault(unlistedContent("local")),
      () => scene.proxmox[0]?.clearFaults(),
      /could not be read/,
    ],
    [
      "cannot be listed on another node",
      () => scene.proxmox[0]?.fault(unlistedContent("local", "pve3")),
      () => scene.proxmox[0]?.clearFaults(),
      /could not be read/,
    ],
    ["is hidden", () => data.hideStorages(cluster, "local"), () => data.hideStorages(cluster), /removed, hidden/],
    [
      "is on a node that is offline",
      () => change.setOnline(cluster, "pve3", false),
      () => change.setOnline(cluster, "pve3", true),
      /pve3/,
    ],
    [
      "is none that the token may look at",
      () => void cluster.privileges.delete("Datastore.Audit"),
      () => void cluster.privileges.add("Datastore.Audit"),
      /Datastore\.Audit is missing/,
    ],
    [
      "has backups that the token may not see",
      () => void cluster.privileges.delete("VM.Backup"),
      () => void cluster.privileges.add("VM.Backup"),
      /VM\.Backup is missing/,
    ],
  ])("is not given up when its storage %s", async (_, away, back, reason) => {
    const gone = data.addBackup(cluster, 901, "local", 20);
    await expectRun();
    data.removeBackup(cluster, gone.row.volid);
    const before = seen(scene.netbox, { paths });
    away();
    try {
      const { told } = await run({ stages: ["vm-backups"], options: deleting });
      const sentence = new RegExp(`^would be deleted, but .*${reason.source}`);
      expect(told(gone)).toMatchObject({ outcome: "skipped", reason: expect.stringMatching(sentence) });
      expect(seen(scene.netbox, { paths })).toEqual(before);
    } finally {
      back();
    }
  });

  test("whose storage cannot be listed fails that storage alone, and what is on others is kept up", async () => {
    scene.proxmox[0]?.fault(unlistedContent("nfs-backup"));
    const made = data.addBackup(cluster, 902, "pbs", 11);
    const { view } = await run({ stages: ["vm-backups"], options: deleting });
    expect(view.ok).toBe(false);
    const summary = view.stages.find(({ stage }) => stage === "vm-backups")?.summary;
    expect(summary?.endpoints.map(({ state }) => state)).toEqual(["partial", "ok"]);
    expect(summary?.errors).toHaveLength(1);
    expect(summary?.errors[0]?.message).toMatch(/nfs-backup/);
    expect(rowOf(made)).toBeDefined();
  });
});

test("a token that may not restore backups sees none: the run says so and deletes none", async () => {
  for (const shown of [cluster, other]) shown.privileges.delete("VM.Backup");
  const before = seen(scene.netbox, { paths });
  const { objects } = await run({ stages: ["vm-backups"], options: deleting });
  expect(seen(scene.netbox, { paths })).toEqual(before);
  const said = objects.filter(({ name }) => name.startsWith("backups of "));
  expect(said.map(({ outcome }) => outcome)).toEqual(["skipped", "skipped"]);
  for (const { reason } of said) expect(reason).toMatch(/may not restore\. VM\.Backup is missing .* on \/vms\.$/);
  for (const shown of [cluster, other]) shown.privileges.add("VM.Backup");
});

describe("a snapshot", () => {
  test("moves with its guest, in the row it has", async () => {
    const [before] = snapshotsNamed(901);
    change.migrate(cluster, 901, "pve2");
    await run(hosts);
    await expectRun();
    expect(snapshotsNamed(901)).toMatchObject([{ id: before?.id, node: "pve2" }]);
  });

  test("that is gone is deleted when the caller asks for it and its guest was read", async () => {
    data.addSnapshot(cluster, 902, "after");
    await expectRun();
    data.removeSnapshot(cluster, 902, "after");
    const held = snapshotsNamed(902).length;
    const before = await run({ stages });
    expect(before.objects).toContainEqual(
      expect.objectContaining({
        name: "two (vmid 902) after",
        outcome: "skipped",
        reason: expect.stringMatching(/is off$/),
      }),
    );
    scene.proxmox[0]?.fault(pathFault(/902\/snapshot$/, { status: 403, message: "Permission check failed" }));
    const failed = await run({ stages: ["vm-snapshots"], options: deleting });
    expect(failed.view.ok).toBe(false);
    expect(failed.objects).toContainEqual(
      expect.objectContaining({ name: "snapshots of two (vmid 902)", outcome: "failed" }),
    );
    expect(snapshotsNamed(902)).toHaveLength(held);
  });

  test("of a guest that was made anew as another type goes over to it", async () => {
    const before = change.remove(cluster, 902);
    change.recreate(cluster, {
      ...before,
      type: "lxc",
      config: { hostname: "two", rootfs: "local-lvm:vm-902-disk-0,size=8G" },
    });
    await run(hosts);
    const held = snapshotsNamed(902);
    const { view } = await run({ stages: ["vm-snapshots"] });
    expect(view.ok).toBe(true);
    expect(snapshotsNamed(902).map(({ id }) => id)).toEqual(held.map(({ id }) => id));
    expect(snapshotsNamed(902)).toMatchObject(held.map(() => ({ virtual_machine: { id: machineOf(902, "lxc") } })));
    change.remove(cluster, 902);
    change.recreate(cluster, before);
    await run(hosts);
  });

  test("of another endpoint stands in the way of one with its vmid, name and node: neither is touched", async () => {
    change.create(other, 901, "impostor", "pve2");
    await run(hosts);
    data.addSnapshot(other, 901, "before");
    const { view, objects } = await run({ stages: ["vm-snapshots"], options: deleting });
    expect(view.ok).toBe(false);
    const failed = objects.filter(({ outcome }) => outcome === "failed");
    expect(failed).toMatchObject([{ name: "impostor (vmid 901) before", error: { code: "snapshot_taken" } }]);
    expect(failed[0]?.error?.message).toMatch(/^Snapshot before of impostor .* of one \(machine \d+, row \d+\)\.$/);
    expect(snapshotsNamed(901)).toMatchObject([{ virtual_machine: { name: "one" } }]);
    scene.netbox.resetCounts();
    await run({ stages: ["vm-snapshots"], options: deleting });
    expect(scene.netbox.counts().writes).toBe(0);
    data.removeSnapshot(other, 901, "before");
  });
});

describe("a job that is gone", () => {
  test("is marked as stale for its endpoint alone, and comes back with an operator's tags", async () => {
    const job = cluster.backupJobs.find(({ id }) => id === "backup-all") ?? {};
    const [row] = jobsNamed(routines, "job_id", "backup-all");
    const tag = scene.netbox.insert("extras/tags", { name: "keep", slug: "keep" });
    scene.netbox.edit(routines, row?.id ?? 0, { tags: [...(row?.tags ?? []).map(({ id }) => id), Number(tag.id)] });
    data.removeJob(cluster, "backup-all");
    await run({ stages });
    expect(jobsNamed(routines, "job_id", "backup-all").map(({ status }) => status.value)).toEqual(["stale", "active"]);
    cluster.backupJobs.push(job);
    await run({ stages });
    const [back] = jobsNamed(routines, "job_id", "backup-all");
    expect(back).toMatchObject({ id: row?.id, status: { value: "active" } });
    expect(back?.tags.map(({ slug }) => slug).sort()).toEqual(["keep", "proxbox"]);
    scene.netbox.edit(routines, row?.id ?? 0, { tags: (row?.tags ?? []).map(({ id }) => id) });
  });

  test("is left alone when the jobs of its endpoint cannot be read", async () => {
    const job = cluster.backupJobs.find(({ id }) => id === "backup-all") ?? {};
    data.removeJob(cluster, "backup-all");
    scene.proxmox[0]?.fault(pathFault(/\/cluster\/backup$/, { status: 403, message: "Permission check failed" }));
    const { view } = await run({ stages: ["backup-routines"] });
    expect(view.ok).toBe(false);
    expect(jobsNamed(routines, "job_id", "backup-all").map(({ status }) => status.value)).toEqual(["active", "active"]);
    cluster.backupJobs.push(job);
  });

  test("is marked as stale also when it was the last one of its endpoint", async () => {
    const jobs = cluster.replications;
    const there = Object.keys(seen(scene.netbox, { paths: [replications] })[replications] ?? {});
    const mine = there.filter((key) => key.startsWith(`${cluster.endpoint}/`));
    expect(mine.length).toBe(jobs.length);
    expect(mine.length).toBeGreaterThan(0);
    cluster.replications = [];
    change.hide(cluster, 902);
    const hidden = await run({ stages: ["replications"] });
    expect(hidden.objects.filter(({ reason }) => reason?.startsWith("would be marked as stale"))).toHaveLength(
      jobs.length,
    );
    change.hide(cluster);
    await run({ stages: ["replications"] });
    const status = Object.entries(seen(scene.netbox, { paths: [replications] })[replications] ?? {});
    for (const [key, columns] of status) expect(columns.status).toBe(mine.includes(key) ? "stale" : "active");
    cluster.replications = jobs;
  });

  test("is not one that is switched off", async () => {
    const [job] = cluster.replications;
    data.disableReplication(cluster, String(job?.id), job?.disable !== 1);
    await expectRun();
  });
});

test("machines that the sync modes leave out are left alone, without a word", async () => {
  const made = data.addBackup(cluster, 902, "pbs", 13);
  data.addSnapshot(cluster, 902, "left-out");
  scene.netbox.resetCounts();
  const { view, objects } = await run({
    stages: ["vm-backups", "vm-snapshots", "replications"],
    options: { ...deleting, sync_mode_vm: "disabled", sync_mode_vm_template: "disabled" },
  });
  expect(view.ok).toBe(true);
  expect(scene.netbox.counts().writes).toBe(0);
  expect(objects.map(({ name }) => name).filter((name) => name.includes("90"))).toEqual([]);
  expect(rowOf(made)).toBeUndefined();
  data.removeSnapshot(cluster, 902, "left-out");
});

test("a run of chosen machines touches theirs alone", async () => {
  const made = [901, 902].map((vmid) => data.addBackup(cluster, vmid, "pbs", 12));
  for (const vmid of [901, 902]) data.addSnapshot(cluster, vmid, "chosen");
  cluster.backupJobs.push({ id: "new", vmid: "901" });
  const { view, objects } = await run({ stages, options: { netbox_vm_ids: [machineOf(902)] } });
  expect(view.ok).toBe(true);
  expect(made.map((volume) => rowOf(volume) !== undefined)).toEqual([false, true]);
  expect(objects.map(({ name }) => name).filter((name) => !name.includes("(vmid 902)"))).toEqual([]);
  expect(snapshotsNamed(901).length).toBe(snapshotsNamed(902).length - 1);
  expect(jobsNamed(routines, "job_id", "new")).toEqual([]);
  await expectRun();
});

/** Runs the stages and compares NetBox with the estate, row by row. */
async function expectRun() {
  const { view } = await run({ stages, options: deleting });
  expect(view).toMatchObject({ phase: "done", ok: true });
  expect(seen(scene.netbox, { paths })).toEqual(truth());
}

function truth(): Truth {
  const whole = truthOf(
    scene.proxmox.map(({ cluster: shown, url }, index) => ({ cluster: shown, url, id: scene.endpointIds[index] ?? 0 })),
  );
  return Object.fromEntries(paths.map((path) => [path, whole[path] ?? {}]));
}

async function run(order: RunOrder) {
  const { id } = await scene.gateway.startRun(order);
  const objects: ObjectOutcome[] = [];
  for await (const { event, data: result } of scene.gateway.events(id))
    if (event === "item.result") objects.push(...(result as { objects: ObjectOutcome[] }).objects);
  const told = ({ row }: EstateVolume) => objects.find(({ name }) => name.endsWith(` ${row.volid}`));
  return { view: await scene.gateway.run(id), objects, told };
}

function rowOf({ row }: EstateVolume) {
  return scene.netbox.rows(backups).find(({ volume_id }) => volume_id === row.volid);
}

function snapshotsNamed(vmid: number): Rows[] {
  return (scene.netbox.rows(snapshots) as Rows[]).filter((row) => row.vmid === vmid);
}

/** The rows of a job, that of the first endpoint first: which was made first is nobody's business. */
function jobsNamed(path: string, field: string, name: string): Rows[] {
  const named = (scene.netbox.rows(path) as Rows[]).filter((row) => row[field] === name);
  return named.sort((left, right) => (left.endpoint?.id ?? 0) - (right.endpoint?.id ?? 0));
}

function machineOf(vmid: number, type = "qemu"): number {
  const states = scene.netbox.rows("plugins/proxbox/sync-state/virtual-machines") as {
    proxmox_vm_id: number;
    proxmox_vm_type: string;
    proxmox_endpoint_raw_id: number;
    virtual_machine: { id: number };
  }[];
  const own = states.find(
    (row) =>
      row.proxmox_vm_id === vmid &&
      row.proxmox_vm_type === type &&
      row.proxmox_endpoint_raw_id === scene.endpointIds[0],
  );
  return own?.virtual_machine.id ?? 0;
}

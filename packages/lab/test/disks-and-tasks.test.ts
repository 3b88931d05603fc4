import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { SyncOptionsInput } from "@proxbox/contracts/sync-options";
import { buildEstate } from "../src/proxmox/build-estate.ts";
import * as change from "../src/proxmox/change.ts";
import { addTask } from "../src/proxmox/change-data.ts";
import type { EstateCluster } from "../src/proxmox/estate.ts";
import { unlistedTasks } from "../src/proxmox/faults.ts";
import { type Scene, startScene } from "../src/scene.ts";

setDefaultTimeout(30_000);

const stages = ["devices", "storage", "virtual-machines", "task-history", "vm-disks"] as const;
type Row = { id: number; name: string; size: number; disk: number | null; upid: string } & {
  virtual_machine: { id: number };
  virtual_disk: { id: number };
};

let scene: Scene;
let cluster: EstateCluster;
let vmid: number;
const drive = (index: number, size = "8G") => ({ [`scsi${index}`]: `local-lvm:vm-${vmid}-disk-${index},size=${size}` });

beforeAll(async () => {
  const estate = buildEstate({ seed: 8, clusters: 1, nodes: 2, guests: 12 });
  cluster = estate.clusters[0] as EstateCluster;
  const guest = [...cluster.guests.values()].find(({ type, node }) => type === "qemu" && node === "pve1");
  if (!guest) throw new Error("the estate has a virtual machine on pve1");
  vmid = guest.vmid;
  guest.config = { name: "subject", ...drive(0), ...drive(1), ide2: "local:iso/debian.iso,media=cdrom" };
  guest.name = "subject";
  scene = await startScene({ estate, env: { PROXBOX_LOG_LEVEL: "error" } });
  expect(await run()).toMatchObject({ ok: true });
});
// Whatever a test did, one more run is enough to bring NetBox in line.
afterEach(async () => {
  scene.proxmox[0]?.clearFaults();
  const { ok, writes } = await run();
  expect(ok).toBe(true);
  if (writes > 0) expect(await run()).toMatchObject({ ok: true, writes: 0 });
});
afterAll(() => scene[Symbol.asyncDispose]());

describe("disks", () => {
  test("a resized one has its new size, and NetBox the new sum", async () => {
    change.resize(cluster, vmid, "scsi1", "12.5G");
    await run();
    expect(disks()).toEqual({ ide2: 0, scsi0: 8192, scsi1: 12800 });
    expect(machine()?.disk).toBe(8192 + 12800);
  });

  test("one that is taken off goes with what is known of its storage; an operator's stays", async () => {
    const own = scene.netbox.insert("virtualization/virtual-disks", {
      virtual_machine: machine()?.id ?? 0,
      name: "backup",
      size: 7,
    });
    change.configure(cluster, vmid, { scsi1: undefined, unused0: `local-lvm:vm-${vmid}-disk-1` });
    await run();
    expect(disks()).toEqual({ backup: 7, ide2: 0, scsi0: 8192 });
    const known = new Set(rows("virtualization/virtual-disks").map(({ id }) => id));
    const states = rows("plugins/proxbox/sync-state/virtual-disks");
    expect(states.every(({ virtual_disk }) => known.has(virtual_disk.id))).toBe(true);
    expect(known.has(Number(own.id))).toBe(true);
  });

  test("of a guest that cannot be read, or whose node is away, none goes", async () => {
    change.configure(cluster, vmid, drive(2));
    await run();
    const before = disks();
    change.configure(cluster, vmid, { scsi2: undefined });
    scene.proxmox[0]?.fault({
      does: { status: 403, message: "Permission check failed" },
      when: ({ path }) => path.endsWith(`/qemu/${vmid}/config`),
    });
    expect(await run()).toMatchObject({ ok: false });
    expect(disks()).toEqual(before);
    scene.proxmox[0]?.clearFaults();
    change.setOnline(cluster, "pve1", false);
    await run();
    expect(disks()).toEqual(before);
    change.setOnline(cluster, "pve1", true);
    await run();
    expect(Object.keys(before)).toContain("scsi2");
    expect(Object.keys(disks())).not.toContain("scsi2");
  });

  test("are given up only as many as a run may, whichever items their guests are in", async () => {
    const guests = [...cluster.guests.values()].filter(({ type }) => type === "qemu");
    const ends = [guests.find(({ node }) => node === "pve1"), guests.findLast(({ node }) => node === "pve2")];
    const held = () => rows("virtualization/virtual-disks").filter(({ name }) => name === "sata5").length;
    for (const one of ends) change.configure(cluster, one?.vmid ?? 0, { sata5: "local-lvm:vm-x-disk-9,size=1G" });
    await run();
    expect(held()).toBe(2);
    for (const one of ends) change.configure(cluster, one?.vmid ?? 0, { sata5: undefined });
    expect(await run({ max_deletions: 1 })).toMatchObject({ ok: true, writes: 0 });
    expect(held()).toBe(2);
    await run({ max_deletions: 2 });
    expect(held()).toBe(0);
  });

  test("where machines are only made when they are missing, so are disks: none changes, none goes", async () => {
    const before = disks();
    change.resize(cluster, vmid, "scsi0", "9G");
    change.configure(cluster, vmid, { ide2: undefined, ...drive(4) });
    await run({ sync_mode_vm: "bootstrap_only" });
    expect(disks()).toEqual({ ...before, scsi4: 8192 });
    await run();
    expect(disks()).toEqual({ backup: 7, scsi0: 9216, scsi4: 8192 });
  });

  test("a machine that was asked for is the only one that is touched", async () => {
    const other = [...cluster.guests.values()].find((guest) => guest.type === "lxc");
    change.configure(cluster, vmid, drive(3));
    change.configure(cluster, other?.vmid ?? 0, { mp5: "local-lvm:vm-x-disk-5,mp=/x,size=1G" });
    await run({ netbox_vm_ids: [machine()?.id ?? 0] });
    expect(disks()).toHaveProperty("scsi3");
    expect(rows("virtualization/virtual-disks").some(({ name }) => name === "mp5")).toBe(false);
  });
});

describe("tasks", () => {
  test("a new one is one row; what Proxmox has forgotten stays", async () => {
    const before = tasks();
    const made = addTask(cluster, vmid, "qmreboot", {
      upid: "UPID:pve1:00000001:00000001:65938A05:qmreboot:x:root@pam:",
    });
    const [node] = cluster.nodes;
    if (node) node.tasks = [made];
    await run();
    expect(tasks()).toEqual([...before, made.upid]);
  });

  test("an archive that cannot be read costs its node alone, and no row", async () => {
    const before = tasks();
    const made = addTask(cluster, otherNode(), "vzdump", { upid: "UPID:pve2:00000002:1:65938A05:vzdump:x:root@pam:" });
    scene.proxmox[0]?.fault(unlistedTasks("pve1"));
    expect(await run()).toMatchObject({ ok: false });
    expect(tasks()).toEqual([...before, made.upid]);
  });

  test("pages that are known are not read again", async () => {
    const [node] = cluster.nodes;
    const many = Array.from({ length: 1_200 }, (_, index) => ({
      ...addTask(cluster, vmid, "qmstart"),
      upid: `UPID:pve1:${index.toString(16).padStart(8, "0")}:00000003:65938A05:qmstart:${vmid}:root@pam:`,
      starttime: 1_704_000_000 + index,
      endtime: 1_704_000_100 + index,
    }));
    if (node) node.tasks = many;
    await run();
    expect(asked()).toBe(4);
    expect(tasks()).toEqual(expect.arrayContaining(many.map(({ upid }) => upid)));
    await run();
    expect(asked()).toBe(2);
  });
});

function rows(path: string): Row[] {
  return scene.netbox.rows(path) as Row[];
}

function machine(): Row | undefined {
  return rows("virtualization/virtual-machines").find(({ name }) => name === "subject");
}

/** Sizes of the machine's disks, by name. */
function disks(): Record<string, number> {
  const own = rows("virtualization/virtual-disks").filter(
    ({ virtual_machine }) => virtual_machine.id === machine()?.id,
  );
  return Object.fromEntries(own.map(({ name, size }) => [name, size]));
}

function tasks(): string[] {
  return rows("plugins/proxbox/task-history").map(({ upid }) => upid);
}

function otherNode(): number {
  return [...cluster.guests.values()].find(({ node }) => node === "pve2")?.vmid ?? 0;
}

/** Requests for tasks in the last run. */
function asked(): number {
  return scene.proxmox[0]?.counts()["/nodes/{node}/tasks"] ?? 0;
}

async function run(options: SyncOptionsInput = {}) {
  scene.netbox.resetCounts();
  for (const endpoint of scene.proxmox) endpoint.resetCounts();
  const { id } = await scene.gateway.startRun({ stages: [...stages], options });
  const view = await scene.gateway.finished(id);
  return { ok: view.ok, writes: scene.netbox.counts().writes };
}

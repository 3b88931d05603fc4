import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { buildEstate } from "../src/proxmox/build-estate.ts";
import { replicationOf } from "../src/proxmox/build-jobs.ts";
import * as change from "../src/proxmox/change.ts";
import * as data from "../src/proxmox/change-data.ts";
import * as network from "../src/proxmox/change-network.ts";
import type { EstateCluster } from "../src/proxmox/estate.ts";
import { unlistedContent, unlistedTasks } from "../src/proxmox/faults.ts";
import { seededRandom } from "../src/proxmox/random.ts";
import { type FollowedScene, skippedIn, stageOf, startFollowed } from "./followed-scene.ts";
import { findRow, seen } from "./seen.ts";

setDefaultTimeout(60_000);

const disks = "virtualization/virtual-disks";
const backups = "plugins/proxbox/backups";
const snapshots = "plugins/proxbox/snapshots";
const replications = "plugins/proxbox/replications";
const routines = "plugins/proxbox/backup-routines";
const deleting = { delete_nonexistent_backup: true, delete_nonexistent_snapshot: true };

let followed: FollowedScene;
let cluster: EstateCluster;

const plain = (vmid: number) => `frankfurt/qemu/${vmid}`;
const held = (path: string) => Object.keys(seen(followed.scene.netbox)[path] ?? {});

beforeAll(async () => {
  const estate = buildEstate({ seed: 12, clusters: 2, nodes: 4, guests: 20 });
  [cluster] = estate.clusters as [EstateCluster];
  for (let vmid = 601; vmid <= 620; vmid++) change.create(cluster, vmid, `plain-${vmid}`);
  followed = await startFollowed(estate);
});
afterEach(() => followed.expectNoWrites());
afterAll(() => followed[Symbol.asyncDispose]());

describe("a disk", () => {
  test("comes, grows, moves to another storage, and goes", async () => {
    data.addDisk(cluster, 601, "scsi7", "528K");
    await followed.follow();
    change.resize(cluster, 601, "scsi7", "1.5T");
    await followed.follow();
    change.configure(cluster, 601, { scsi7: "ceph:vm-601-disk-7,format=raw,size=1536G" });
    await followed.follow();
    data.removeDisk(cluster, 601, "scsi7");
    await followed.follow();
    expect(held(disks)).not.toContain(`${plain(601)}/scsi7`);
  });

  test("becomes another on the same machine, and leaves alone what an operator made", async () => {
    const { scene, foreign } = followed;
    const { id } = findRow(scene.netbox, "virtualization/virtual-machines", plain(602));
    const theirs = followed.insert(disks, { virtual_machine: id, name: "by-hand", size: 1 });
    foreign.push(theirs.url);
    change.configure(cluster, 602, {
      scsi0: undefined,
      virtio0: "tank:vm-602-disk-0,size=10G",
      ide2: "none,media=cdrom",
    });
    followed.hold("virtualization/virtual-machines", plain(602), ({ disk }) => ({ disk: Number(disk) + 1 }));
    await followed.follow();
  });
});

describe("a snapshot", () => {
  test("comes, and goes only where that is asked for", async () => {
    for (const name of ["one", "two", "three"]) data.addSnapshot(cluster, 603, name, { description: "Größe\n" });
    await followed.follow();
    data.removeSnapshot(cluster, 603, "two");
    await followed.follow();
    expect(held(snapshots)).toContain(`${plain(603)}/two`);
    await followed.follow({ options: deleting });
    expect(held(snapshots)).not.toContain(`${plain(603)}/two`);
  });

  test("goes with its guest to another node", async () => {
    const { id } = findRow(followed.scene.netbox, snapshots, `${plain(603)}/one`);
    change.migrate(cluster, 603, "pve3");
    await followed.follow({ options: deleting });
    expect(findRow(followed.scene.netbox, snapshots, `${plain(603)}/one`).id).toBe(id);
  });

  test("stays while its node is offline", async () => {
    change.setOnline(cluster, "pve3", false);
    const guest = cluster.guests.get(603);
    const kept = guest?.snapshots ?? [];
    if (guest) guest.snapshots = [];
    const before = held(snapshots);
    await followed.run(deleting);
    expect(held(snapshots)).toEqual(before);
    change.setOnline(cluster, "pve3", true);
    if (guest) guest.snapshots = kept;
    await followed.follow({ options: deleting });
  });
});

describe("a backup", () => {
  test("comes, and goes only where that is asked for", async () => {
    const made = ["local", "nfs-backup", "pbs"].map((storage) => data.addBackup(cluster, 604, storage).row.volid);
    await followed.follow();
    for (const volid of made) data.removeBackup(cluster, volid);
    await followed.follow();
    expect(held(backups)).toContain(`${plain(604)}/${made[2]}`);
    await followed.follow({ options: deleting });
    expect(held(backups)).not.toContain(`${plain(604)}/${made[2]}`);
  });

  test("is verified, protected and noted later on", async () => {
    const { row } = data.addBackup(cluster, 605, "pbs");
    await followed.follow();
    Object.assign(row, {
      verification: { state: "failed", upid: "UPID:pbs:1:2:3:4:verify:main:root@pam:" },
      notes: "geprüft",
    });
    await followed.follow();
    delete row.notes;
    await followed.follow();
  });

  test.each<[string, () => void, () => void]>([
    [
      "its storage cannot be listed",
      () => followed.scene.proxmox[0]?.fault(unlistedContent("pbs")),
      () => followed.scene.proxmox[0]?.clearFaults(),
    ],
    ["its storage is hidden", () => data.hideStorages(cluster, "pbs"), () => data.hideStorages(cluster)],
    [
      "backups are hidden from the token",
      () => void cluster.privileges.delete("VM.Backup"),
      () => void cluster.privileges.add("VM.Backup"),
    ],
    ["its guest is hidden", () => change.hide(cluster, 606), () => change.hide(cluster)],
    [
      "a node is offline",
      () => change.setOnline(cluster, "pve2", false),
      () => change.setOnline(cluster, "pve2", true),
    ],
  ])("that is gone while %s stays until that is over", async (_, begin, end) => {
    const { volid } = data.addBackup(cluster, 606, "pbs").row;
    await followed.follow({ options: deleting });
    data.removeBackup(cluster, volid);
    begin();
    const before = held(backups);
    await followed.run(deleting);
    expect(held(backups)).toEqual(before);
    end();
    await followed.follow({ options: deleting });
    expect(held(backups)).not.toContain(`${plain(606)}/${volid}`);
  });
});

describe("a task", () => {
  test("is kept once it is over, and for ever; one of another guest with that number is none", async () => {
    const running = data.addTask(cluster, 607, "qmigrate");
    const { endtime = 0 } = running;
    delete running.endtime;
    await followed.follow();
    expect(held("plugins/proxbox/task-history")).not.toContain(running.upid);
    running.endtime = endtime;
    data.addTask(cluster, 607, "zfscreate", { upid: "UPID:pve1:00000001:00000001:68000001:zfscreate:607:root@pam:" });
    data.addTask(cluster, 607, "vzstart", { upid: "UPID:pve1:00000002:00000001:68000001:vzstart:607:root@pam:" });
    await followed.follow();
    const [node] = cluster.nodes;
    if (node) node.tasks = node.tasks.filter((task) => task !== running);
    await followed.follow();
    expect(held("plugins/proxbox/task-history")).toContain(running.upid);
  });

  test("of a node that does not tell its tasks costs only that node's", async () => {
    followed.scene.proxmox[0]?.fault(unlistedTasks("pve1"));
    change.migrate(cluster, 608, "pve2");
    const [lost, found] = [data.addTask(cluster, 607, "qmstop"), data.addTask(cluster, 608, "qmstop")];
    const view = await followed.run();
    followed.scene.proxmox[0]?.clearFaults();
    expect(view.ok).toBe(false);
    expect(stageOf(view, "task-history").summary?.errors[0]?.message).toContain("pve1");
    expect(held("plugins/proxbox/task-history")).toContain(found.upid);
    expect(held("plugins/proxbox/task-history")).not.toContain(lost.upid);
    await followed.follow();
  });
});

describe("a job", () => {
  test("of replication is switched off and on, moved, and marked when it is gone", async () => {
    const random = seededRandom(1);
    cluster.replications.push(
      replicationOf(random, 609, 0, "pve1", "pve2"),
      replicationOf(random, 609, 1, "pve1", "pve3"),
    );
    await followed.follow();
    data.disableReplication(cluster, "609-0");
    await followed.follow();
    expect(followed.at(replications, "frankfurt/609-0")).toMatchObject({ disable: true, status: "active" });
    data.disableReplication(cluster, "609-0", false);
    change.migrate(cluster, 609, "pve2");
    Object.assign(cluster.replications.find(({ id }) => id === "609-0") ?? {}, { target: "pve1", source: "pve2" });
    await followed.follow();
    data.removeJob(cluster, "609-0");
    await followed.follow();
    expect(followed.at(replications, "frankfurt/609-0").status).toBe("stale");
    cluster.replications.push(replicationOf(random, 609, 0, "pve2", "pve3"));
    await followed.follow();
    expect(followed.at(replications, "frankfurt/609-0").status).toBe("active");
  });

  test("that was the last of its endpoint is marked too", async () => {
    const jobs = cluster.replications;
    cluster.replications = [];
    await followed.follow();
    cluster.replications = jobs;
    await followed.follow();
  });

  test("of backups changes in every part, and is marked when it is gone; those of other endpoints are not", async () => {
    const job = cluster.backupJobs.find(({ id }) => id === "backup-nightly");
    if (!job) throw new Error("The estate has changed.");
    Object.assign(job, {
      enabled: 0,
      schedule: "03:00",
      "prune-backups": "keep-daily=1",
      vmid: "609, 610",
      storage: "local",
    });
    delete job.fleecing;
    delete job.comment;
    await followed.follow();
    data.removeJob(cluster, "backup-nightly");
    await followed.follow();
    expect(followed.at(routines, "frankfurt/backup-nightly").status).toBe("stale");
    expect(followed.at(routines, "solo2/backup-nightly").status).toBe("active");
  });
});

describe("a guest", () => {
  test("that is made anew under the number of another is another machine's business", async () => {
    data.addSnapshot(cluster, 611, "old");
    data.addBackup(cluster, 611, "pbs");
    await followed.follow();
    change.remove(cluster, 611);
    await followed.follow({ options: { ...deleting } });
    change.create(cluster, 611, "plain-611");
    data.addSnapshot(cluster, 611, "new");
    await followed.follow({ options: deleting });
    expect(held(snapshots)).not.toContain(`${plain(611)}/old`);
  });
});

describe("a selection", () => {
  test("touches what is on these machines, and nothing on others", async () => {
    const [chosen, other] = [613, 614];
    const everything = (vmid: number) => {
      network.addNic(cluster, vmid, { addresses: [`10.9.${vmid - 600}.1/24`] });
      data.addDisk(cluster, vmid, "scsi3", "3G");
      data.addSnapshot(cluster, vmid, "fresh");
      data.addTask(cluster, vmid, "qmreboot");
      return data.addBackup(cluster, vmid, "pbs").row.volid;
    };
    const before = structuredClone(followed.expected);
    const [, volid] = [everything(chosen), everything(other)];
    const { id } = findRow(followed.scene.netbox, "virtualization/virtual-machines", plain(chosen));
    const view = await followed.run({ netbox_vm_ids: [id] });
    expect(view).toMatchObject({ phase: "done", ok: true });
    const now = seen(followed.scene.netbox);
    for (const [path, rows] of Object.entries(before)) {
      for (const [key, columns] of Object.entries(rows)) {
        if (!key.startsWith(plain(chosen))) expect(now[path]?.[key]).toEqual(columns);
      }
    }
    expect(now[disks]).toHaveProperty([`${plain(chosen)}/scsi3`]);
    expect(now[snapshots]).toHaveProperty([`${plain(chosen)}/fresh`]);
    expect(now["ipam/ip-addresses"]).toHaveProperty([`10.9.${chosen - 600}.1/24`]);
    const added = Object.values(now)
      .flatMap((rows) => Object.keys(rows))
      .filter((key) => key.startsWith(plain(other)));
    const had = Object.values(before)
      .flatMap((rows) => Object.keys(rows))
      .filter((key) => key.startsWith(plain(other)));
    expect(added.sort()).toEqual(had.sort());
    expect(now[backups]).not.toHaveProperty([`${plain(other)}/${volid}`]);
    await followed.follow();
  });

  test("of machines that an endpoint does not hold is answered with nothing, and well", async () => {
    const type = followed.insert("virtualization/cluster-types", { name: "Other", slug: "other" });
    const house = followed.insert("virtualization/clusters", { name: "other", type: type.id });
    const alien = followed.insert("virtualization/virtual-machines", { name: "alien", cluster: house.id });
    followed.foreign.push(type.url, house.url, alien.url);
    followed.scene.netbox.resetCounts();
    await followed.expectRun({ netbox_vm_ids: [alien.id] });
    expect(followed.scene.netbox.counts().writes).toBe(0);
  });
});

test("a storage that is gone takes nothing with it: what is on it nobody can list", async () => {
  const { volid } = data.addBackup(cluster, 612, "nfs-backup").row;
  await followed.follow();
  data.removeStorage(cluster, "nfs-backup");
  followed.at("plugins/proxbox/storage", "frankfurt/nfs-backup").enabled = false;
  const view = await followed.expectRun(deleting);
  const told = await skippedIn(followed.scene, view, "vm-backups");
  expect(told.find((text) => text.includes(volid))).toContain("nfs-backup");
});

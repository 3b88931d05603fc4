import { expect, test } from "bun:test";
import { stageNames } from "@proxbox/contracts/stages";
import { stagePaths } from "./stage-paths.ts";

const stagesAt = (path: string): readonly string[] => {
  const stages = stagePaths.find((row) => row.path === path)?.stages;
  return typeof stages === "object" ? stages : [`nothing at ${path}`];
};

// What a job of plugin 0.0.24 to 0.0.29.post6 calls, in its order, each with /stream behind it.
const job = [
  "dcim/devices/create",
  "virtualization/virtual-machines/storage/create",
  "virtualization/virtual-machines/create",
  "virtualization/virtual-machines/task-history/create",
  "virtualization/virtual-machines/virtual-disks/create",
  "virtualization/virtual-machines/backups/all/create",
  "virtualization/virtual-machines/snapshots/all/create",
  "dcim/devices/interfaces/create",
  "virtualization/virtual-machines/interfaces/create",
  "virtualization/virtual-machines/interfaces/ip-address/create",
  "proxmox/sdn/create",
  "proxmox/replication",
  "proxmox/cluster/backup",
];

test("a job of the plugin does every stage, in the order of the table", () => {
  expect(job.flatMap((path) => stagesAt(`/${path}`))).toEqual([...stageNames]);
});

test.each([
  [":id/create", "virtual-machines"],
  [":id/virtual-disks/create", "vm-disks"],
  [":id/backups/create", "vm-backups"],
  [":id/snapshots/create", "vm-snapshots"],
])("one machine: %s is %s", (path, stage) => {
  expect(stagesAt(`/virtualization/virtual-machines/${path}`)).toEqual([stage]);
});

test("no path stands there twice, and what is read from Proxmox keeps its path", () => {
  const paths = stagePaths.map(({ path }) => path);
  expect(new Set(paths).size).toBe(paths.length);
  const reads = stagePaths.filter(({ streamOnly }) => streamOnly).map(({ path }) => path);
  expect(reads).toEqual(["/proxmox/replication", "/proxmox/cluster/backup"]);
});

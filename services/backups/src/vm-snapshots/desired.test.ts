import { describe, expect, test } from "bun:test";
import type { KnownVm } from "@proxbox/netbox/guests/read";
import { parseDisks } from "@proxbox/proxmox/parse/disk";
import { type Snapshot, snapshotsOf } from "@proxbox/proxmox/resources/snapshots";
import { desiredSnapshot, storageOfFirst } from "./desired.ts";

const guest = {
  vmid: 100,
  type: "lxc" as const,
  node: "pve2",
  vm: { id: 7, name: "web" } as KnownVm,
};
const desired = (row: Record<string, unknown>, id: number | null = null) =>
  desiredSnapshot(
    { guest, snapshot: snapshotsOf([{ name: "before", ...row }])[0] as Snapshot, row: id, storage: "zfs" },
    { zfs: 3 },
  );

describe("desiredSnapshot", () => {
  test("its instant is in UTC, and what Proxmox does not say is cleared", () => {
    const row = { snaptime: 1704164645, description: "a\nb\n", parent: "first" };
    expect(desired(row).values).toEqual({
      virtual_machine: { kind: "virtual-machine", id: 7 },
      node: "pve2",
      proxmox_storage: { kind: "storage", id: 3 },
      description: "a\nb",
      snaptime: "2024-01-02T03:04:05Z",
      parent: "first",
      subtype: "lxc",
      status: "active",
    });
    expect(desired({}).values).toMatchObject({ description: "", snaptime: null, parent: null });
  });

  test("the node is no part of its identity: a row that is known moves with its guest", () => {
    expect(desired({}, 5)).toMatchObject({
      id: 5,
      identity: { vmid: 100, virtual_machine: { kind: "virtual-machine", id: 7 }, name: "before" },
      label: "web (vmid 100) before",
    });
  });
});

test("the guest as it is now is no snapshot", () => {
  expect(
    snapshotsOf([{ name: "current", digest: "x", running: 1 }, { name: "a" }, {}]).map(({ name }) => name),
  ).toEqual(["a"]);
});

describe("storageOfFirst", () => {
  test.each<[string, Record<string, string>, string | null]>([
    ["a container's root", { mp0: "nas:vol,size=1G", rootfs: "zfs:subvol-1,size=8G" }, "zfs"],
    [
      "a machine's first disk, not its firmware",
      { efidisk0: "a:e,size=4M", scsi0: "b:d,size=8G", virtio0: "c:d,size=8G" },
      "b",
    ],
    ["firmware alone", { efidisk0: "a:e,size=4M" }, null],
    ["scsi0 before ide0", { ide0: "a:d,size=8G", scsi0: "b:d,size=8G" }, "b"],
    ["a drive for discs is none", { ide2: "nas:iso/x.iso,media=cdrom", scsi1: "b:d,size=8G" }, "b"],
    ["a device of the node is on none", { scsi0: "/dev/sdb,size=8G" }, null],
    ["no disk", {}, null],
  ])("%s", (_, config, storage) => expect(storageOfFirst(parseDisks(config))).toBe(storage));
});

import { expect, test } from "bun:test";
import { guestConfigOf } from "@proxbox/proxmox/resources/guests";
import { guestConfigShape } from "./guest-shape.ts";

const shapeOf = (row: Record<string, unknown>, type: "qemu" | "lxc" = "qemu") =>
  guestConfigShape(guestConfigOf(row, type), type);

test("options have the types of the plugin, and what is absent stays absent", () => {
  const shape = shapeOf({
    name: 4711,
    memory: "2048",
    cores: "2",
    onboot: "1",
    agent: "enabled=1,type=virtio",
    tags: "a;b",
  });
  expect(shape).toEqual({
    name: "4711",
    memory: 2048,
    cores: 2,
    onboot: true,
    agent: true,
    tags: "a;b",
    disks: [],
    networks: [],
  });
  expect(shapeOf({ cipassword: "secret", agent: 0 })).toEqual({ agent: false, disks: [], networks: [] });
  expect(shapeOf({ hostname: "ct" }, "lxc")).toEqual({ hostname: "ct", disks: [], networks: [] });
});

test("disks and cards are read, in their order", () => {
  const shape = shapeOf({
    scsi0: "local-lvm:vm-100-disk-0,iothread=1,size=32G",
    ide2: "none,media=cdrom",
    net10: "virtio=AA:BB:CC:00:00:10,bridge=vmbr1",
    net2: "e1000=AA:BB:CC:00:00:02,bridge=vmbr0,tag=7",
  });
  expect(shape.disks).toEqual([
    {
      name: "ide2",
      raw_value: "none,media=cdrom",
      size: null,
      size_mb: null,
      storage: null,
      storage_name: null,
      description: null,
    },
    {
      name: "scsi0",
      raw_value: "local-lvm:vm-100-disk-0,iothread=1,size=32G",
      size: "32G",
      size_mb: 32_768,
      storage: "local-lvm",
      storage_name: "local-lvm",
      description: "local-lvm:vm-100-disk-0",
    },
  ]);
  expect(shape.networks).toEqual([
    { net2: { e1000: "AA:BB:CC:00:00:02", bridge: "vmbr0", tag: "7" } },
    { net10: { virtio: "AA:BB:CC:00:00:10", bridge: "vmbr1" } },
  ]);
});

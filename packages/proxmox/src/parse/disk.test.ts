import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseDisk, parseDisks, totalDiskMebibytes } from "./disk.ts";

const gib = 2 ** 30;

describe("parseDisk", () => {
  test.each([
    ["local-lvm:vm-100-disk-0,iothread=1,size=32G", "disk", "local-lvm", null, 32 * gib],
    ["local:100/vm-100-disk-0.qcow2,format=qcow2,size=1.5G", "disk", "local", "qcow2", 1.5 * gib],
    ["file=ceph_ssd.a:vm-1-disk-0,size=10G", "disk", "ceph_ssd.a", null, 10 * gib],
    ["volume=zfs:subvol-1-disk-0,mp=/srv,size=10G", "disk", "zfs", null, 10 * gib],
    ["local-lvm:vm-100-disk-1,efitype=4m,pre-enrolled-keys=1,size=528K", "disk", "local-lvm", null, 528 * 1024],
    ["local-lvm:vm-100-disk-2,size=4M,version=v2.0", "disk", "local-lvm", null, 4 * 2 ** 20],
    ["local-lvm:vm-100-disk-3,size=4194304", "disk", "local-lvm", null, 4_194_304],
    ["/dev/disk/by-id/ata-X,size=976762584K", "disk", null, null, 976_762_584 * 1024],
    ["/dev/sdb", "other", null, null, null],
    ["/mnt/data,mp=/data", "other", null, null, null],
    ["local-lvm:vm-100-disk-4", "other", "local-lvm", null, null],
    ["local-lvm:vm-100-disk-5,size=8GiB", "other", "local-lvm", null, null],
    ["none,media=cdrom", "cdrom", null, null, null],
    ["local:iso/debian.iso,media=cdrom,size=600M", "cdrom", "local", null, null],
    ["local-lvm:vm-100-cloudinit,media=cdrom,size=4M", "cdrom", "local-lvm", null, null],
  ] as const)("%s", (text, kind, storage, format, bytes) => {
    expect(parseDisk("scsi0", text)).toMatchObject({ name: "scsi0", kind, storage, format, bytes });
  });
});

test("only drives and mount points are disks, in natural order", () => {
  const config = {
    scsi10: "a-b:x,size=1G",
    scsi2: "a-b:x,size=1G",
    rootfs: "a-b:x,size=1G",
    mp0: "a-b:x,mp=/x,size=1G",
    efidisk0: "a-b:x,size=4M",
    tpmstate0: "a-b:x,size=4M",
    virtio0: "a-b:x,size=1G",
    ide2: "none,media=cdrom",
    sata0: "a-b:x,size=1G",
    unused0: "a-b:x",
    scsihw: "virtio-scsi-pci",
    net0: "virtio=AA,bridge=vmbr0",
    scsi3: 7,
    "scsi0 ": "a-b:x,size=1G",
  };
  expect(parseDisks(config).map((disk) => disk.name)).toEqual([
    "efidisk0",
    "ide2",
    "mp0",
    "rootfs",
    "sata0",
    "scsi2",
    "scsi10",
    "tpmstate0",
    "virtio0",
  ]);
});

test("the total rounds every disk up by itself and counts no CD-ROM", () => {
  const disks = parseDisks({
    scsi0: "l-l:a,size=32G",
    efidisk0: "l-l:b,size=528K",
    tpmstate0: "l-l:c,size=528K",
    ide2: "l-l:d,media=cdrom,size=4M",
    mp0: "/mnt/x,mp=/x",
  });
  expect(totalDiskMebibytes(disks)).toBe(32_768 + 1 + 1);
  expect(totalDiskMebibytes([])).toBe(0);
  expect(totalDiskMebibytes(parseDisks({ scsi0: "l-l:a,size=2049T" }))).toBe(2_147_483_647);
});

test("no text makes it throw, and sizes are positive", () => {
  const part = fc.oneof(fc.string(), fc.constantFrom("size=1G", "media=cdrom", "none", "file=", "a-b:c", "size="));
  fc.assert(
    fc.property(fc.array(part), (parts) => {
      const disk = parseDisk("scsi0", parts.join(","));
      expect(disk.bytes === null || disk.bytes > 0).toBe(true);
      expect(disk.kind === "disk").toBe(disk.bytes !== null);
    }),
  );
});

import { describe, expect, test } from "bun:test";
import type { EstateGuest } from "@proxbox/estate/estates";
import { canonical } from "@proxbox/netbox/canonical";
import type { Field } from "@proxbox/netbox/kind";
import { kindOf } from "@proxbox/netbox/kinds";
import { parseDisks } from "@proxbox/proxmox/parse/disk";
import { desiredDisks, sizeless } from "./desired.ts";
import type { GuestDisks } from "./facts.ts";

const guest = { vmid: 100, template: false, vm: { id: 55, name: "web" } as EstateGuest["vm"] };
const storages = { "local-lvm": 7, local: 8 };
const read = (config: Record<string, string>): GuestDisks => ({
  guest,
  disks: parseDisks(config),
  keys: Object.keys(config),
});

describe("desiredDisks", () => {
  test("a disk and the storage it lies on", () => {
    const identity = { virtual_machine: { kind: "virtual-machine", id: 55 }, name: "scsi0" };
    expect(desiredDisks(read({ scsi0: "local-lvm:vm-100-disk-0,iothread=1,size=32G" }), storages)).toEqual([
      {
        kind: "virtual-disk",
        identity,
        values: { size: 32768, description: "Storage: local-lvm" },
        tags: { add: ["proxbox"] },
        parent: "web",
        label: "web (vmid 100) scsi0",
      },
      {
        kind: "sync-state-virtual-disk",
        identity: { virtual_disk: { kind: "virtual-disk", identity } },
        values: { proxbox_storage: { kind: "storage", id: 7 } },
        parent: "web",
        label: "web (vmid 100) scsi0",
      },
    ] as never);
  });

  test.each<[string, string, string, number, string, number | null]>([
    [
      "a size of less than a MiB is one",
      "efidisk0",
      "local-lvm:vm-100-disk-1,efitype=4m,size=528K",
      1,
      "Storage: local-lvm",
      7,
    ],
    ["bytes", "tpmstate0", "local:vm-100-disk-2,size=4096B,version=v2.0", 1, "Storage: local", 8],
    ["a fraction", "virtio1", "local:100/a.qcow2,format=qcow2,size=1.5G", 1536, "Storage: local | Format: qcow2", 8],
    ["a terabyte", "sata0", "local-lvm:vm-100-disk-3,size=1T", 1_048_576, "Storage: local-lvm", 7],
    ["the volume under its own key", "scsi1", "file=local-lvm:vm-100-disk-4,size=1G", 1024, "Storage: local-lvm", 7],
    ["a mount point", "mp1", "local-lvm:subvol-1,mp=/data,size=8G", 8192, "Storage: local-lvm", 7],
    ["an empty CD-ROM drive", "ide2", "none,media=cdrom", 0, "CD-ROM drive", null],
    [
      "a cloud-init drive",
      "ide0",
      "local-lvm:vm-100-cloudinit,media=cdrom",
      0,
      "CD-ROM drive | ISO: local-lvm:vm-100-cloudinit",
      7,
    ],
    ["a storage NetBox does not have", "scsi2", "ceph:vm-100-disk-5,size=1G", 1024, "Storage: ceph", null],
  ])("%s", (_, key, value, size, description, storage) => {
    const [disk, state] = desiredDisks(read({ [key]: value }), storages);
    expect(disk?.values).toEqual({ size, description });
    expect(state?.values.proxbox_storage).toEqual(storage === null ? null : { kind: "storage", id: storage });
    expect(state?.create).toBe(storage === null ? false : undefined);
  });

  test("what is in a drive may have a longer name than NetBox takes: it is cut, and equal from then on", () => {
    const volume = `local:iso/${"größe-📀".repeat(40)}.iso`;
    const [disk] = desiredDisks(read({ ide2: `${volume},media=cdrom` }), storages);
    const field = kindOf("virtual-disk").fields.description as Field;
    const kept = canonical(field, disk?.values.description);
    expect([...String(kept)]).toHaveLength(200);
    expect(kept).toStartWith("CD-ROM drive | ISO: local:iso/größe-📀");
    expect(canonical(field, kept)).toBe(kept);
  });

  test("what has no size is told of, and no disk", () => {
    const config = {
      mp0: "/mnt/data,mp=/data",
      scsi3: "/dev/sdb",
      scsi4: "local:vm-1,size=8GiB",
      scsi5: "local:vm-2,size=0",
      unused0: "local:vm-3",
    };
    expect(desiredDisks(read(config), storages)).toEqual([]);
    expect(sizeless(read(config)).map(({ name, outcome }) => [name, outcome])).toEqual(
      ["mp0", "scsi3", "scsi4", "scsi5"].map((name) => [`web (vmid 100) ${name}`, "skipped"]),
    );
  });
});

import { describe, expect, test } from "bun:test";
import { type Backup, backupOf } from "@proxbox/proxmox/resources/backups";
import { desiredBackup } from "./desired.ts";

const machine = { id: 7, name: "web", vmid: 100 };
const volid = "local:backup/vzdump-qemu-100-2024_01_02-03_04_05.vma.zst";
const desired = (row: Record<string, unknown>, storage = "local") =>
  desiredBackup(
    { backup: backupOf({ volid, content: "backup", ...row }, storage) as Backup, machine, row: null },
    { local: 3 },
  );

describe("desiredBackup", () => {
  const cases: { what: string; row: Record<string, unknown>; values: Record<string, unknown> }[] = [
    {
      what: "a dump of a QEMU guest",
      row: { subtype: "qemu", format: "vma.zst", ctime: 1704164645, size: 1099511627776, vmid: 100 },
      values: {
        storage: "local",
        proxmox_storage: { kind: "storage", id: 3 },
        subtype: "qemu",
        format: "tzst",
        creation_time: "2024-01-02T03:04:05Z",
        size: 1099511627776,
        used: null,
        notes: null,
        encrypted: "",
        verification_state: null,
        verification_upid: null,
        vmid: 100,
      },
    },
    {
      what: "a dump of a container, whose format was lost",
      row: { volid: "local:backup/vzdump-lxc-101-2024_01_02-03_04_05.tar.zst", subtype: "lxc", format: "tar.zst" },
      values: { subtype: "lxc", format: "tzst" },
    },
    {
      what: "one of a Proxmox Backup Server, with all it says",
      row: {
        volid: "pbs:backup/vm/100/2024-01-02T03:04:05Z",
        subtype: "qemu",
        format: "pbs-vm",
        ctime: 1704164645,
        encrypted: "ab:cd",
        notes: "before the move",
        verification: { state: "ok", upid: "UPID:pbs:1" },
      },
      values: {
        storage: "pbs",
        proxmox_storage: null,
        subtype: "qemu",
        format: "pbs-vm",
        creation_time: "2024-01-02T03:04:05Z",
        encrypted: "ab:cd",
        notes: "before the move",
        verification_state: "ok",
        verification_upid: "UPID:pbs:1",
      },
    },
    {
      what: "one of a Proxmox Backup Server that says neither type, format nor time",
      row: { volid: "pbs:backup/ct/101/2024-01-02T03:04:05Z" },
      values: { storage: "pbs", subtype: "lxc", format: "pbs-ct", creation_time: "2024-01-02T03:04:05Z" },
    },
    { what: "no verification yet", row: { verification: null }, values: { verification_state: null } },
    { what: "encrypted without a fingerprint", row: { encrypted: 1 }, values: { encrypted: "1" } },
  ];
  for (const { what, row, values } of cases) test(what, () => expect(desired(row).values).toMatchObject(values));

  test("it stands under its machine and volume, and a row that is known is not looked for", () => {
    expect(desired({})).toMatchObject({
      kind: "backup",
      identity: { vmid: 100, virtual_machine: { kind: "virtual-machine", id: 7 }, volume_id: volid },
      label: `web (vmid 100) ${volid}`,
      tags: { add: ["proxbox"] },
    });
    expect(desired({})).not.toHaveProperty("id");
    const backup = backupOf({ volid, content: "backup" }, "local") as Backup;
    expect(desiredBackup({ backup, machine, row: 9 }, {}).id).toBe(9);
  });
});

import { describe, expect, test } from "bun:test";
import { backupOf, backupSources } from "./backups.ts";
import { storageOf } from "./storage.ts";

const volid = "local:backup/vzdump-qemu-100-2024_01_02-03_04_05.vma.zst";
const pbs = "pbs:backup/vm/100/2024-01-02T03:04:05Z";

describe("backupOf", () => {
  test("a file", () => {
    const row = {
      volid,
      content: "backup",
      vmid: "100",
      ctime: 1_704_161_045,
      size: "2147483648",
      format: "vma.zst",
      subtype: "qemu",
      notes: "web",
      protected: 1,
    };
    expect(backupOf(row, "local")).toEqual({
      volid,
      storage: "local",
      vmid: 100,
      subtype: "qemu",
      format: "tzst",
      createdAt: "2024-01-02T02:04:05Z",
      size: 2_147_483_648,
      used: null,
      notes: "web",
      encrypted: "",
      verification: null,
      protected: true,
    });
  });

  test.each([
    [{ volid: pbs }, { storage: "pbs", vmid: 100, format: "pbs-vm", createdAt: "2024-01-02T03:04:05Z" }],
    [{ volid: pbs, encrypted: "AA:BB" }, { encrypted: "AA:BB" }],
    [{ volid: pbs, encrypted: true }, { encrypted: "1" }],
    [{ volid: pbs, encrypted: 1 }, { encrypted: "1" }],
    [{ volid: pbs, encrypted: "0" }, { encrypted: "" }],
    [{ volid: pbs, encrypted: null }, { encrypted: "" }],
    [{ volid: pbs, verification: null }, { verification: null }],
    [{ volid: pbs, verification: { state: "ok", upid: "UPID:x" } }, { verification: { state: "ok", upid: "UPID:x" } }],
    [{ volid: pbs, verification: { state: "failed" } }, { verification: { state: "failed", upid: null } }],
    [{ volid: pbs, "approximate-size": 9 }, { size: 9 }],
  ])("%p", (row, backup) => expect(backupOf(row, "pbs")).toMatchObject(backup));

  test.each([[{}], [{ volid: "" }], [{ volid: "local:iso/debian.iso", content: "iso" }]])("%p is none", (row) => {
    expect(backupOf(row, "local")).toBeNull();
  });
});

describe("backupSources", () => {
  const nodes = [
    { name: "pve1", online: false },
    { name: "pve10", online: true },
    { name: "pve2", online: true },
  ];
  const sourcesOf = (row: object) => {
    const storage = storageOf({ storage: "s", type: "dir", content: "backup,iso", ...row });
    const { sources, unread } = backupSources(storage ? [storage] : [], nodes);
    return { asked: sources.map(({ node }) => node), reasons: unread.map(({ reason }) => reason) };
  };

  test.each<[string, object, string[], string[]]>([
    ["a local one", {}, ["pve10", "pve2"], ["Storage s of pve1 cannot be read: not online."]],
    ["a local one of some nodes", { nodes: "pve10,pve2" }, ["pve10", "pve2"], []],
    ["one whose node is named like another's beginning", { nodes: "pve1" }, [], ["No node with storage s is online."]],
    ["a shared one", { shared: 1 }, ["pve10"], []],
    ["a shared one of some nodes", { type: "pbs", nodes: "pve2,pve1" }, ["pve2"], []],
    ["a shared one of nobody who is there", { type: "nfs", nodes: "pve1" }, [], ["No node with storage s is online."]],
    ["one that is disabled", { disable: 1 }, [], ["Storage s is disabled."]],
    ["one without backups", { content: "images,iso" }, [], []],
    ["one without content", { content: undefined }, [], []],
    ["one whose content only sounds like it", { content: "backups" }, [], []],
  ])("%s", (_, row, asked, reasons) => expect(sourcesOf(row)).toEqual({ asked, reasons }));
});

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseVolume } from "./volume.ts";

const file = (type: string, vmid: number, suffix: string) =>
  `local:backup/vzdump-${type}-${vmid}-2024_01_02-03_04_05.${suffix}`;

describe("parseVolume", () => {
  test.each([
    [file("qemu", 100, "vma.zst"), { subtype: "qemu", format: "vma.zst" }, "qemu", "tzst", 100],
    [file("lxc", 101, "tar.zst"), { subtype: "lxc", format: "tar.zst" }, "lxc", "tzst", 101],
    [file("lxc", 101, "tar.zst"), {}, "lxc", "tzst", 101],
    [file("lxc", 101, "tar.gz"), {}, "lxc", "tgz", 101],
    [file("lxc", 101, "tgz"), {}, "lxc", "tgz", 101],
    [file("openvz", 101, "tar"), {}, "lxc", "tar", 101],
    [file("qemu", 100, "vma.lzo"), {}, "qemu", "undefined", 100],
    [file("qemu", 100, "vma"), { format: "vma" }, "qemu", "undefined", 100],
    [file("qemu", 100, "vma.zst"), { subtype: "vm", format: "zst" }, "qemu", "tzst", 100],
    ["local:backup/mine.tar.bz2", { format: "tbz" }, "undefined", "tbz", null],
    ["local:100/vm-100-disk-0.qcow2", { format: "qcow2" }, "undefined", "qcow2", null],
    ["local:backup/whatever", {}, "undefined", "undefined", null],
  ] as const)("%s %p", (volid, said, subtype, format, vmid) => {
    expect(parseVolume(volid, said)).toEqual({ storage: "local", subtype, format, vmid, takenAt: null });
  });

  test.each([
    ["pbs:backup/vm/100/2024-01-02T03:04:05Z", { subtype: "qemu", format: "pbs-vm" }, "qemu", "pbs-vm", 100],
    ["pbs:backup/vm/100/2024-01-02T03:04:05Z", {}, "qemu", "pbs-vm", 100],
    ["pbs:backup/ct/101/2024-01-02T03:04:05Z", { subtype: null, format: null }, "lxc", "pbs-ct", 101],
    ["pbs:backup/ns/prod/ct/101/2024-01-02T03:04:05Z", {}, "lxc", "pbs-ct", 101],
  ] as const)("%s %p", (volid, said, subtype, format, vmid) => {
    const takenAt = "2024-01-02T03:04:05Z";
    expect(parseVolume(volid, said)).toEqual({ storage: "pbs", subtype, format, vmid, takenAt });
  });

  test.each(["pbs:backup/vm/100/2024-13-45T99:04:05Z", "pbs:backup/vm/100/latest"])("%s has no time", (volid) => {
    expect(parseVolume(volid)).toMatchObject({ vmid: 100, takenAt: null });
  });

  test("no id makes it throw, and what it tells is of the known words", () => {
    const id = fc.oneof(
      fc.string(),
      fc.tuple(fc.string(), fc.string()).map(([storage, name]) => `${storage}:backup/vm/1/${name}`),
    );
    fc.assert(
      fc.property(id, fc.anything(), fc.anything(), (volid, subtype, format) => {
        const volume = parseVolume(volid, { subtype, format });
        expect(["qemu", "lxc", "undefined"]).toContain(volume.subtype);
        expect(volume.format).toMatch(/^(pbs-vm|pbs-ct|zst|iso|tzst|tgz|qcow2|raw|tar|tbz|undefined)$/);
        expect(volume.takenAt === null || !Number.isNaN(Date.parse(volume.takenAt))).toBe(true);
      }),
    );
  });
});

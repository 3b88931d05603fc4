import { describe, expect, test } from "bun:test";
import type { Guest } from "@proxbox/proxmox/resources/listing";
import { chunkSize, chunksOf } from "./chunks.ts";

const guest = (vmid: number, node = "pve1"): Guest => ({
  vmid,
  node,
  type: "qemu",
  known: true,
  name: `vm${vmid}`,
  state: "running",
  status: "active",
  template: false,
  vcpus: 1,
  memoryMebibytes: 512,
  tags: [],
  pool: null,
  lock: null,
  uptimeSeconds: 1,
});

describe("chunkSize", () => {
  test.each([
    [0, 10],
    [15, 10],
    [60, 30],
    [100, 50],
    [10_000, 50],
  ])("of %d guests %d go together", (guests, size) => expect(chunkSize(guests)).toBe(size));
});

describe("chunksOf", () => {
  test("cuts by node, then by vmid, and names each chunk by its first guest", () => {
    const listed = [guest(103, "b"), ...Array.from({ length: 12 }, (_, index) => guest(200 - index, "a"))];
    const chunks = chunksOf(listed);
    expect(chunks.map(({ key }) => key)).toEqual(["189-10", "199-3"]);
    expect(chunks.flatMap(({ guests }) => guests.map(({ vmid }) => vmid))).toEqual([
      189, 190, 191, 192, 193, 194, 195, 196, 197, 198, 199, 200, 103,
    ]);
  });

  test("does not depend on the order of the listing, and of nothing there is none", () => {
    const listed = Array.from({ length: 25 }, (_, index) => guest(100 + index, index % 2 ? "a" : "b"));
    expect(chunksOf([...listed].reverse())).toEqual(chunksOf(listed));
    expect(chunksOf([])).toEqual([]);
  });
});

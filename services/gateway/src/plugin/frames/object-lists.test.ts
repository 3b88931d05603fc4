import { expect, test } from "bun:test";
import type { ObjectOutcome } from "@proxbox/contracts/messages";
import type { StageName } from "@proxbox/contracts/stages";
import { batchTold } from "../../../test/run-story.ts";
import { createLists } from "./object-lists.ts";
import { factOf } from "./run-facts.ts";

function listsOf(stage: StageName, objects: ObjectOutcome[]) {
  const lists = createLists("https://nb.example.com");
  const fact = factOf(batchTold(stage, { key: "a", objects }));
  if (fact?.of === "result") lists.take(stage, fact.result);
  return lists;
}

const listOf = (stage: StageName, objects: ObjectOutcome[]) => listsOf(stage, objects).of(stage);

test("machines are listed by their names; what failed, went or is not the stage's own is not", () => {
  const listed = listOf("virtual-machines", [
    { kind: "virtual-machine", name: "web (qemu 100)", id: 7, outcome: "unchanged" },
    { kind: "virtual-machine", name: "db (qemu 101)", outcome: "failed" },
    { kind: "virtual-machine", name: "old (qemu 102)", id: 8, outcome: "deleted" },
    { kind: "tag", name: "Proxbox", id: 1, outcome: "created" },
  ]);
  const page = "https://nb.example.com/virtualization/virtual-machines/7/";
  expect(listed).toEqual([{ id: 7, name: "web", display: "web", display_url: page }]);
});

test("an interface of a node has its address, an interface of a machine stands in its own form", () => {
  const interfaces = listOf("network-interfaces", [
    { kind: "interface", name: "pve1 vmbr0", id: 3, outcome: "created" },
    { kind: "interface", name: "pve1 vmbr0.20", id: 4, outcome: "created" },
    { kind: "ip-address", name: "pve1 vmbr0.20 10.0.20.1/24", id: 9, outcome: "created" },
  ]);
  expect(interfaces).toMatchObject([{ id: 3 }, { id: 4, ip_id: 9, ip_address: "10.0.20.1/24" }]);
  expect(interfaces[0]).not.toHaveProperty("ip_id");
  const cards = listOf("vm-interfaces", [{ kind: "vm-interface", name: "web net0", id: 5, outcome: "updated" }]);
  expect(cards).toMatchObject([{ id: 5, mac_address: null, interface: { id: 5, name: "web net0" } }]);
  const addresses = listOf("ip-addresses", [
    { kind: "ip-address", name: "web net0 fe80::1/64", id: 6, outcome: "created" },
  ]);
  expect(addresses).toEqual([{ ip_id: 6, address: "fe80::1/64" }]);
});

test("the first thousand are kept, and nothing of stages that answer numbers", () => {
  const devices = (length: number) =>
    Array.from({ length }, (_, id): ObjectOutcome => ({ kind: "device", name: `d${id}`, id, outcome: "created" }));
  expect(listOf("devices", devices(1_000))).toHaveLength(1_000);
  expect(listOf("devices", devices(1_001))).toHaveLength(1_000);
  expect(listsOf("devices", devices(1_000)).isCut("devices")).toBe(false);
  expect(listsOf("devices", devices(1_001)).isCut("devices")).toBe(true);
  expect(listOf("vm-disks", [{ kind: "virtual-disk", name: "scsi0", id: 1, outcome: "created" }])).toEqual([]);
});

import { describe, expect, test } from "bun:test";
import {
  isFlat,
  readClusterStatus,
  readCpuModels,
  readFirewall,
  readNodes,
  readResources,
  ShapeError,
  templatesOf,
} from "./shapes.ts";

const node = { type: "node", name: "pve1", id: "node/pve1", nodeid: 1, ip: "10.0.0.1", online: 1, local: "0" };
const cluster = { type: "cluster", name: "lab", id: "cluster/lab", nodes: "1", quorate: 1, version: 4 };
const nodeRecord = { name: "pve1", id: "node/pve1", nodeid: 1, ip: "10.0.0.1", online: true, local: false };
const status = {
  cluster: { name: "lab", id: "cluster/lab", nodes: 1, quorate: true, version: 4 },
  nodes: [nodeRecord],
};

describe("the status of a cluster", () => {
  const cases: [string, unknown, unknown][] = [
    ["nodes beneath", [{ ...cluster, node_list: [node] }], status],
    ["a flat list", [cluster, node, { type: "quorum" }], status],
    ["lists by name", { lab: [cluster, node] }, status],
    ["empty", [], { cluster: null, nodes: [] }],
    ["no list", null, { cluster: null, nodes: [] }],
    [
      "texts that are null",
      [{ ...node, ip: null, name: null }],
      { cluster: null, nodes: [{ ...nodeRecord, ip: null, name: null }] },
    ],
  ];
  for (const [title, json, read] of cases) test(title, () => expect(readClusterStatus(json)).toEqual(read as never));

  const traps: [string, unknown][] = [
    ["an id that is a number", [{ ...cluster, id: 1 }]],
    ["a type that is null", [{ ...cluster, type: null }]],
    ["a level that is a number", [{ ...cluster, node_list: [{ ...node, level: 0 }] }]],
    ["an entry that is no object", ["lab"]],
  ];
  for (const [title, json] of traps) test(title, () => expect(() => readClusterStatus(json)).toThrow(ShapeError));
});

test("nodes are found at any depth; one without a name of text is a trap", () => {
  const row = { node: "pve1", cpu: 0.5, maxcpu: 4, mem: "7", maxmem: 9, ssl_fingerprint: "AB", level: "" };
  const read = { ...row, mem: 7, location: null };
  expect(readNodes([{ lab: [row] }])).toEqual([read]);
  expect(readNodes([row, { node: "pve2" }]).map((one) => one.node)).toEqual(["pve1", "pve2"]);
  expect(() => readNodes([{ ...row, node: null }])).toThrow(ShapeError);
  expect(() => readNodes([{ ...row, level: 4 }])).toThrow(ShapeError);
});

test("the firewall: what the plugin stores is counted, rows of the wrong kind are traps", () => {
  const entry = { cluster_name: "lab", rules: [{ pos: 0 }], security_groups: [{ name: "web", rules: [{ pos: 1 }] }] };
  expect(readFirewall([entry])).toEqual([
    { cluster: "lab", counts: { security_groups: 1, rules: 1, ip_sets: 0, aliases: 0 } },
  ]);
  expect(readFirewall({ lab: [] })).toBeNull();
  for (const trap of [["lab"], [{ rules: [{}] }], [{ rules: ["x"] }], [{ rules: {} }]])
    expect(() => readFirewall(trap)).toThrow(ShapeError);
});

test("CPU models: null where a text belongs is a trap", () => {
  expect(readCpuModels([{ cputype: "custom-a", level: null }, { name: "b" }, {}])).toEqual(["custom-a", "b"]);
  expect(readCpuModels({})).toBeNull();
  expect(() => readCpuModels([{ cputype: "a", flags: null }])).toThrow(ShapeError);
});

test("resources: lists by cluster or flat ones; of templates those with a number", () => {
  const rows = [
    { node: "pve1", type: "lxc", vmid: "100", template: 1 },
    { node: "pve1", type: "qemu", vmid: 101, template: 0 },
  ];
  expect(readResources([{ lab: rows }])).toEqual(rows);
  expect(readResources({ lab: rows })).toEqual(rows);
  expect(readResources(rows)).toEqual(rows);
  expect(templatesOf(rows)).toEqual([{ node: "pve1", type: "lxc", vmid: 100 }]);
  expect([isFlat({ a: null, b: 1 }), isFlat({ a: [] })]).toEqual([true, false]);
});

import { expect, test } from "bun:test";
import { clusterStatusOf } from "./cluster.ts";

const node = (name: string, change = {}) => ({
  id: `node/${name}`,
  type: "node",
  name,
  online: 1,
  nodeid: 1,
  ...change,
});

test("a cluster has its name, quorum and nodes by name", () => {
  const status = clusterStatusOf([
    { id: "cluster", type: "cluster", name: "prod", nodes: 2, quorate: 1, version: "7" },
    node("pve2", { online: "0", ip: "192.0.2.2", level: "c", nodeid: "2" }),
    node("pve1", { local: 1 }),
  ]);
  expect(status).toEqual({
    mode: "cluster",
    name: "prod",
    quorate: true,
    version: 7,
    nodes: [
      { name: "pve1", online: true, ip: null, local: true, nodeId: 1, level: null },
      { name: "pve2", online: false, ip: "192.0.2.2", local: false, nodeId: 2, level: "c" },
    ],
  });
});

test.each([
  ["a node without cluster is standalone", [node("solo")], { mode: "standalone", name: "solo", quorate: true }],
  [
    "a cluster of one node is a cluster",
    [{ type: "cluster", name: "one", quorate: 1 }, node("solo")],
    { mode: "cluster", name: "one", quorate: true },
  ],
  ["no quorum", [{ type: "cluster", name: "c", quorate: 0 }, node("a")], { mode: "cluster", quorate: false }],
  ["nothing", [], { mode: "standalone", name: null, quorate: false, nodes: [] }],
])("%s", (_, rows, status) => {
  expect(clusterStatusOf(rows)).toMatchObject(status as object);
});

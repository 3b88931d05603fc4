import { expect, test } from "bun:test";
import { SyncOptions } from "@proxbox/contracts/sync-options";
import { Value } from "@sinclair/typebox/value";
import type { HostBinding } from "./bind.ts";
import type { HostFacts } from "./facts.ts";
import { judgeGoneNodes } from "./gone.ts";

const none = { id: null, slug: null, name: null };
const node = { nodeId: 1, ip: null, online: true, local: false, maxCpu: 1, maxMemory: 1, supportLevel: "" };
const facts: HostFacts = {
  endpoint: 1,
  endpointName: "Lab",
  pluginEndpoint: 1,
  site: none,
  tenant: none,
  nameTemplate: "{node}",
  cluster: { name: "pve", mode: "cluster", id: "cluster/pve", quorate: true, version: 4 },
  nodes: [{ ...node, name: "pve1", fingerprint: "" }],
};
const binding: HostBinding = {
  endpoint: 1,
  pluginEndpoint: 1,
  twin: null,
  others: [],
  takesOver: false,
  cluster: { id: 7, name: "pve" },
  proxmoxCluster: 3,
  site: { id: 1 },
  moves: false,
  scope: true,
  tenant: null,
  nodes: {},
  goneNodes: [
    { proxmoxNode: 21, name: "pve2", device: { id: 41, name: "rack-7", ours: true } },
    { proxmoxNode: 22, name: "pve3", device: { id: 42, name: "pve3", ours: false } },
  ],
  problem: null,
};
const options = Value.Default(SyncOptions, {}) as SyncOptions;

test("rows of nodes that left go; a device of ours is offline, any other is left alone", () => {
  const { desired, kept } = judgeGoneNodes(facts, binding, options);
  expect(desired).toMatchObject([
    { kind: "proxmox-node", id: 21, gone: true },
    { kind: "proxmox-node", id: 22, gone: true },
    { kind: "device", id: 41, values: { status: "offline" }, note: expect.stringContaining("left") },
  ]);
  expect(kept).toEqual([]);
});

test.each<[string, HostFacts, Partial<SyncOptions>, number]>([
  ["a cluster without quorum", { ...facts, cluster: { ...facts.cluster, quorate: false } }, {}, 2],
  ["more than the cap", facts, { max_deletions: 1 }, 2],
  ["nodes that are not kept up to date", facts, { sync_mode_node: "bootstrap_only" }, 0],
])("%s deletes nothing", (_, shown, flags, told) => {
  const { desired, kept } = judgeGoneNodes(shown, binding, { ...options, ...flags });
  expect(desired).toEqual([]);
  expect(kept).toHaveLength(told);
});

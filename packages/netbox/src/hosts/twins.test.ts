import { describe, expect, test } from "bun:test";
import { SyncOptions } from "@proxbox/contracts/sync-options";
import { Value } from "@sinclair/typebox/value";
import { bindHosts } from "./bind.ts";
import { desiredHosts } from "./desired.ts";
import type { HostFacts } from "./facts.ts";
import { type HostRows, rolesOf } from "./rows.ts";
import { findTwins, withoutRelics } from "./twins.ts";

const none = { id: null, slug: null, name: null };
const noRoles = { qemu: null, lxc: null };
const certificate = (node: string) => `AA:BB:${node}`;

function facts(endpoint: number, nodes: string[], more: Partial<HostFacts> = {}): HostFacts {
  return {
    endpoint,
    endpointName: `Endpoint ${endpoint}`,
    pluginEndpoint: endpoint,
    site: none,
    tenant: none,
    nameTemplate: "{node}",
    cluster: { name: "pve", mode: "cluster", id: "cluster/pve", quorate: true, version: 4 },
    nodes: nodes.map((name) => ({
      name,
      nodeId: 1,
      ip: "192.0.2.1",
      online: true,
      local: false,
      maxCpu: 8,
      maxMemory: 1,
      fingerprint: certificate(name),
      supportLevel: "",
    })),
    ...more,
  };
}

/** What NetBox holds after a run of one endpoint. */
function held(endpoint: number, nodes: string[], cluster = "pve"): HostRows {
  return {
    endpoints: [1, 2].map((id) => ({ id, name: `Endpoint ${id} (nb:${id})`, roles: noRoles })),
    proxmoxClusters: [{ id: 3, endpoint, name: cluster, cluster: 8 }],
    proxmoxNodes: nodes.map((name, index) => ({
      id: 20 + index,
      endpoint,
      name,
      device: 40 + index,
      fingerprint: certificate(name).toLowerCase(),
      ip: "192.0.2.1",
      roles: noRoles,
    })),
    clusterStates: [],
    deviceStates: [],
    clusters: [{ id: 8, name: cluster, site: 2, ours: true }],
    devices: nodes.map((name, index) => ({ id: 40 + index, name, site: 2, cluster: 8, ours: true })),
    sites: {},
    tenants: {},
  };
}

const fresh = { ...held(1, []), proxmoxClusters: [], clusters: [] };
const both = [1, 2].map((id) => ({ id, name: `Endpoint ${id} (nb:${id})` }));
const nodes = ["pve1", "pve2"];
const otherCertificates = facts(2, nodes).nodes.map((node) => ({ ...node, fingerprint: "CC" }));
const elsewhere = facts(2, nodes).nodes.map((node) => ({ ...node, ip: "192.0.2.9" }));

describe("findTwins", () => {
  const cases: { what: string; all: HostFacts[]; rows: HostRows; twins: Record<number, string | null> }[] = [
    {
      what: "of two that answer with one cluster the lowest id has it",
      all: [facts(2, nodes), facts(1, nodes)],
      rows: fresh,
      twins: { 1: null, 2: "Endpoint 1" },
    },
    {
      what: "whoever has rows keeps it",
      all: [facts(1, nodes), facts(2, nodes)],
      rows: held(2, nodes),
      twins: { 1: "Endpoint 2", 2: null },
    },
    {
      what: "one that runs alone finds the other's rows",
      all: [facts(2, nodes)],
      rows: held(1, nodes),
      twins: { 2: "Endpoint 1" },
    },
    {
      what: "also when the cluster was renamed since they were written",
      all: [facts(2, nodes)],
      rows: held(1, nodes, "before"),
      twins: { 2: "Endpoint 1" },
    },
    {
      what: "equal names with other certificates are two clusters",
      all: [facts(1, nodes), facts(2, nodes, { nodes: otherCertificates })],
      rows: held(1, nodes),
      twins: { 1: null, 2: null },
    },
    {
      what: "a certificate of many hosts proves nothing",
      all: [facts(1, nodes), facts(2, nodes, { nodes: elsewhere })],
      rows: fresh,
      twins: { 1: null, 2: null },
    },
    {
      what: "certificates that may not be read prove nothing",
      all: [1, 2].map((id) =>
        facts(id, nodes, { nodes: facts(id, nodes).nodes.map((node) => ({ ...node, fingerprint: "" })) }),
      ),
      rows: fresh,
      twins: { 1: null, 2: null },
    },
  ];
  test.each(cases)("$what", ({ all, rows, twins }) => {
    const found = findTwins(all, rows, both);
    expect(Object.fromEntries([...found].map(([endpoint, { twin }]) => [endpoint, twin]))).toEqual(twins);
  });

  test("an endpoint that is not configured any more is a predecessor, not a twin", () => {
    const found = findTwins([facts(2, nodes)], held(1, nodes), both.slice(1));
    expect(found.get(2)).toEqual({ pluginEndpoint: 2, twin: null, predecessor: 1, others: [] });
  });

  test("its rows are a predecessor's only when they are of this cluster", () => {
    const found = findTwins([facts(2, nodes, { nodes: otherCertificates })], held(1, nodes), both.slice(1));
    expect(found.get(2)?.predecessor).toBeNull();
  });
});

describe("bindHosts: one cluster behind two endpoints", () => {
  test("the twin is bound to nothing and takes nothing", () => {
    const [first, twin] = bindHosts([facts(1, nodes), facts(2, nodes)], held(1, nodes), both);
    expect(first).toMatchObject({ twin: null, cluster: { id: 8 }, others: [2] });
    expect(twin).toMatchObject({ twin: "Endpoint 1", cluster: { id: null }, nodes: {} });
  });

  test("when the first is gone the twin takes its rows over, by id", () => {
    const rows = held(1, nodes);
    const [binding] = bindHosts([facts(2, nodes)], rows, both.slice(1));
    expect(binding).toMatchObject({
      twin: null,
      takesOver: true,
      cluster: { id: 8 },
      proxmoxCluster: 3,
      nodes: { pve1: { device: 40, proxmoxNode: 20 }, pve2: { device: 41, proxmoxNode: 21 } },
    });
    if (!binding) throw new Error("one endpoint has one binding");
    const desired = desiredHosts(facts(2, nodes), binding, Value.Default(SyncOptions, {}) as SyncOptions);
    const owner = { endpoint: { kind: "proxmox-endpoint", id: 2 } };
    expect(desired.filter(({ kind }) => kind === "proxmox-cluster" || kind === "proxmox-node")).toMatchObject([
      { id: 3, values: owner },
      { id: 20, values: owner },
      { id: 21, values: owner },
    ]);
  });

  test("a take-over that broke off is finished", () => {
    const rows = held(1, nodes);
    const moved = {
      ...rows,
      proxmoxClusters: rows.proxmoxClusters.map((row) => ({ ...row, endpoint: 2 })),
      proxmoxNodes: rows.proxmoxNodes.map((row) => (row.name === "pve1" ? { ...row, endpoint: 2 } : row)),
    };
    expect(bindHosts([facts(2, nodes)], moved, both.slice(1))[0]).toMatchObject({
      takesOver: true,
      cluster: { id: 8 },
      nodes: { pve1: { proxmoxNode: 20, device: 40 }, pve2: { proxmoxNode: 21, device: 41 } },
    });
  });
});

describe("bindHosts: what changed in Proxmox", () => {
  test("a cluster that was renamed keeps its row, under its new name", () => {
    const [binding] = bindHosts([facts(1, nodes)], held(1, nodes, "before"), both);
    expect(binding?.proxmoxCluster).toBe(3);
  });

  test("a node that left is told with its device", () => {
    const [binding] = bindHosts([facts(1, ["pve1"])], held(1, nodes), both);
    expect(binding?.goneNodes).toEqual([
      { proxmoxNode: 21, name: "pve2", device: { id: 41, name: "pve2", ours: true } },
    ]);
  });

  test("the roles of a node come before those of its endpoint", () => {
    const rows = held(1, nodes);
    const chosen = {
      ...rows,
      endpoints: rows.endpoints.map((row) => ({ ...row, roles: { qemu: 5, lxc: 6 } })),
      proxmoxNodes: rows.proxmoxNodes.map((row) => ({ ...row, roles: { qemu: 7, lxc: null } })),
    };
    expect(bindHosts([facts(1, nodes)], chosen, both)[0]?.nodes.pve1?.roles).toEqual({ qemu: 7, lxc: 6 });
  });
});

test("withoutRelics: rows of endpoints that are gone belong to nobody", () => {
  const rows = [1, 2, 3, null, 3].map((endpoint, vmid) => ({ endpoint, vmid: vmid % 4, type: "qemu" }));
  expect(withoutRelics(rows, { pluginEndpoint: 1, others: [2] }).map(({ endpoint }) => endpoint)).toEqual([
    1,
    2,
    null,
    null,
    3,
  ]);
});

test.each<[string, Parameters<typeof rolesOf>[0], ReturnType<typeof rolesOf>]>([
  ["ids", { default_role_qemu: 5, default_role_lxc: null }, { qemu: 5, lxc: null }],
  ["objects", { default_role_qemu: null, default_role_lxc: { id: 6 } }, { qemu: null, lxc: 6 }],
])("rolesOf: %s", (_, row, expected) => expect(rolesOf(row)).toEqual(expected));

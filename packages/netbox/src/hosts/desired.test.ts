import { describe, expect, test } from "bun:test";
import { SyncOptions } from "@proxbox/contracts/sync-options";
import { Value } from "@sinclair/typebox/value";
import { bindHosts } from "./bind.ts";
import { desiredHosts } from "./desired.ts";
import type { HostFacts } from "./facts.ts";
import type { HostRows } from "./rows.ts";

const none = { id: null, slug: null, name: null };
const noRoles = { qemu: null, lxc: null };
/** A row of a node of which only its name is known. */
const untold = { fingerprint: "", ip: null, roles: noRoles };
const node = { nodeId: 1, local: true, maxCpu: 16, maxMemory: 2 ** 36, fingerprint: "AA:BB", supportLevel: "c" };
const facts: HostFacts = {
  endpoint: 4,
  endpointName: "Lab",
  pluginEndpoint: 2,
  site: none,
  tenant: none,
  nameTemplate: "{node}",
  cluster: { name: "pve", mode: "cluster", id: "cluster/pve", quorate: true, version: 3 },
  nodes: [
    { ...node, name: "pve1", ip: "192.0.2.1", online: true },
    { ...node, name: "pve2", ip: null, online: false, maxCpu: null, maxMemory: null },
  ],
};
const empty: HostRows = {
  endpoints: [{ id: 2, name: "Lab", roles: noRoles }],
  proxmoxClusters: [],
  proxmoxNodes: [],
  clusterStates: [],
  deviceStates: [],
  clusters: [],
  devices: [],
  sites: {},
  tenants: {},
};
const options = Value.Default(SyncOptions, {}) as SyncOptions;

function desired(rows: Partial<HostRows> = {}, flags: Partial<SyncOptions> = {}) {
  const [binding] = bindHosts([facts], { ...empty, ...rows });
  if (!binding) throw new Error("one endpoint has one binding");
  return desiredHosts(facts, binding, { ...options, ...flags });
}

const one = (all: ReturnType<typeof desired>, kind: string, label: string) =>
  all.find((entry) => entry.kind === kind && entry.label === label);

describe("desiredHosts", () => {
  test("in a fresh NetBox everything is there, each once, parents before children", () => {
    expect(desired().map(({ kind, label }) => `${kind} ${label}`)).toEqual([
      "site Proxmox Default Site - pve",
      "cluster pve",
      "proxmox-cluster pve",
      "sync-state-cluster pve",
      "device pve1",
      "proxmox-node pve1",
      "sync-state-device pve1",
      "device pve2",
      "sync-state-device pve2",
    ]);
  });

  test("the cluster is linked to the plugin's row of it", () => {
    expect(one(desired(), "proxmox-cluster", "pve")).toMatchObject({
      identity: { endpoint: 2, name: "pve" },
      values: {
        netbox_cluster: { kind: "cluster", identity: { name: "pve" } },
        mode: "cluster",
        nodes_count: 2,
        quorate: true,
      },
    });
  });

  test("a node that is away is offline, and what is known of it stays", () => {
    expect(one(desired(), "device", "pve2")).toMatchObject({ values: { status: "offline" } });
    const away = { proxmoxNodes: [{ ...untold, id: 9, endpoint: 2, name: "pve2", device: null }] };
    expect(one(desired(away), "sync-state-device", "pve2")).toMatchObject({
      values: { proxmox_node: { kind: "proxmox-node", id: 9 } },
    });
  });

  test("no value that moves by itself is written", () => {
    const values = Object.assign({}, ...desired().map((entry) => entry.values)) as Record<string, unknown>;
    for (const field of [
      "local",
      "cpu_usage",
      "memory_usage",
      "proxmox_last_updated",
      "last_run_id",
      "proxmox_uptime",
    ]) {
      expect(values).not.toHaveProperty(field);
    }
  });

  test("a device keeps the name an operator gave it", () => {
    const known = {
      clusters: [{ id: 7, name: "pve", site: 1, ours: true }],
      proxmoxClusters: [{ id: 3, endpoint: 2, name: "pve", cluster: 7 }],
      proxmoxNodes: [{ ...untold, id: 8, endpoint: 2, name: "pve1", device: 31 }],
      devices: [{ id: 31, name: "rack-7", site: 1, cluster: 7, ours: true }],
    };
    const device = one(desired(known), "device", "rack-7 (node pve1)");
    expect(device).toMatchObject({
      id: 31,
      values: { name: "rack-7", site: { kind: "site", id: 1 }, cluster: { kind: "cluster", id: 7 } },
    });
    expect(device?.keep).toContain("name");
  });

  test("the flags protect what they name", () => {
    const flags = {
      overwrite_device_status: false,
      overwrite_device_description: false,
      overwrite_device_role: false,
      overwrite_device_type: false,
      overwrite_device_tags: false,
      overwrite_cluster_description: false,
      overwrite_cluster_tags: false,
    };
    expect(one(desired({}, flags), "device", "pve1")).toMatchObject({
      keep: ["status", "description", "role", "device_type"],
      tags: { keep: true },
    });
    expect(one(desired({}, flags), "cluster", "pve")).toMatchObject({ keep: ["description"], tags: { keep: true } });
  });

  test("an endpoint NetBox does not know gets clusters and devices, and no row that would need it", () => {
    const kinds = desired({ endpoints: [] }).map((entry) => entry.kind);
    expect(kinds).not.toContain("proxmox-cluster");
    expect(kinds).not.toContain("proxmox-node");
    expect(kinds.filter((kind) => kind === "device")).toHaveLength(2);
  });
});

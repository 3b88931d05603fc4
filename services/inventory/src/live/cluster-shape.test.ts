import { expect, test } from "bun:test";
import { hostsOf } from "@proxbox/proxmox/observe-hosts";
import { clusterStatusOf } from "@proxbox/proxmox/resources/cluster";
import { replicationOf } from "@proxbox/proxmox/resources/replication";
import type { ProxmoxEndpoint } from "@proxbox/runtime/endpoints";
import {
  clusterShape,
  cpuModelShape,
  nodeConfigShape,
  nodeShape,
  optionsShape,
  replicationShape,
  resourceShapes,
  sessionShape,
} from "./cluster-shape.ts";

const endpoint = {
  id: 1,
  name: "edge (nb:7)",
  ip_address: "192.0.2.7/24",
  domain: "pve.example.com",
  port: 8006,
  username: "root@pam",
  password: "secret-password",
  token_value: "secret-token",
  site_id: 3,
  site_slug: "lab",
  site_name: null,
  tenant_id: null,
  tenant_slug: null,
  tenant_name: null,
  node_device_name_template: "{node}",
} as unknown as ProxmoxEndpoint;

const shapeOf = (rows: Record<string, unknown>[]) =>
  clusterShape(endpoint, hostsOf(endpoint, clusterStatusOf(rows), new Map(), undefined));

test("a node on its own has a cluster of its own, and the address of its endpoint where it tells none", () => {
  const rows = [{ type: "node", id: "node/solo", name: "solo", nodeid: 0, local: 1, online: 1, level: "" }];
  expect(shapeOf(rows)).toEqual({
    id: "node/solo",
    name: "solo",
    type: "cluster",
    nodes: 1,
    quorate: true,
    version: null,
    mode: "standalone",
    site_id: 3,
    site_slug: "lab",
    site_name: null,
    tenant_id: null,
    tenant_slug: null,
    tenant_name: null,
    node_list: [
      {
        id: "node/solo",
        name: "solo",
        type: "node",
        ip: "192.0.2.7",
        level: "",
        local: true,
        nodeid: 0,
        online: true,
        status: "online",
      },
    ],
  });
});

test("texts stay texts and numbers numbers, however Proxmox sends them", () => {
  const shape = shapeOf([
    { type: "cluster", id: "cluster", name: "prod", nodes: "2", quorate: "1", version: "4" },
    { type: "node", name: "b", ip: "192.0.2.2", nodeid: "2", local: "0", online: "0" },
    { type: "node", name: "a", ip: "192.0.2.1", nodeid: "1", local: "1", online: "1", level: "c" },
  ]);
  expect(shape).toMatchObject({ id: "cluster/prod", nodes: 2, quorate: true, version: 4, mode: "cluster" });
  expect(shape.node_list.map(({ name, nodeid, online, level }) => [name, nodeid, online, level])).toEqual([
    ["a", 1, true, "c"],
    ["b", 2, false, ""],
  ]);
});

test("a cluster that does not tell its name is no empty cluster", () => {
  const restricted = { mode: "restricted", name: null, quorate: null, version: null, nodes: [] } as const;
  expect(() => hostsOf(endpoint, { ...restricted, nodes: [] }, new Map(), undefined)).toThrow(
    expect.objectContaining({ code: "proxmox_forbidden" }),
  );
});

test("a session tells no secret", () => {
  const status = { mode: "standalone", name: "solo", quorate: true, version: null, nodes: [] } as const;
  const version = { version: "9.2.1", release: "9.2", repoid: "0f" };
  const shape = sessionShape(endpoint, "solo", { ...status, nodes: [] }, version);
  expect(shape).toMatchObject({ name: "solo", mode: "standalone", http_port: 8006, user: "root@pam" });
  expect(JSON.stringify(shape)).not.toContain("secret");
});

test("resources are told once each, flat, with all known fields", () => {
  const rows = [
    { id: "qemu/100", type: "qemu", vmid: 100, "cgroup-mode": 2, tags: "a;b", nested: { a: 1 }, list: [1] },
    { id: "qemu/100", type: "qemu", vmid: 100, status: "running" },
    { type: "sdn", node: "a" },
  ];
  const shapes = resourceShapes(rows);
  expect(shapes.length).toBe(2);
  expect(shapes[0]).toMatchObject({
    vmid: 100,
    cgroup_mode: 2,
    tags: "a;b",
    nested: '{"a":1}',
    list: "[1]",
    hastate: null,
    storage: null,
  });
});

test.each([
  [
    { node: "a", status: "online", cpu: "0.5", maxcpu: "8", mem: 1, maxmem: 2.9 },
    { cpu: 0.5, maxcpu: 8, maxmem: 2 },
  ],
  [
    { node: "a", status: "offline" },
    { cpu: null, maxcpu: null, mem: null, level: "", ssl_fingerprint: "" },
  ],
  [{ node: "a" }, { status: "unknown" }],
])("a node %j", (row, shape) => {
  expect(nodeShape(row)).toMatchObject({ node: "a", id: "node/a", ...shape });
});

test("a node without a name is left out", () => {
  expect(nodeShape({ node: null, cpu: 1 })).toBeNull();
});

test("a CPU model has no null where the plugin's columns take none", () => {
  expect(cpuModelShape("prod", { cputype: "custom-x", level: null, description: null })).toEqual({
    cluster_name: "prod",
    cputype: "custom-x",
    base_cputype: "",
    flags: "",
    vendor_id: "",
    level: null,
    description: "",
    status: "ok",
  });
  expect(
    cpuModelShape("prod", { name: "x", "reported-model": "kvm64", "hv-vendor-id": "v", level: "7" }),
  ).toMatchObject({
    cputype: "x",
    base_cputype: "kvm64",
    vendor_id: "v",
    level: 7,
  });
  expect(cpuModelShape("prod", { flags: "+aes" })).toBeNull();
});

test("options within options are objects, in either form", () => {
  const row = {
    "next-id": { lower: 100 },
    crs: "ha=static,ha-rebalance-on-start=1",
    email_from: "a@b",
    "max-workers": "4",
  };
  expect(optionsShape("prod", row)).toMatchObject({
    cluster_name: "prod",
    next_id: { lower: 100 },
    crs: { ha: "static", "ha-rebalance-on-start": "1" },
    notify: null,
    email_from: "a@b",
    max_workers: 4,
    migration_unsecure: null,
  });
});

test("a node's settings and a replication job", () => {
  expect(nodeConfigShape("prod", "a", { description: "Rack", "startall-onboot-delay": "30" })).toMatchObject({
    startall_onboot_delay: 30,
    wakeonlan: null,
    location: null,
    error: null,
  });
  const job = replicationOf({
    id: "100-0",
    guest: "100",
    jobnum: "0",
    target: "b",
    rate: "12.5",
    disable: "1",
    type: "local",
  });
  expect(job && replicationShape("prod", job)).toEqual({
    cluster_name: "prod",
    status: "ok",
    error: null,
    id: "100-0",
    guest: 100,
    jobnum: 0,
    source: null,
    target: "b",
    type: "local",
    schedule: "*/15",
    rate: 12.5,
    comment: null,
    disable: true,
    remove_job: null,
  });
});

import { expect, test } from "bun:test";
import type { ProxmoxEndpoint } from "@proxbox/runtime/endpoints";
import { hostsOf } from "./observe-hosts.ts";
import { clusterStatusOf } from "./resources/cluster.ts";
import { nodesOf } from "./resources/nodes.ts";

const endpoint: ProxmoxEndpoint = {
  id: 4,
  name: "Frankfurt (nb:9)",
  ip_address: "192.0.2.1",
  domain: null,
  port: 8006,
  username: "root@pam",
  password: null,
  token_name: null,
  token_value: null,
  verify_ssl: false,
  enabled: true,
  allow_writes: false,
  allow_packer_template_builds: false,
  access_methods: "api",
  site_id: 3,
  site_slug: "",
  site_name: null,
  tenant_id: null,
  tenant_slug: "acme",
  tenant_name: null,
  timeout: null,
  max_retries: null,
  retry_backoff: null,
  node_device_name_template: "",
};
const node = (name: string, online: number | undefined = 1) => ({ type: "node", name, online, nodeid: 1, level: "" });
const details = nodesOf([{ node: "pve1", maxcpu: 8, maxmem: 1024, ssl_fingerprint: "AA", level: "c" }]);

test("a cluster's hosts, with what the endpoint's settings say of them", () => {
  const status = clusterStatusOf([
    { type: "cluster", name: "prod", quorate: 1, version: 3 },
    node("pve1"),
    node("pve2", 0),
  ]);
  const hosts = hostsOf(endpoint, status, details, "{node}.example");
  expect(hosts).toMatchObject({
    endpoint: 4,
    endpointName: "Frankfurt",
    pluginEndpoint: 9,
    site: { id: 3, slug: null, name: null },
    tenant: { id: null, slug: "acme", name: null },
    nameTemplate: "{node}.example",
    cluster: { name: "prod", mode: "cluster", id: "cluster/prod", quorate: true, version: 3 },
  });
  expect(hosts.nodes).toMatchObject([
    { name: "pve1", online: true, maxCpu: 8, maxMemory: 1024, fingerprint: "AA", supportLevel: "c" },
    { name: "pve2", online: false, maxCpu: null, maxMemory: null, fingerprint: "", supportLevel: "" },
  ]);
});

test("a standalone node is named after itself and online because it answered", () => {
  const hosts = hostsOf(
    { ...endpoint, name: "lab" },
    clusterStatusOf([{ type: "node", name: "solo" }]),
    new Map(),
    undefined,
  );
  expect(hosts).toMatchObject({
    endpointName: "lab",
    pluginEndpoint: null,
    nameTemplate: null,
    cluster: { name: "solo", mode: "standalone", id: "node/solo" },
    nodes: [{ name: "solo", online: true }],
  });
});

test.each([
  ["restricted", { mode: "restricted" as const, name: null, quorate: null, version: null, nodes: [] }],
  ["empty", clusterStatusOf([])],
])("a status that is %s names no hosts", (_, status) => {
  expect(() => hostsOf(endpoint, status, new Map(), undefined)).toThrow("does not tell its cluster's name");
});

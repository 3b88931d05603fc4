import { describe, expect, test } from "bun:test";
import { bindHosts } from "./bind.ts";
import { deviceNameOf, type HostFacts, slugOf } from "./facts.ts";
import type { HostRows } from "./rows.ts";

const none = { id: null, slug: null, name: null };
const noRoles = { qemu: null, lxc: null };
/** A row of a node of which only its name is known. */
const untold = { fingerprint: "", ip: null, roles: noRoles };

function facts(endpoint: number, name: string, nodes: string[], more: Partial<HostFacts> = {}): HostFacts {
  return {
    endpoint,
    endpointName: `Endpoint ${endpoint}`,
    pluginEndpoint: endpoint,
    site: none,
    tenant: none,
    nameTemplate: "{node}",
    cluster: { name, mode: "cluster", id: `cluster/${name}`, quorate: true, version: 4 },
    nodes: nodes.map((node) => ({
      name: node,
      nodeId: 1,
      ip: "192.0.2.1",
      online: true,
      local: false,
      maxCpu: 8,
      maxMemory: 1,
      fingerprint: "",
      supportLevel: "",
    })),
    ...more,
  };
}

function rows(more: Partial<HostRows> = {}): HostRows {
  return {
    endpoints: [1, 2].map((id) => ({ id, name: `Endpoint ${id} (nb:${id})`, roles: noRoles })),
    proxmoxClusters: [],
    proxmoxNodes: [],
    clusterStates: [],
    deviceStates: [],
    clusters: [],
    devices: [],
    sites: {},
    tenants: {},
    ...more,
  };
}

describe("bindHosts: clusters", () => {
  const cases: {
    what: string;
    all: HostFacts[];
    rows: Partial<HostRows>;
    expected: [id: number | null, name: string][];
  }[] = [
    {
      what: "a fresh NetBox: everything is to be made",
      all: [facts(1, "pve", [])],
      rows: {},
      expected: [[null, "pve"]],
    },
    {
      what: "the link that was written wins over a name",
      all: [facts(1, "pve", [])],
      rows: {
        proxmoxClusters: [{ id: 3, endpoint: 1, name: "pve", cluster: 8 }],
        clusters: [
          { id: 7, name: "pve", site: null, ours: true },
          { id: 8, name: "Cluster A", site: 2, ours: true },
        ],
      },
      expected: [[8, "Cluster A"]],
    },
    {
      what: "a cluster of the name without our tag is taken when it has one of the nodes, and that carries it",
      all: [facts(1, "pve", ["pve1"])],
      rows: {
        clusters: [{ id: 7, name: "pve", site: 2, ours: false }],
        devices: [{ id: 4, name: "pve1", site: 2, cluster: 7, ours: true }],
      },
      expected: [[7, "pve"]],
    },
    {
      what: "a cluster of the name whose node does not carry our tag is somebody else's",
      all: [facts(1, "pve", ["pve1"])],
      rows: {
        clusters: [{ id: 7, name: "pve", site: 2, ours: false }],
        devices: [{ id: 4, name: "pve1", site: 2, cluster: 7, ours: false }],
      },
      expected: [[null, "pve (Endpoint 1)"]],
    },
    {
      what: "a cluster renamed in Proxmox is still the same",
      all: [facts(1, "new", [])],
      rows: {
        proxmoxClusters: [{ id: 3, endpoint: 1, name: "old", cluster: 8 }],
        clusters: [{ id: 8, name: "old", site: 2, ours: true }],
      },
      expected: [[8, "old"]],
    },
    {
      what: "a cluster of that name that carries our tag is adopted",
      all: [facts(1, "pve", [])],
      rows: { clusters: [{ id: 7, name: "PVE", site: null, ours: true }] },
      expected: [[7, "PVE"]],
    },
    {
      what: "so is one in the site that was chosen",
      all: [facts(1, "pve", [])],
      rows: { clusters: [{ id: 7, name: "pve", site: 4, ours: false }], sites: { 1: 4 } },
      expected: [[7, "pve"]],
    },
    {
      what: "two that NetBox does not know are told apart by the names they were given",
      all: [facts(1, "pve", [], { pluginEndpoint: null }), facts(2, "pve", [], { pluginEndpoint: null })],
      rows: {
        endpoints: [],
        clusters: [
          { id: 8, name: "pve (Endpoint 2)", site: 2, ours: true },
          { id: 7, name: "pve", site: 1, ours: true },
        ],
      },
      expected: [
        [7, "pve"],
        [8, "pve (Endpoint 2)"],
      ],
    },
    {
      what: "any other cluster of that name is somebody else's",
      all: [facts(1, "pve", [])],
      rows: { clusters: [{ id: 7, name: "pve", site: 4, ours: false }], sites: { 1: 5 } },
      expected: [[null, "pve (Endpoint 1)"]],
    },
    {
      what: "another endpoint's cluster of that name is not",
      all: [facts(1, "pve", [])],
      rows: {
        proxmoxClusters: [{ id: 3, endpoint: 2, name: "pve", cluster: 7 }],
        clusters: [{ id: 7, name: "pve", site: null, ours: true }],
      },
      expected: [[null, "pve (Endpoint 1)"]],
    },
    {
      what: "two clusters of one name stay two",
      all: [facts(1, "pve", []), facts(2, "pve", [])],
      rows: {},
      expected: [
        [null, "pve"],
        [null, "pve (Endpoint 2)"],
      ],
    },
    {
      what: "two rows of one name are not guessed at",
      all: [facts(1, "pve", [])],
      rows: {
        clusters: [
          { id: 7, name: "pve", site: 1, ours: true },
          { id: 8, name: "pve", site: 2, ours: true },
        ],
      },
      expected: [[null, "pve (Endpoint 1)"]],
    },
  ];
  for (const { what, all, rows: more, expected } of cases) {
    test(what, () =>
      expect(bindHosts(all, rows(more)).map(({ cluster }) => [cluster.id, cluster.name])).toEqual(expected),
    );
  }
});

describe("bindHosts: sites", () => {
  const cluster = { id: 8, name: "pve", site: 2, ours: true };
  test("none chosen: a default site of the cluster's name", () => {
    expect(bindHosts([facts(1, "Pve A", [])], rows())[0]).toMatchObject({
      site: { slug: "proxmox-default-site-pve-a", name: "Proxmox Default Site - Pve A" },
      moves: false,
      scope: true,
    });
  });
  test("the site a cluster is in stays when none was chosen", () => {
    expect(bindHosts([facts(1, "pve", [])], rows({ clusters: [cluster] }))[0]).toMatchObject({
      site: { id: 2 },
      moves: false,
    });
  });
  test("another site that was chosen moves the cluster", () => {
    expect(bindHosts([facts(1, "pve", [])], rows({ clusters: [cluster], sites: { 1: 5 } }))[0]).toMatchObject({
      site: { id: 5 },
      moves: true,
    });
  });
  test("a cluster without a site is left without, and its devices where they are", () => {
    const device = { id: 31, name: "pve1", site: 9, cluster: 8, ours: false };
    const [binding] = bindHosts(
      [facts(1, "pve", ["pve1"])],
      rows({ clusters: [{ ...cluster, site: null }], devices: [device] }),
    );
    expect(binding).toMatchObject({ scope: false, moves: false, nodes: { pve1: { device: 31, site: { id: 9 } } } });
  });
  test("a chosen site that does not exist is a problem that names it", () => {
    const chosen = { id: null, slug: "berlin", name: null };
    const [binding] = bindHosts([facts(1, "pve", [], { site: chosen })], rows({ sites: { 1: null } }));
    expect(binding?.problem).toMatchObject({ field: "site", message: expect.stringContaining("berlin") });
  });
});

describe("bindHosts: devices", () => {
  const at = (id: number, more: Partial<HostRows["devices"][number]> = {}) => ({
    id,
    name: "pve1",
    site: 2,
    cluster: 8,
    ours: false,
    ...more,
  });
  const cluster = { id: 8, name: "pve", site: 2, ours: true };
  const cases: { what: string; rows: Partial<HostRows>; expected: number | null }[] = [
    {
      what: "the link that was written wins",
      rows: {
        proxmoxNodes: [{ ...untold, id: 1, endpoint: 1, name: "pve1", device: 41 }],
        devices: [at(40), at(41, { name: "rack-7" })],
      },
      expected: 41,
    },
    { what: "one in the cluster", rows: { devices: [at(40, { cluster: 9 }), at(41)] }, expected: 41 },
    { what: "one in the site without a cluster", rows: { devices: [at(41, { cluster: null })] }, expected: 41 },
    {
      what: "one of another cluster is not taken, even when it is ours",
      rows: { devices: [at(41, { cluster: 9, ours: true })] },
      expected: null,
    },
    {
      what: "one elsewhere that an operator tagged for us",
      rows: { devices: [at(41, { cluster: null, site: 6, ours: true })] },
      expected: 41,
    },
    {
      what: "one elsewhere that nobody tagged is not taken",
      rows: { devices: [at(41, { cluster: null, site: 6 })] },
      expected: null,
    },
    {
      what: "one that another endpoint holds is not taken",
      rows: { devices: [at(41)], deviceStates: [{ device: 41, node: "pve1", cluster: "other", endpoint: 2 }] },
      expected: null,
    },
    {
      what: "a row of an older program names its cluster",
      rows: {
        devices: [at(40), at(41, { cluster: null, site: 6 })],
        deviceStates: [{ device: 41, node: "pve1", cluster: "PVE", endpoint: null }],
      },
      expected: 41,
    },
  ];
  for (const { what, rows: more, expected } of cases) {
    test(what, () =>
      expect(
        bindHosts([facts(1, "pve", ["pve1"])], rows({ clusters: [cluster], ...more }))[0]?.nodes.pve1?.device,
      ).toBe(expected),
    );
  }

  test("two clusters of one name without links never share a device", () => {
    const both = [1, 2].map((endpoint) => facts(endpoint, "pve", ["pve1"], { pluginEndpoint: null }));
    const clusters = [cluster, { id: 9, name: "pve (Endpoint 2)", site: 3, ours: true }];
    const devices = [at(52, { cluster: 9, site: 3, ours: true }), at(51, { ours: true })];
    const deviceStates = devices.map(({ id }) => ({ device: id, node: "pve1", cluster: "pve", endpoint: null }));
    const bound = bindHosts(both, rows({ endpoints: [], clusters, devices, deviceStates }));
    expect(bound.map(({ nodes }) => nodes.pve1?.device)).toEqual([51, 52]);
  });
  test("a name that another device of the site bears is made another", () => {
    const all = [facts(1, "pve", ["pve1"])];
    const taken = rows({ clusters: [cluster], devices: [at(41, { cluster: 9 })] });
    expect(bindHosts(all, taken)[0]?.nodes.pve1).toMatchObject({ device: null, name: "pve1 (pve)" });
  });
  test("a template renames a device that bears the plain node name, and no other", () => {
    const all = [facts(1, "pve", ["pve1"], { nameTemplate: "{cluster_slug}-{node}" })];
    expect(bindHosts(all, rows({ clusters: [cluster], devices: [at(41)] }))[0]?.nodes.pve1).toMatchObject({
      name: "pve-pve1",
      rename: true,
    });
    const renamed = rows({
      clusters: [cluster],
      devices: [at(41, { name: "rack-7" })],
      proxmoxNodes: [{ ...untold, id: 1, endpoint: 1, name: "pve1", device: 41 }],
    });
    expect(bindHosts(all, renamed)[0]?.nodes.pve1).toMatchObject({ name: "rack-7", rename: false });
  });
});

describe("facts", () => {
  test("slugs", () =>
    expect(["Pve A", "  ", "--x--", "ÄB"].map((text) => slugOf(text))).toEqual(["pve-a", "cluster", "x", "b"]));
  test("device names", () => {
    expect(
      deviceNameOf(facts(1, "Pve A", [], { nameTemplate: "{endpoint}/{cluster}/{cluster_slug}/{node}" }), "n1"),
    ).toBe("Endpoint 1/Pve A/pve-a/n1");
    expect(deviceNameOf(facts(1, "pve", []), "n".repeat(80))).toBe("n".repeat(64));
  });
});

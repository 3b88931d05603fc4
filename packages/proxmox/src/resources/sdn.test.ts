import { expect, test } from "bun:test";
import { controllerOf, fabricsOf, subnetOf, vnetOf, zoneOf } from "./sdn.ts";

test("a controller", () => {
  const row = {
    controller: "bgp1",
    type: "bgp",
    asn: "65000",
    peers: "10.0.0.1, 10.0.0.2",
    node: "pve1",
    digest: "0f",
  };
  expect(controllerOf(row)).toMatchObject([
    {
      name: "bgp1",
      type: "bgp",
      asn: 65_000,
      peers: ["10.0.0.1", "10.0.0.2"],
      nodes: ["pve1"],
      loopback: "",
      state: "",
    },
  ]);
  expect(controllerOf(row)[0]?.raw).not.toHaveProperty("digest");
});

test("a zone", () => {
  const row = {
    zone: "z1",
    type: "evpn",
    controller: "evpn1",
    "vrf-vxlan": 10_000,
    "rt-import": "65000:1,65000:2",
    mtu: "1450",
    nodes: "pve1,pve2",
  };
  expect(zoneOf(row)).toMatchObject([
    {
      name: "z1",
      type: "evpn",
      controller: "evpn1",
      vrfVxlan: 10_000,
      tag: null,
      mtu: 1450,
      rtImport: ["65000:1", "65000:2"],
      nodes: ["pve1", "pve2"],
      dns: "",
      ipam: "",
      bridge: "",
    },
  ]);
});

test("a vnet", () => {
  const row = { vnet: "v1", type: "vnet", zone: "z1", tag: "100", alias: "Büro ", vlanaware: 1, state: "new" };
  expect(vnetOf(row)).toMatchObject([
    { name: "v1", zone: "z1", tag: 100, alias: "Büro", vlanAware: true, state: "new" },
  ]);
});

test.each([
  [{ subnet: "z1-10.0.0.0-24", cidr: "10.0.0.0/24" }, "10.0.0.0/24"],
  [{ subnet: "z1-10.0.0.0-24" }, "10.0.0.0/24"],
  [{ subnet: "my-zone-2001:DB8::-64" }, "2001:db8::/64"],
  [{ subnet: "z1-nonsense" }, null],
])("the subnet %p has the prefix %p", (row, prefix) => {
  expect(subnetOf({ ...row, gateway: "10.0.0.1", snat: "1" }, "v1", "z1")).toMatchObject([
    { prefix, vnet: "v1", zone: "z1", gateway: "10.0.0.1", snat: true },
  ]);
});

test("fabrics with their nodes", () => {
  const data = {
    fabrics: [
      { id: "f1", protocol: "ospf", area: "0", ip_prefix: "10.210.0.5/24", ip6_prefix: "x" },
      { protocol: "bgp" },
    ],
    nodes: [
      { fabric_id: "f1", node_id: "pve1", digest: "0f" },
      { fabric_id: "f2", node_id: "pve2" },
    ],
  };
  expect(fabricsOf(data)).toMatchObject([
    { name: "f1", type: "ospf", prefixes: ["10.210.0.0/24"], nodes: [{ fabric_id: "f1", node_id: "pve1" }] },
  ]);
  expect(fabricsOf(null)).toEqual([]);
});

test("rows without name are left out", () => {
  expect([controllerOf({}), zoneOf({}), vnetOf({}), subnetOf({}, "v", "z")].flat()).toEqual([]);
});

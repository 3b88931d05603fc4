import { describe, expect, test } from "bun:test";
import { controllerOf, fabricsOf, subnetOf, vnetOf, zoneOf } from "@proxbox/proxmox/resources/sdn";
import { prefixListEntriesOf, routeMapEntryOf } from "@proxbox/proxmox/resources/sdn-routing";
import { desiredSdn } from "./desired.ts";
import type { SdnFacts, SdnOwner } from "./facts.ts";
import type { SdnScope } from "./overlay.ts";
import { skippedFabrics } from "./tables.ts";

const owner: SdnOwner = { endpoint: 3, endpointName: "Lab", cluster: "pve", devices: [{ node: "pve1", id: 11 }] };
const nothing: SdnScope = { prefixes: new Map(), interfaces: [], ends: new Map() };
const empty: SdnFacts = {
  controllers: [],
  zones: [],
  vnets: [],
  subnets: [],
  fabrics: [],
  ipams: [],
  unread: [],
  routeMaps: [],
  prefixLists: [],
};
const evpn = zoneOf({ zone: "ev", type: "evpn", controller: "ctl", "vrf-vxlan": "10", "rt-import": "65000:1,65000:2" });
const vxlan = zoneOf({ zone: "vx", type: "vxlan", peers: "10.0.0.1", mtu: 1450 });
const plain = zoneOf({ zone: "lan", type: "vlan", bridge: "vmbr0" });
const zones = [...evpn, ...vxlan, ...plain];

const of = (sdn: Partial<SdnFacts>, scope: SdnScope = nothing, who = owner) =>
  desiredSdn({ ...empty, ...sdn }, who, scope);
const kinds = (sdn: Partial<SdnFacts>, kind: string, scope?: SdnScope) =>
  of(sdn, scope).filter((entry) => entry.kind === kind);
const l2vpn = { kind: "l2vpn", identity: { slug: "proxbox-3-pve-ev-net1" } };

describe("a row of the plugin for", () => {
  const common = { endpoint: { kind: "proxmox-endpoint", id: 3 }, cluster_name: "pve" };

  test.each<[string, Partial<SdnFacts>, object, object]>([
    [
      "sdn-controller",
      { controllers: controllerOf({ controller: "ctl", type: "evpn", asn: "65000", peers: "10.0.0.1,10.0.0.2" }) },
      { controller_name: "ctl" },
      { controller_type: "evpn", asn: 65000, peers: ["10.0.0.1", "10.0.0.2"], nodes: [], loopback: "", state: "" },
    ],
    [
      "sdn-controller",
      {
        controllers: controllerOf({ controller: "bgp1", type: "bgp", asn: 4_200_000_000, node: "pve1", state: "new" }),
      },
      { controller_name: "bgp1" },
      { asn: null, nodes: ["pve1"], state: "new" },
    ],
    [
      "sdn-zone",
      { zones: evpn },
      { zone_name: "ev" },
      { zone_type: "evpn", controller: "ctl", vrf_vxlan: 10, tag: null, rt_import: ["65000:1", "65000:2"] },
    ],
    [
      "sdn-vnet",
      { zones, vnets: vnetOf({ vnet: "office", zone: "lan", tag: "100", alias: "Büro", vlanaware: 1 }) },
      { vnet_name: "office" },
      { zone_name: "lan", tag: 100, alias: "Büro", vlanaware: true, l2vpn: null },
    ],
    [
      "sdn-vnet",
      { zones, vnets: vnetOf({ vnet: "net1", zone: "ev", tag: 7 }) },
      { vnet_name: "net1" },
      { l2vpn, tag: 7 },
    ],
    [
      "sdn-subnet",
      {
        subnets: subnetOf(
          { subnet: "ev-10.0.0.0-24", cidr: "10.0.0.0/24", gateway: "10.0.0.1", snat: 1 },
          "net1",
          "ev",
        ),
      },
      { vnet_name: "net1", subnet: "10.0.0.0/24" },
      {
        zone_name: "ev",
        gateway: "10.0.0.1",
        snat: true,
        prefix: { kind: "prefix", identity: { prefix: "10.0.0.0/24", vrf: null } },
        skip_reason: "",
      },
    ],
    [
      "sdn-subnet",
      { subnets: subnetOf({ subnet: "broken" }, "net1", "ev") },
      { vnet_name: "net1", subnet: "broken" },
      { prefix: null, skip_reason: "Proxmox gives no prefix for it." },
    ],
    [
      "sdn-fabric",
      {
        fabrics: fabricsOf({
          fabrics: [{ id: "under", protocol: "ospf", area: "0" }],
          nodes: [{ fabric_id: "under", node_id: "pve1", ip: "10.9.0.1" }],
        }),
      },
      { fabric_name: "under" },
      { fabric_type: "ospf", asn: null, peers: ["pve1"] },
    ],
    [
      "sdn-route-map",
      {
        routeMaps: routeMapEntryOf({
          "route-map-id": "edge",
          order: 10,
          action: "permit",
          match: ["key=peer,value=10.0.0.9", "key=ip-address-prefix-list,value=own"],
        }),
      },
      { name: "edge", order: 10 },
      { action: "permit", match_peer: "10.0.0.9", match_ip: "own", set_community: "" },
    ],
    [
      "sdn-prefix-list",
      { prefixLists: prefixListEntriesOf({ id: "own", entries: ["action=permit,prefix=10.0.0.0/8,le=24,seq=1"] }) },
      { name: "own", cidr: "10.0.0.0/8" },
      { action: "permit", le: 24, ge: null },
    ],
  ])("%s %#", (kind, sdn, identity, values) => {
    const [row, ...more] = kinds(sdn, kind);
    expect(more).toEqual([]);
    expect(row).toMatchObject({ identity: { ...common, ...identity }, values: { ...values, status: "active" } });
    expect(Object.keys(row?.values.raw_config as object)).not.toContain("digest");
  });

  test("a prefix that a list has twice: the entry that counts first, with both in the raw configuration", () => {
    const entries = ["action=deny,prefix=10.0.0.0/8,seq=20", "action=permit,prefix=10.0.0.0/8,seq=5"];
    const rows = kinds({ prefixLists: prefixListEntriesOf({ id: "own", entries }) }, "sdn-prefix-list");
    expect(rows).toHaveLength(1);
    expect(rows[0]?.values).toMatchObject({ action: "permit", raw_config: { entries: [{ seq: "5" }, { seq: "20" }] } });
  });

  test("a fabric of a type the plugin does not know is left out and told of", () => {
    const fabrics = fabricsOf({ fabrics: [{ id: "under", protocol: "openfabric" }] });
    expect(kinds({ fabrics }, "sdn-fabric")).toEqual([]);
    expect(skippedFabrics({ ...empty, fabrics }, owner)).toMatchObject([{ name: "pve/under", outcome: "skipped" }]);
  });
});

describe("an L2VPN", () => {
  const net1 = (change: object = {}) => ({ zones, vnets: vnetOf({ vnet: "net1", zone: "ev", tag: 7, ...change }) });

  test.each<[string, Partial<SdnFacts>, object[]]>([
    ["EVPN", net1(), [{ type: "vxlan-evpn", identifier: 7, status: "active" }]],
    ["VXLAN", net1({ zone: "vx" }), [{ type: "vxlan", identifier: 7, import_targets: [] }]],
    ["VLAN: none", net1({ zone: "lan" }), []],
    ["a zone that is not there: none", net1({ zone: "gone" }), []],
    ["not applied yet", net1({ state: "new" }), [{ status: "planned" }]],
    ["about to go", net1({ state: "deleted" }), [{ status: "decommissioning" }]],
    ["changed", net1({ state: "changed" }), [{ status: "active" }]],
  ])("%s", (_, sdn, expected) => {
    expect(kinds(sdn, "l2vpn").map(({ values }) => values)).toMatchObject(expected);
  });

  test("imports the route targets of its zone, each made once and never changed", () => {
    const targets = kinds(net1(), "route-target");
    expect(targets.map(({ identity }) => identity.name)).toEqual(["65000:1", "65000:2"]);
    expect(targets.every(({ values, tags }) => Object.keys(values).length === 0 && tags?.onCreateOnly)).toBe(true);
    expect(kinds(net1(), "l2vpn")[0]?.values.import_targets).toEqual([
      { kind: "route-target", identity: { name: "65000:1" } },
      { kind: "route-target", identity: { name: "65000:2" } },
    ]);
  });

  test("a long name of the endpoint is cut, what tells vnets apart is not", () => {
    const made = of(net1(), nothing, { ...owner, endpointName: "x".repeat(200) }).find(({ kind }) => kind === "l2vpn");
    const name = String(made?.onCreate?.name);
    expect(name).toHaveLength(100);
    expect(name).toEndWith("x / pve / ev / net1");
  });

  const interfaces = [{ id: 50, device: 11, name: "net1" }];

  test("ends on the nodes' interfaces of its name", () => {
    const scope = { ...nothing, interfaces };
    expect(kinds(net1(), "l2vpn-termination", scope)).toMatchObject([
      {
        identity: { l2vpn, assigned_object_type: "dcim.interface", assigned_object_id: { kind: "interface", id: 50 } },
      },
    ]);
    expect(kinds(net1(), "sdn-binding", scope).map(({ values }) => values)).toMatchObject([
      { target_type: "vpn.l2vpn", target_id: l2vpn, status: "active", conflict_reason: "" },
      { target_type: "dcim.interface", target_id: { id: 50 }, node: "pve1", status: "active" },
    ]);
  });

  test("an interface that is an end of another one stays so, and the binding says it", () => {
    const scope = { ...nothing, interfaces, ends: new Map([[50, { slug: "backbone", name: "Backbone" }]]) };
    expect(kinds(net1(), "l2vpn-termination", scope)).toEqual([]);
    const binding = kinds(net1(), "sdn-binding", scope)[1];
    expect(binding?.identity).toMatchObject({ source_type: "l2vpn-termination", source_name: "pve1/ev/net1" });
    expect(binding?.values).toMatchObject({
      status: "conflict",
      conflict_reason: "The interface is an end of L2VPN Backbone.",
    });
  });

  test("one that ends there already keeps its end", () => {
    const scope = { ...nothing, interfaces, ends: new Map([[50, { slug: l2vpn.identity.slug, name: "x" }]]) };
    expect(kinds(net1(), "l2vpn-termination", scope)).toHaveLength(1);
    expect(kinds(net1(), "sdn-binding", scope)[1]?.values).toMatchObject({ status: "active" });
  });
});

describe("a prefix", () => {
  const subnets = [
    ...subnetOf({ subnet: "a", cidr: "10.0.0.0/24" }, "net1", "ev"),
    ...subnetOf({ subnet: "b", cidr: "10.0.0.0/24" }, "net2", "ev"),
  ];

  test("is made once, however many subnets are it", () => {
    expect(kinds({ subnets }, "prefix")).toMatchObject([
      { identity: { prefix: "10.0.0.0/24" }, values: {}, onCreate: { status: "active" }, tags: { onCreateOnly: true } },
    ]);
  });

  test("of an operator is used as it is", () => {
    const scope = { ...nothing, prefixes: new Map([["10.0.0.0/24", 77]]) };
    expect(kinds({ subnets }, "prefix", scope)).toEqual([]);
    const ref = { kind: "prefix", id: 77 };
    expect(kinds({ subnets }, "sdn-subnet", scope).map(({ values }) => values.prefix)).toEqual([ref, ref]);
    expect(kinds({ subnets }, "sdn-binding", scope).map(({ values }) => values.target_id)).toEqual([ref, ref]);
  });
});

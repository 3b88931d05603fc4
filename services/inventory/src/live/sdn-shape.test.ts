import { expect, test } from "bun:test";
import { prefixListEntriesOf, routeMapEntryOf } from "@proxbox/proxmox/resources/sdn-routing";
import { routeMapRow, sdnShape } from "./sdn-shape.ts";

const owner = { id: 7, cluster: "prod" };

test("known fields are read with hyphens too, the rest stays as it is", () => {
  const raw = { zone: "z", type: "evpn", "vrf-vxlan": "10", "rt-import": "65000:1", exitnodes: "a" };
  expect(sdnShape("zones", owner, raw)).toEqual({
    endpoint_id: 7,
    cluster_name: "prod",
    zone: "z",
    type: "evpn",
    controller: null,
    dns: null,
    ipam: null,
    rt_import: "65000:1",
    state: null,
    vrf_vxlan: 10,
    tag: null,
    mtu: null,
    status: "ok",
    error: null,
    raw_config: raw,
  });
  expect(sdnShape("fabrics", owner, { id: "under", protocol: "ospf" })).toMatchObject({
    fabric: "under",
    type: "ospf",
  });
  expect(sdnShape("vnets", owner, { vnet: "v", vlanaware: "1", tag: "20" })).toMatchObject({
    vlanaware: true,
    tag: 20,
  });
});

test("entries of route maps and prefix lists are rows of their own", () => {
  const [entry] = routeMapEntryOf({
    "route-map-id": "out",
    order: "10",
    action: "permit",
    match: ["key=peer,value=192.0.2.1"],
  });
  expect(entry && sdnShape("route-maps", owner, entry.raw, routeMapRow(entry))).toMatchObject({
    name: "out",
    order: 10,
    action: "permit",
    set_community: null,
    raw_config: { "route-map-id": "out" },
  });
  const [prefix] = prefixListEntriesOf({ id: "p", entries: ["action=permit,prefix=10.0.0.0/8,le=24"] });
  expect(prefix && sdnShape("prefix-lists", owner, prefix.raw, { ...prefix })).toMatchObject({
    name: "p",
    cidr: "10.0.0.0/8",
    le: 24,
  });
});

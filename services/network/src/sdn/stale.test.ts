import { expect, test } from "bun:test";
import type { Desired } from "@proxbox/netbox/desired";
import { doubtOf, markStale, type SdnRow } from "./stale.ts";

const zone = (id: number, change: object = {}): SdnRow => ({
  kind: "sdn-zone",
  row: { id, endpoint: 3, cluster_name: "pve", zone_name: "ev", status: { value: "active" }, ...change },
});
const wanted: Desired = {
  kind: "sdn-zone",
  identity: { endpoint: { kind: "proxmox-endpoint", id: 3 }, cluster_name: "pve", zone_name: "ev" },
  values: {},
  label: "pve/ev",
};
const subnet: SdnRow = {
  kind: "sdn-subnet",
  row: { id: 9, cluster_name: "pve", vnet_name: "net1", subnet: "10.0.0.0/24", status: { value: "active" } },
};
const l2vpn = (status: string): SdnRow => ({
  kind: "l2vpn",
  row: { id: 5, slug: "proxbox-3-pve-ev-net1", status: { value: status } },
});

const proven = doubtOf([], []);
const hidden = doubtOf(["SDN.Audit is missing on /sdn."], []);
const unread = doubtOf([], [{ vnet: "net1", reason: "GET /cluster/sdn/vnets/net1/subnets failed" }]);

test.each<[string, SdnRow[], Desired[], typeof proven, object[], number]>([
  ["what is there stays", [zone(1)], [wanted], proven, [], 0],
  ["what is gone is stale", [zone(1)], [], proven, [{ id: 1, values: { status: "stale" } }], 0],
  ["of a cluster that was renamed", [zone(1, { cluster_name: "old" })], [wanted], proven, [{ id: 1 }], 0],
  ["what is stale already is no news", [zone(1, { status: { value: "stale" } })], [], hidden, [], 0],
  ["what may be hidden stays, and is told", [zone(1)], [], hidden, [], 1],
  ["a subnet of a vnet that could not be read", [subnet], [], unread, [], 1],
  ["a zone all the same", [zone(1)], [], unread, [{ id: 1 }], 0],
  ["an L2VPN", [l2vpn("active")], [], proven, [{ id: 5, values: { status: "decommissioning" } }], 0],
  ["an L2VPN that ended", [l2vpn("decommissioning")], [], proven, [], 0],
])("%s", (_, rows, desired, doubt, stale, told) => {
  const marked = markStale(rows, desired, doubt);
  expect(marked.stale).toMatchObject(stale);
  expect(marked.stale).toHaveLength(stale.length);
  expect(marked.told).toHaveLength(told);
});

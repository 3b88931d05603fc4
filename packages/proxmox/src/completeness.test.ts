import { expect, test } from "bun:test";
import { listingGaps } from "./completeness.ts";
import { permissionsOf } from "./resources/access.ts";
import type { ClusterStatus } from "./resources/cluster.ts";

const backups = { "Datastore.AllocateSpace": 1, "VM.Backup": 1 };
const auditor = { "Sys.Audit": 1, "VM.Audit": 1, "Datastore.Audit": "1" };
const node = { name: "pve1", online: true, ip: null, local: true, nodeId: 1, level: null };
const healthy: ClusterStatus = { mode: "cluster", name: "prod", quorate: true, version: 1, nodes: [node] };

test.each<[string, object, Partial<ClusterStatus>]>([
  ["everything on / reaches everything", { "/": auditor }, {}],
  ["as real servers list inherited paths", { "/": auditor, "/vms": auditor, "/storage": auditor, "/access": {} }, {}],
  [
    "privileges on their own paths",
    { "/": { "Sys.Audit": 0 }, "/vms": { "VM.Audit": 1 }, "/storage": { "Datastore.Audit": 1 } },
    {},
  ],
  ["a standalone node", { "/": auditor }, { mode: "standalone" }],
])("%s: complete", (_, permissions, change) => {
  const gaps = listingGaps(permissionsOf(permissions), { ...healthy, ...change });
  expect(gaps).toMatchObject({ guests: [], storages: [] });
});

test.each<[string, unknown, Partial<ClusterStatus>, RegExp]>([
  ["nothing is known", {}, {}, /VM\.Audit is missing or does not propagate on \/vms\./],
  ["no answer", null, {}, /VM\.Audit/],
  ["no propagation", { "/": { ...auditor, "VM.Audit": 0 } }, {}, /VM\.Audit .* on \/vms\./],
  ["a guest without access", { "/": auditor, "/vms/100": {} }, {}, /VM\.Audit .* on \/vms\/100\./],
  ["/vms without access", { "/": auditor, "/vms": { "Sys.Audit": 1 } }, {}, /VM\.Audit .* on \/vms\./],
  ["only one guest", { "/vms/100": { "VM.Audit": 1 } }, {}, /VM\.Audit .* on \/vms\./],
  ["no Sys.Audit", { "/": { "VM.Audit": 1 } }, {}, /Sys\.Audit on \/ is missing/],
  ["a node offline", { "/": auditor }, { nodes: [{ ...node, online: false }] }, /Node pve1 is not online\./],
  ["a node's state unknown", { "/": auditor }, { nodes: [{ ...node, online: null }] }, /Node pve1 is not online\./],
  ["no quorum", { "/": auditor }, { quorate: false }, /no quorum/],
  ["no nodes", { "/": auditor }, { nodes: [] }, /lists no node/],
  ["restricted", { "/": auditor }, { mode: "restricted", nodes: [] }, /may not be read/],
])("%s: not complete", (_, permissions, change, sentence) => {
  const { guests } = listingGaps(permissionsOf(permissions), { ...healthy, ...change });
  expect(guests.join(" ")).toMatch(sentence);
});

test("storages have gaps of their own", () => {
  const gaps = listingGaps(permissionsOf({ "/": { "Sys.Audit": 1, "VM.Audit": 1 } }), healthy);
  expect(gaps.guests).toEqual([]);
  expect(gaps.storages).toEqual(["Datastore.Audit is missing or does not propagate on /storage."]);
});

test.each<[string, object, RegExp | null]>([
  ["may restore them", { "/": { ...auditor, ...backups } }, null],
  ["owns the storages", { "/": auditor, "/storage": { "Datastore.Audit": 1, "Datastore.Allocate": 1 } }, null],
  ["only looks at them", { "/": auditor }, /^Datastore\.AllocateSpace .* on \/storage\. VM\.Backup .* on \/vms\.$/],
  ["may not back up one guest", { "/": { ...auditor, ...backups }, "/vms/7": auditor }, /VM\.Backup .* on \/vms\/7\./],
  ["may not see the storages", { "/": { "Sys.Audit": 1, ...backups } }, /^Datastore\.Audit .* on \/storage\.$/],
])("backups of one who %s", (_, permissions, sentence) => {
  const { backups: gaps } = listingGaps(permissionsOf(permissions), healthy);
  expect(gaps.join(" ")).toMatch(sentence ?? /^$/);
});

test("the software-defined network is hidden on its own", () => {
  const away = { ...healthy, nodes: [{ ...node, online: false }] };
  const { sdn } = listingGaps(permissionsOf({ "/": auditor }), away);
  expect(sdn).toEqual(["SDN.Audit is missing or does not propagate on /sdn."]);
  expect(listingGaps(permissionsOf({ "/": { ...auditor, "SDN.Audit": 1 } }), away).sdn).toEqual([]);
});

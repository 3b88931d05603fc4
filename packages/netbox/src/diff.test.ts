import { describe, expect, test } from "bun:test";
import type { Row } from "./canonical.ts";
import { createOnly, type Desired } from "./desired.ts";
import { diffGone, diffNew, diffRow } from "./diff.ts";
import { identityKey, type Known } from "./identity.ts";

const nothing = () => undefined;
const context = { resolve: nothing as (key: string) => Known | undefined, atLeast: () => true };
const row: Row = {
  id: 7,
  name: "web",
  cluster: { id: 1 },
  site: { id: 4 },
  device: { id: 2 },
  virtual_machine_type: null,
  role: { id: 3 },
  status: { value: "active", label: "Active" },
  vcpus: 1.5,
  memory: 512,
  disk: 100,
  virtual_disk_count: 0,
  description: "",
  comments: "old",
  tags: [
    { id: 1, slug: "proxbox" },
    { id: 2, slug: "operator" },
  ],
};
const vm = (values: Desired["values"], more: Partial<Desired> = {}): Desired => ({
  kind: "virtual-machine",
  identity: { cluster: 1, name: "web" },
  values,
  label: "web",
  ...more,
});

describe("diffRow", () => {
  const cases: [string, Desired, Row, Record<string, unknown>][] = [
    ["sends nothing that is equal", vm({ status: "active", vcpus: "1.50", cluster: 1, description: null }), row, {}],
    ["sends only what differs", vm({ status: "offline", memory: 512 }), row, { status: "offline" }],
    ["clears what is no longer there", vm({ comments: null, role: null }), row, { comments: "", role: null }],
    ["keeps what a flag protects", vm({ status: "offline" }, { keep: ["status"] }), row, {}],
    [
      "keeps what is set",
      vm({ role: 9, virtual_machine_type: 8 }, { keepIfSet: ["role", "virtual_machine_type"] }),
      row,
      { virtual_machine_type: 8 },
    ],
    [
      "leaves the disk to NetBox once there are virtual disks",
      vm({ disk: 200 }),
      { ...row, virtual_disk_count: 2 },
      {},
    ],
    ["sends the disk while there are none", vm({ disk: 200 }), row, { disk: 200 }],
    ["gives up site and device with the cluster", vm({ cluster: 5 }), row, { cluster: 5, site: null, device: null }],
    [
      "sets the new site and device with the cluster",
      vm({ cluster: 5, site: 6, device: 2 }),
      row,
      { cluster: 5, site: 6 },
    ],
    ["leaves out a field that NetBox did not answer", vm({ serial: "x" }), row, {}],
    ["never writes the identity of an existing row", vm({}, { identity: { cluster: 9, name: "other" } }), row, {}],
    ["puts tags to what is there", vm({}, { tags: { add: ["web"] } }), row, { tags: [1, 2, { slug: "web" }] }],
    ["takes off only tags of ours", vm({}, { tags: { add: [], own: ["proxbox", "x"] } }), row, { tags: [2] }],
    [
      "leaves a row alone that is only to be made",
      createOnly(vm({ status: "offline" }, { tags: { add: ["web"] } })),
      row,
      {},
    ],
  ];
  test.each(cases)("%s", (_, desired, present, body) => {
    const difference = diffRow(desired, present, context);
    expect(difference.body).toEqual(body);
    expect(difference.changes.map((change) => change.field)).toEqual(Object.keys(body));
  });

  test("tells before and after as people read them", () => {
    expect(diffRow(vm({ status: "offline", cluster: 1, role: 9 }), row, context).changes).toEqual([
      { field: "status", before: "active", after: "offline" },
      { field: "role", before: 3, after: 9 },
    ]);
  });

  test("sends the plugin's links together, those that stay as they are", () => {
    const sidecar: Row = { id: 1, endpoint: { id: 1 }, proxmox_cluster: { id: 2 }, proxmox_node: { id: 3 } };
    const desired: Desired = {
      kind: "sync-state-virtual-machine",
      identity: { virtual_machine: 7 },
      values: { proxmox_node: 4 },
      label: "web",
    };
    expect(diffRow(desired, sidecar, context).body).toEqual({ endpoint: 1, proxmox_cluster: 2, proxmox_node: 4 });
  });

  test("leaves out fields that this release does not have", () => {
    const older = { ...context, atLeast: () => false };
    expect(diffRow(vm({ virtual_machine_type: 8 }), row, older).body).toEqual({});
  });
});

describe("diffNew", () => {
  const cluster = { kind: "cluster", identity: { name: "c", scope_id: 1 } } as const;

  test("sends identity, values and what only a new one gets, nothing that is empty", () => {
    const desired = vm(
      { status: "active", device: null, comments: "" },
      { onCreate: { description: "new" }, tags: { add: ["proxbox"], onCreate: ["first"] } },
    );
    expect(diffNew(desired, context).body).toEqual({
      name: "web",
      cluster: 1,
      status: "active",
      description: "new",
      tags: [{ slug: "proxbox" }, { slug: "first" }],
    });
  });

  test("names a parent that is still to be made by its key", () => {
    const key = identityKey("cluster", cluster.identity, nothing);
    const { body } = diffNew(vm({}, { identity: { cluster, name: "web" } }), context);
    expect(body.cluster).toEqual({ pending: key, label: "cluster c" });
    const known = { ...context, resolve: (asked: string) => (asked === key ? { id: 5 } : undefined) };
    expect(diffNew(vm({}, { identity: { cluster, name: "web" } }), known).body.cluster).toBe(5);
  });

  test("of what completes another object sends the values alone", () => {
    const desired: Desired = {
      kind: "primary-addresses",
      identity: { cluster: 1, name: "web" },
      values: { primary_ip4: { kind: "ip-address", id: 9 }, primary_ip6: null },
      label: "web",
    };
    expect(diffNew(desired, context).body).toEqual({ primary_ip4: 9 });
  });

  test("names the members of a set that are still to be made by their keys", () => {
    const vlan = { kind: "vlan", identity: { site: 4, vid: 20 } } as const;
    const desired: Desired = {
      kind: "vm-interface",
      identity: { virtual_machine: 7, name: "net0" },
      values: { mode: "tagged", tagged_vlans: [{ kind: "vlan", id: 3 }, vlan], untagged_vlan: null },
      label: "net0",
    };
    const pending = { pending: identityKey("vlan", vlan.identity, nothing), label: "VLAN" };
    expect(diffNew(desired, context).body).toEqual({
      virtual_machine: 7,
      name: "net0",
      mode: "tagged",
      tagged_vlans: [3, pending],
    });
  });
});

describe("VLANs of an interface", () => {
  const trunk: Row = {
    id: 5,
    name: "net0",
    virtual_machine: { id: 7 },
    mode: { value: "tagged", label: "Tagged" },
    untagged_vlan: { id: 1 },
    tagged_vlans: [{ id: 3 }, { id: 2 }],
  };
  const iface = (values: Desired["values"]): Desired => ({
    kind: "vm-interface",
    identity: { virtual_machine: 7, name: "net0" },
    values,
    label: "net0",
  });

  test("their order is no difference", () => {
    const values = { mode: "tagged", untagged_vlan: 1, tagged_vlans: [2, { kind: "vlan", id: 3 } as const] };
    expect(diffRow(iface(values), trunk, context)).toEqual({ changes: [], body: {} });
  });

  test("are sent together with the mode, also those that stay", () => {
    const access = diffRow(iface({ mode: "access", untagged_vlan: 1, tagged_vlans: [] }), trunk, context);
    expect(access.body).toEqual({ mode: "access", untagged_vlan: 1, tagged_vlans: [] });
    expect(diffRow(iface({ untagged_vlan: 4 }), trunk, context).body).toEqual({
      mode: "tagged",
      untagged_vlan: 4,
      tagged_vlans: [3, 2],
    });
  });
});

test("diffGone tells what is lost and sends nothing", () => {
  const job: Row = { id: 9, endpoint: { id: 1 }, job_id: "b1", node: null, comment: "", raw_config: { id: "b1" } };
  const desired: Desired = { kind: "backup-routine", id: 9, identity: {}, values: {}, gone: true, label: "b1" };
  expect(diffGone(desired, job)).toEqual({
    changes: [
      { field: "endpoint", before: 1, after: null },
      { field: "job_id", before: "b1", after: null },
      { field: "raw_config", before: { id: "b1" }, after: null },
    ],
    body: {},
  });
});

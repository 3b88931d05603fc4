import { describe, expect, test } from "bun:test";
import type { Json } from "../src/netbox/model.ts";
import { startNetBox } from "../src/netbox/server.ts";
import { clientOf, results, withMachines } from "./netbox-requests.ts";

const PROXBOX = "plugins/proxbox";
const ENDPOINTS = `${PROXBOX}/endpoints/proxmox`;
const NODES = `${PROXBOX}/proxmox-nodes`;
const CLUSTERS = `${PROXBOX}/proxmox-clusters`;
const STORAGE = `${PROXBOX}/storage`;
const CLOUD_INIT = `${PROXBOX}/vm-cloudinit`;
const MACHINE_STATES = `${PROXBOX}/sync-state/virtual-machines`;
const DEVICE_STATES = `${PROXBOX}/sync-state/devices`;
const CLUSTER_STATES = `${PROXBOX}/sync-state/clusters`;

/** Two endpoints; of the first a cluster c1 with the node pve1, which is device 1, and a second cluster c2. Four VMs. */
const started = async () => {
  const netbox = await startNetBox();
  withMachines(netbox, "vm1", "vm2", "vm3", "vm4");
  for (const name of ["pve-a", "pve-b"]) {
    netbox.insert(ENDPOINTS, { name, domain: `${name}.example.com`, mode: "cluster" });
  }
  netbox.insert(CLUSTERS, { endpoint: 1, name: "c1", mode: "cluster", netbox_cluster: 1 });
  netbox.insert(CLUSTERS, { endpoint: 1, name: "c2", mode: "cluster" });
  netbox.insert("dcim/manufacturers", { name: "Proxmox", slug: "proxmox" });
  netbox.insert("dcim/device-types", { manufacturer: 1, model: "node", slug: "node" });
  netbox.insert("dcim/sites", { name: "s1", slug: "s1" });
  for (const name of ["pve1", "pve2"]) {
    netbox.insert("dcim/devices", { name, device_type: 1, role: 1, site: 1, cluster: 1 });
  }
  netbox.insert(NODES, { endpoint: 1, proxmox_cluster: 1, netbox_device: 1, name: "pve1", ip_address: "10.0.0.1" });
  return netbox;
};

describe("the newest plugin", () => {
  test("leaves two custom fields; those of older releases are unknown", async () => {
    await using netbox = await startNetBox();
    const client = clientOf(netbox);
    expect((await client("GET", "status/")).body).toMatchObject({ plugins: { netbox_proxbox: "0.0.29.post6" } });
    const fields = results(await client("GET", "extras/custom-fields/"));
    expect(fields.map((field) => field.name)).toEqual(["proxmox_node", "proxmox_storage"]);
    withMachines(netbox, "vm1");
    const reply = await client("PATCH", "virtualization/virtual-machines/1/", { custom_fields: { proxmox_vm_id: 1 } });
    expect(reply.status).toBe(400);
  });

  test("lists the addresses of guest interfaces, which 0.0.24 could not", async () => {
    await using netbox = await startNetBox();
    await using old = await startNetBox({ plugin: "0.0.24" });
    const path = `${PROXBOX}/guest-vm-interface-addresses/`;
    expect((await clientOf(netbox)("GET", path)).status).toBe(200);
    expect((await clientOf(old)("GET", path)).body).toMatchObject({ exception: "QuerySetNotOrdered" });
  });

  test("settings: one row, changed but never made; runtime/ shows the plugin's key as well", async () => {
    await using netbox = await startNetBox();
    const client = clientOf(netbox);
    expect((await client("PATCH", `${PROXBOX}/settings/1/`, { bulk_batch_size: 10 })).status).toBe(200);
    const runtime = await client("GET", `${PROXBOX}/settings/runtime/`);
    expect(runtime.body).toMatchObject({ bulk_batch_size: 10, encryption_key: expect.any(String) });
    expect((await client("POST", `${PROXBOX}/settings/`, {})).status).toBe(405);
  });

  test("what it can do is told, and who asks", async () => {
    await using netbox = await startNetBox();
    const client = clientOf(netbox);
    const told = await client("GET", "schema/");
    expect(told.body).toMatchObject({ openapi: "3.0.3", info: { version: "4.6.8 (4.6)" } });
    expect((told.body as { paths: object }).paths).toMatchObject({
      "/api/plugins/proxbox/sdn-zones/": { post: { operationId: "plugins_proxbox_sdn_zones_create" } },
      "/api/vpn/l2vpns/{id}/": { delete: { operationId: "vpn_l2vpns_destroy" } },
    });
    expect((await client("GET", "authentication-check/")).body).toMatchObject({ id: 1, username: "admin" });
  });

  test("an endpoint needs a domain or an address", async () => {
    await using netbox = await startNetBox();
    const reply = await clientOf(netbox)("POST", `${ENDPOINTS}/`, { mode: "cluster" });
    const neither = ["Provide either a domain or an IP address."];
    expect(reply).toEqual({ status: 400, body: { domain: neither, ip_address: neither } });
  });
});

describe("links of sidecars", () => {
  const NODE = ["Node endpoint must match the sync-state endpoint."];
  const CLUSTER = ["Cluster endpoint must match the sync-state endpoint."];

  test.each<[Json, object]>([
    [
      { virtual_machine: 1, proxmox_node: 1 },
      { endpoint: { id: 1 }, proxmox_cluster: { id: 1 } },
    ],
    [{ virtual_machine: 1, proxmox_cluster: 1 }, { endpoint: { id: 1 } }],
    [{ virtual_machine: 1, endpoint: 2, proxmox_endpoint_raw_id: 77 }, { endpoint: { id: 2 } }],
  ])("%j fills in what was left out", async (body, filled) => {
    await using netbox = await started();
    expect(await clientOf(netbox)("POST", `${MACHINE_STATES}/`, body)).toMatchObject({ status: 201, body: filled });
  });

  test.each<[Json, object]>([
    [
      { virtual_machine: 1, endpoint: 2, proxmox_node: 1 },
      { proxmox_node: NODE, proxmox_cluster: CLUSTER },
    ],
    [{ virtual_machine: 1, endpoint: 2, proxmox_cluster: 1 }, { proxmox_cluster: CLUSTER }],
    [
      { virtual_machine: 1, proxmox_node: 1, proxmox_cluster: 2 },
      { proxmox_cluster: ["Cluster must match the selected node's Proxmox cluster."] },
    ],
    [{ virtual_machine: 1, proxmox_link: "https://pve:8006/" }, { proxmox_link: ["Enter a valid URL."] }],
  ])("%j contradicts itself: 400", async (body, errors) => {
    await using netbox = await started();
    expect(await clientOf(netbox)("POST", `${MACHINE_STATES}/`, body)).toEqual({ status: 400, body: errors as Json });
  });

  test("a node that moved to another cluster is no matter until it is named again", async () => {
    await using netbox = await started();
    netbox.insert(MACHINE_STATES, { virtual_machine: 1, proxmox_node: 1 });
    netbox.edit(NODES, 1, { proxmox_cluster: 2 });
    const patch = (body: Json) => clientOf(netbox)("PATCH", `${MACHINE_STATES}/1/`, body);
    expect((await patch({ proxmox_status: "running" })).status).toBe(200);
    expect((await patch({ proxmox_node: 1 })).status).toBe(400);
    expect((await patch({ proxmox_node: 1, proxmox_cluster: 2 })).status).toBe(200);
    expect((await patch({ endpoint: null, proxmox_node: null, proxmox_cluster: null })).status).toBe(200);
  });

  test("a device's node must be its own at every write", async () => {
    await using netbox = await started();
    const client = clientOf(netbox);
    netbox.insert(DEVICE_STATES, { device: 1, proxmox_node: 1 });
    await client("PATCH", `${NODES}/1/`, { netbox_device: 2 });
    const reply = await client("PATCH", `${DEVICE_STATES}/1/`, { proxmox_tags: "x" });
    const error = ["Proxmox node must be linked to the sync-state device."];
    expect(reply).toEqual({ status: 400, body: { proxmox_node: error } });
    expect((await client("PATCH", `${DEVICE_STATES}/1/`, { proxmox_node: null })).status).toBe(200);
  });

  test("the backend that names a device's row first owns it for ever", async () => {
    await using netbox = await started();
    const client = clientOf(netbox);
    netbox.insert(DEVICE_STATES, { device: 1, proxmox_endpoint_raw_id: 7 });
    netbox.insert(DEVICE_STATES, { device: 2 });
    expect((await client("PATCH", `${DEVICE_STATES}/1/`, { proxmox_endpoint_raw_id: 7 })).status).toBe(200);
    for (const other of [8, null]) {
      const reply = await client("PATCH", `${DEVICE_STATES}/1/`, { proxmox_endpoint_raw_id: other });
      expect(reply).toMatchObject({ status: 409, body: { code: "endpoint_ownership_conflict" } });
    }
    const owned = await client("GET", `${DEVICE_STATES}/?proxmox_endpoint_raw_id=8`);
    expect(results(owned).map((row) => row.id)).toEqual([2]);
  });
});

describe("duplicates, as measured", () => {
  const TAKEN = "This object already has a Proxbox sync-state row.";
  const TARGET = { detail: "The target parent already has a Proxbox sync-state row." };
  const FORBIDDEN = { detail: "You do not have permission to perform this action." };

  type Row = [path: string, body: Json, single: [number, object], twice: [number, object]];

  test.each<Row>([
    [MACHINE_STATES, { virtual_machine: 1 }, [409, { virtual_machine: TAKEN }], [409, TARGET]],
    [DEVICE_STATES, { device: 1 }, [409, { device: TAKEN }], [409, { device: TAKEN }]],
    [CLUSTER_STATES, { cluster: 1 }, [409, { cluster: TAKEN }], [409, TARGET]],
    [
      CLOUD_INIT,
      { virtual_machine: 1 },
      [500, { exception: "IntegrityError" }],
      [500, { exception: "IntegrityError" }],
    ],
    [
      STORAGE,
      { cluster: 1, name: "local" },
      [400, { __all__: ["Proxmox Storage with this Cluster and Name already exists."] }],
      [403, FORBIDDEN],
    ],
    [
      CLUSTERS,
      { endpoint: 2, name: "x", mode: "cluster" },
      [400, { __all__: ["Proxmox cluster with this Proxmox endpoint and Cluster name already exists."] }],
      [500, { exception: "IntegrityError" }],
    ],
    [
      "dcim/devices",
      { name: "new", device_type: 1, role: 1, site: 1 },
      [400, { __all__: ["Device name must be unique per site."] }],
      [400, { __all__: ["Device name must be unique per site."] }],
    ],
  ])("%s", async (path, body, single, twice) => {
    await using netbox = await started();
    const client = clientOf(netbox);
    const before = netbox.rows(path).length;
    expect(await client("POST", `${path}/`, [body, body])).toMatchObject({ status: twice[0], body: twice[1] });
    expect(netbox.rows(path)).toHaveLength(before);
    expect((await client("POST", `${path}/`, body)).status).toBe(201);
    expect(await client("POST", `${path}/`, body)).toMatchObject({ status: single[0], body: single[1] });
  });

  test("the first bad device of a batch is one plain error, and nothing is left behind", async () => {
    await using netbox = await started();
    const device = (name: string) => ({ name, device_type: 1, role: 1, site: 1 });
    const reply = await clientOf(netbox)("POST", "dcim/devices/", [device("a"), device("PVE1"), device("b")]);
    expect(reply).toEqual({ status: 400, body: { __all__: ["Device name must be unique per site."] } });
    expect(netbox.rows("dcim/devices")).toHaveLength(2);
  });
});

describe("filters", () => {
  test.each([
    [`${CLOUD_INIT}/?virtual_machine=1&virtual_machine=2`, [2]],
    [`${CLOUD_INIT}/?virtual_machine_id=1`, [1, 2]],
    [`${MACHINE_STATES}/?virtual_machine_id=1&virtual_machine_id=2`, [1, 2]],
    [`${MACHINE_STATES}/?virtual_machine=99`, []],
    [`${MACHINE_STATES}/?proxmox_node_name=nope`, [1, 2]],
    [`${CLUSTERS}/?endpoint=1&endpoint=2`, []],
    [`${NODES}/?endpoint_id=2`, [1]],
  ])("%s finds %j", async (path, ids) => {
    await using netbox = await started();
    for (const machine of [1, 2]) {
      netbox.insert(CLOUD_INIT, { virtual_machine: machine });
      netbox.insert(MACHINE_STATES, { virtual_machine: machine });
    }
    expect(results(await clientOf(netbox)("GET", path)).map((row) => row.id)).toEqual(ids);
  });

  test.each([`${CLOUD_INIT}/?virtual_machine=99`, `${CLUSTERS}/?endpoint=99`, `${MACHINE_STATES}/?endpoint_id=x`])(
    "%s is 400",
    async (path) => {
      await using netbox = await started();
      expect((await clientOf(netbox)("GET", path)).status).toBe(400);
    },
  );
});

test.each([
  ["FD00:0:0::1", "fd00::1"],
  ["fe80::1%eth0", "fe80::1"],
  ["::ffff:10.0.0.1", "10.0.0.1"],
  ["0.0.0.0", "0.0.0.0"],
])("the address of a node: %s is kept as %s", async (given, kept) => {
  await using netbox = await started();
  const node = { endpoint: 1, name: "n", ip_address: given };
  expect(await clientOf(netbox)("POST", `${NODES}/`, node)).toMatchObject({ status: 201, body: { ip_address: kept } });
});

test.each<[string, number]>([
  ["10.0.0.1/24", 400],
  ["pve1", 400],
  ["", 400],
])("the address of a node is not %p", async (given, status) => {
  await using netbox = await started();
  const node = { endpoint: 1, name: "n", ip_address: given };
  expect((await clientOf(netbox)("POST", `${NODES}/`, node)).status).toBe(status);
});

describe("renames in one bulk PATCH are worked through by the old names", () => {
  test.each<[Json, number, number[]]>([
    [
      [
        { id: 1, name: "vm2" },
        { id: 2, name: "x" },
      ],
      400,
      [],
    ],
    [
      [
        { id: 2, name: "vm1" },
        { id: 1, name: "zzz" },
      ],
      200,
      [2, 1],
    ],
    [
      [
        { id: 1, name: "vm2" },
        { id: 2, name: "vm1" },
      ],
      400,
      [],
    ],
  ])("%j is %i, answered in the order of the new names", async (body, status, ids) => {
    await using netbox = await started();
    const reply = await clientOf(netbox)("PATCH", "virtualization/virtual-machines/", body);
    expect(reply.status).toBe(status);
    if (status === 200) expect((reply.body as { id: number }[]).map((row) => row.id)).toEqual(ids);
  });
});

test("an address a guest interface shows keeps its VM from being deleted", async () => {
  await using netbox = await started();
  const client = clientOf(netbox);
  netbox.insert("virtualization/interfaces", { virtual_machine: 1, name: "net0" });
  netbox.insert("ipam/ip-addresses", {
    address: "10.0.0.9/24",
    assigned_object_type: "virtualization.vminterface",
    assigned_object_id: 1,
  });
  netbox.insert(`${PROXBOX}/guest-vm-interfaces`, { virtual_machine: 1, name: "eth0", vm_interface: 1 });
  netbox.insert(`${PROXBOX}/guest-vm-interface-addresses`, { guest_interface: 1, ip_address: 1 });
  expect((await client("DELETE", "virtualization/virtual-machines/1/")).status).toBe(409);
  expect((await client("DELETE", `${PROXBOX}/guest-vm-interface-addresses/1/`)).status).toBe(204);
  expect((await client("DELETE", "virtualization/virtual-machines/1/")).status).toBe(204);
  expect(netbox.rows(`${PROXBOX}/guest-vm-interfaces`)).toEqual([]);
});

test("an endpoint that goes takes its clusters and nodes; sidecars stay, without links", async () => {
  await using netbox = await started();
  netbox.insert(MACHINE_STATES, { virtual_machine: 1, proxmox_node: 1, proxmox_endpoint_raw_id: 1 });
  expect((await clientOf(netbox)("DELETE", `${ENDPOINTS}/1/`)).status).toBe(204);
  expect(netbox.rows(NODES)).toEqual([]);
  expect(netbox.rows(MACHINE_STATES)[0]).toMatchObject({
    endpoint: null,
    proxmox_node: null,
    proxmox_cluster: null,
    proxmox_endpoint_raw_id: 1,
  });
});

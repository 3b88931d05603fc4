import { describe, expect, test } from "bun:test";
import { startNetBox } from "../src/netbox/server.ts";
import { clientOf, results, withMachines } from "./netbox-client.ts";

const ENDPOINTS = "plugins/proxbox/endpoints/proxmox";
const NODES = "plugins/proxbox/proxmox-nodes";
const CLUSTERS = "plugins/proxbox/proxmox-clusters";
const MACHINE_STATES = "plugins/proxbox/sync-state/virtual-machines";
const DEVICE_STATES = "plugins/proxbox/sync-state/devices";

const started = async () => {
  const netbox = await startNetBox();
  withMachines(netbox, "vm1", "vm2");
  for (const name of ["pve-a", "pve-b"]) {
    netbox.insert(ENDPOINTS, { name, domain: `${name}.example.com`, mode: "cluster" });
  }
  netbox.insert(CLUSTERS, { endpoint: 1, name: "c1", mode: "cluster", netbox_cluster: 1 });
  netbox.insert("dcim/manufacturers", { name: "Proxmox", slug: "proxmox" });
  netbox.insert("dcim/device-types", { manufacturer: 1, model: "node", slug: "node" });
  netbox.insert("dcim/sites", { name: "s1", slug: "s1" });
  netbox.insert("dcim/devices", { name: "pve1", device_type: 1, role: 1, site: 1, cluster: 1 });
  netbox.insert(NODES, { endpoint: 1, proxmox_cluster: 1, netbox_device: 1, name: "pve1", ip_address: "10.0.0.1" });
  return netbox;
};

describe("the newest plugin", () => {
  test("leaves no custom fields, and knows none", async () => {
    await using netbox = await startNetBox();
    const client = clientOf(netbox);
    expect((await client("GET", "status/")).body).toMatchObject({ plugins: { netbox_proxbox: "0.0.29.post6" } });
    expect(results(await client("GET", "extras/custom-fields/"))).toEqual([]);
    withMachines(netbox, "vm1");
    const reply = await client("PATCH", "virtualization/virtual-machines/1/", { custom_fields: { proxmox_vm_id: 1 } });
    expect(reply.status).toBe(400);
  });

  test("lists the addresses of guest interfaces, which 0.0.24 could not", async () => {
    await using netbox = await startNetBox();
    await using old = await startNetBox({ plugin: "0.0.24" });
    const path = "plugins/proxbox/guest-vm-interface-addresses/";
    expect((await clientOf(netbox)("GET", path)).status).toBe(200);
    expect((await clientOf(old)("GET", path)).body).toMatchObject({ exception: "QuerySetNotOrdered" });
  });

  test("settings: one row, changed but never made, the same at runtime/", async () => {
    await using netbox = await startNetBox();
    const client = clientOf(netbox);
    expect((await client("PATCH", "plugins/proxbox/settings/1/", { bulk_batch_size: 10 })).status).toBe(200);
    expect((await client("GET", "plugins/proxbox/settings/runtime/")).body).toMatchObject({ bulk_batch_size: 10 });
    expect((await client("POST", "plugins/proxbox/settings/", {})).status).toBe(405);
  });
});

describe("sync-state rows", () => {
  test("a node fills in the endpoint and the cluster", async () => {
    await using netbox = await started();
    const reply = await clientOf(netbox)("POST", `${MACHINE_STATES}/`, { virtual_machine: 1, proxmox_node: 1 });
    expect(reply.body).toMatchObject({ endpoint: { name: "pve-a" }, proxmox_cluster: { name: "c1" } });
  });

  test.each([
    [{ virtual_machine: 1, endpoint: 2, proxmox_node: 1 }, "proxmox_node"],
    [{ virtual_machine: 1, endpoint: 2, proxmox_cluster: 1 }, "proxmox_cluster"],
  ])("%j belongs to another endpoint: 400", async (body, field) => {
    await using netbox = await started();
    const reply = await clientOf(netbox)("POST", `${MACHINE_STATES}/`, body);
    expect(reply.status).toBe(400);
    expect(Object.keys(reply.body as object)).toEqual([field]);
  });

  test("a second row for one VM is 409, in bulk too, and nothing of it is made", async () => {
    await using netbox = await started();
    netbox.insert(MACHINE_STATES, { virtual_machine: 1 });
    const reply = await clientOf(netbox)("POST", `${MACHINE_STATES}/`, [
      { virtual_machine: 2 },
      { virtual_machine: 1 },
    ]);
    expect(reply.status).toBe(409);
    expect(netbox.rows(MACHINE_STATES)).toHaveLength(1);
  });

  test("the first backend that names a device's row owns it", async () => {
    await using netbox = await started();
    const client = clientOf(netbox);
    netbox.insert(DEVICE_STATES, { device: 1, proxmox_endpoint_raw_id: 7 });
    expect((await client("PATCH", `${DEVICE_STATES}/1/`, { proxmox_tags: "x" })).status).toBe(200);
    expect((await client("PATCH", `${DEVICE_STATES}/1/`, { proxmox_endpoint_raw_id: 7 })).status).toBe(200);
    const reply = await client("PATCH", `${DEVICE_STATES}/1/`, { proxmox_endpoint_raw_id: 8 });
    expect(reply).toMatchObject({ status: 409, body: { code: "endpoint_ownership_conflict" } });
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
  netbox.insert("plugins/proxbox/guest-vm-interfaces", { virtual_machine: 1, name: "eth0", vm_interface: 1 });
  netbox.insert("plugins/proxbox/guest-vm-interface-addresses", { guest_interface: 1, ip_address: 1 });
  expect((await client("DELETE", "virtualization/virtual-machines/1/")).status).toBe(409);
  expect((await client("DELETE", "plugins/proxbox/guest-vm-interface-addresses/1/")).status).toBe(204);
  expect((await client("DELETE", "virtualization/virtual-machines/1/")).status).toBe(204);
  expect(netbox.rows("plugins/proxbox/guest-vm-interfaces")).toEqual([]);
});

test("10,000 VMs are listed in pages, in natural order, without holes", async () => {
  await using netbox = await startNetBox();
  withMachines(netbox);
  const client = clientOf(netbox);
  const bodies = Array.from({ length: 10_000 }, (_, at) => ({ name: `vm-${at}`, cluster: 1 }));
  expect((await client("POST", "virtualization/virtual-machines/", bodies)).status).toBe(201);
  const names: unknown[] = [];
  for (let offset = 0; offset < 10_000; offset += 1000) {
    const page = await client("GET", `virtualization/virtual-machines/?limit=1000&offset=${offset}&fields=id,name`);
    names.push(...results(page).map((row) => row.name));
  }
  expect(names).toEqual(bodies.map((body) => body.name));
});

test("a NetBox before 4.6 has no VM types, cursors or ETags", async () => {
  await using netbox = await startNetBox({ version: "4.5.8" });
  withMachines(netbox, "a", "b");
  const client = clientOf(netbox);
  expect((await client("GET", "virtualization/virtual-machine-types/")).status).toBe(404);
  const page = await client("GET", "virtualization/virtual-machines/?start=2&limit=1");
  expect(page.body).toMatchObject({ count: 2, results: [{ id: 1 }] });
  expect(results(page)[0]).not.toHaveProperty("virtual_machine_type");
  const one = await fetch(`${netbox.url}/api/virtualization/virtual-machines/1/`, {
    headers: { Authorization: `Token ${netbox.tokens.v1}` },
  });
  expect(one.headers.get("ETag")).toBeNull();
});

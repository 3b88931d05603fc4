import { expect } from "bun:test";
import { ask as askAs, send } from "../../src/plugin/backend.ts";
import { isFlat, readResources } from "../../src/plugin/shapes.ts";
import { readStream } from "../../src/plugin/sse-reader.ts";
import { bodyOf, type Checks, expectFields, listIn, listOf, scope } from "./world.ts";

/** What cards and pages read. */
export const pageChecks = {
  "GET /proxmox/version": async ({ ask, ids }) => {
    const [entry] = listOf(await ask("GET", "/proxmox/version", { query: scope(ids[0]), seconds: 5 }));
    const [version] = Object.values(entry ?? {});
    expectFields(version, { version: "text", repoid: "text", release: "text" });
  },
  "GET /proxmox/sessions": async ({ ask, ids }) => {
    const [session] = listOf(await ask("GET", "/proxmox/sessions", { query: scope(ids[0]), seconds: 5 }));
    expectFields(session, { mode: "text" });
    expect(JSON.stringify(session)).not.toMatch(/token_value|password/);
  },
  "GET /proxmox/storage": async ({ ask, ids, scene }) => {
    const rows = listOf(await ask("GET", "/proxmox/storage", { query: scope(ids[0]) }));
    const flat = readResources(rows);
    for (const row of flat) expectFields(row, { storage: "text" });
    const known = scene.proxmox[0]?.cluster.storages.map(({ storage }) => storage) ?? [];
    expect(new Set(flat.map(({ storage }) => storage))).toEqual(new Set(known));
  },
  "GET /proxmox/nodes/{node}/storage/{storage}/content": async ({ ask, ids, scene }) => {
    const volume = scene.proxmox[0]?.cluster.volumes[0];
    const node = volume?.node ?? "pve1";
    const path = `/proxmox/nodes/${node}/storage/${volume?.storage}/content`;
    const rows = listOf(await ask("GET", path, { query: scope(ids[0]) }));
    // The page looks for flat rows and gives up a node for a nested one.
    for (const row of rows) expectFields(row, { volid: "text", content: "text" });
    expect(rows.every(isFlat)).toBe(true);
    expect(rows.map(({ volid }) => volid)).toContain(volume?.row.volid);
  },
  "GET /proxmox/nodes/{node}/qemu/{vmid}/firewall": async ({ ask, guests, plugin }) => {
    const [endpoint] = plugin.endpoints;
    const query = { source: "database", name: `${endpoint?.name} (nb:${endpoint?.pk})` };
    const { node, vmid } = guests.qemu;
    const answer = await ask("GET", `/proxmox/nodes/${node}/qemu/${vmid}/firewall`, { query, seconds: 8 });
    expect(bodyOf<unknown>(answer)).toBeDefined();
  },
  "GET /proxmox/cluster/ha/summary": async ({ ask, ids }) => {
    const body = bodyOf(await ask("GET", "/proxmox/cluster/ha/summary", { query: scope(ids[0]) }));
    expectFields(body, { status: "list", groups: "list", rules: "list", resources: "list" });
    for (const row of listIn(body, "status")) expectFields(row, { cluster_name: "text", type: "text" });
  },
  "GET /proxmox/cluster/ha/resources/by-vm/{vmid}": async ({ ask, ids, guests }) => {
    const read = async (vmid: number) => {
      const path = `/proxmox/cluster/ha/resources/by-vm/${vmid}`;
      return bodyOf<unknown>(await ask("GET", path, { query: scope(ids[0]) }));
    };
    // A guest that nothing keeps available is null, never 404.
    expect(await read(guests.template.vmid)).toBeNull();
    const managed = (await Promise.all([guests.qemu, guests.lxc].map(({ vmid }) => read(vmid)))).filter(Boolean);
    for (const resource of managed) expectFields(resource, { sid: "text", type: "text", cluster_name: "text" });
  },
  "GET /openapi.json": async ({ ask }) => {
    for (const open of [true, false]) {
      const body = bodyOf(await ask("GET", "/openapi.json", { open }));
      expectFields(body, { openapi: "text", info: "object", paths: "object", components: "object" });
    }
  },
  "GET /extras/bootstrap-status": async ({ ask }) => {
    const body = bodyOf(await ask("GET", "/extras/bootstrap-status", { seconds: 5 }));
    expect(body.ok).toBe(true);
    // What the repair card takes for a failure.
    expect([body.error, body.errors].some(Boolean)).toBe(false);
    expect(["error", "errored", "failed", "failure", "unhealthy", "unreachable"]).not.toContain(String(body.status));
    expect(["error", "errored", "failed", "failure", "unhealthy", "unreachable"]).not.toContain(String(body.state));
  },
  "POST /extras/custom-fields/reconcile": async ({ ask }) => {
    const answer = await ask("POST", "/extras/custom-fields/reconcile");
    expect(answer.status).toBeLessThan(300);
    expect(typeof answer.json).toBe("object");
    expect(JSON.stringify(answer.json)).not.toMatch(/"(ok|success)": ?false|"errors?":/);
  },
  "GET /extras/extras/custom-fields/create": async ({ ask }) => {
    expect(bodyOf<unknown>(await ask("GET", "/extras/extras/custom-fields/create"))).toBeArray();
  },
  "GET /netbox/status": async ({ ask }) => {
    expectFields(bodyOf(await ask("GET", "/netbox/status")), { "netbox-version": "text" });
  },
  "GET /admin/logs": async ({ ask, plugin }) => {
    const body = bodyOf<{ logs: { id: unknown }[] }>(await ask("GET", "/admin/logs", { query: { limit: "200" } }));
    expectFields(body, { logs: "list", total: "integer", has_more: "boolean", active_filters: "object" });
    expect(body.logs.length).toBeGreaterThan(0);
    for (const line of body.logs)
      expectFields(line, { timestamp: "text", level: "text", module: "text", message: "text" });
    // The page sorts by the number in it, and asks for what is newer.
    const ids = body.logs.map(({ id }) => Number(id));
    expect(ids).toEqual([...ids].sort((left, right) => right - left));
    const query = { newer_than_id: String(ids[0]) };
    const newer = bodyOf<{ logs: { id: unknown }[] }>(await ask("GET", "/admin/logs", { query }));
    expect(newer.logs.every(({ id }) => Number(id) > Number(ids[0]))).toBe(true);
    // The browser has no key, asks every five seconds, and must not lock out the server beside it.
    for (let time = 0; time < 8; time++)
      expect((await askAs(plugin.backend, "GET", "/admin/logs", { open: true })).status).toBe(401);
    expect((await ask("GET", "/admin/logs")).status).toBe(200);
  },
  "GET /admin/logs/stream": async ({ plugin }) => {
    const stop = new AbortController();
    const response = await send(plugin.backend, "GET", "/admin/logs/stream", { signal: stop.signal });
    expect(response.headers.get("content-type")).toStartWith("text/event-stream");
    let seen: unknown = null;
    const reading = readStream(response, {
      onFrame: ({ event, data }) => {
        if (event !== "log") return;
        seen ??= data;
        stop.abort();
      },
    });
    await send(plugin.backend, "PUT", "/netbox/endpoint/1", { body: {} });
    await reading;
    expectFields(seen, { timestamp: "text", level: "text", message: "text" });
  },
  "GET /admin/encryption/status": async ({ ask }) => {
    const body = bodyOf(await ask("GET", "/admin/encryption/status"));
    expectFields(body, { attestation_version: "integer", encrypted_credentials_verified: "true" });
    expect(body.attestation_version).toBe(1);
    expect(["env", "local"]).toContain(String(body.active_key_source));
  },
  "GET /proxmox/datacenter/options": async ({ ask, ids }) => {
    const body = bodyOf<unknown>(await ask("GET", "/proxmox/datacenter/options", { query: scope(ids[0]) }));
    expect(typeof body).toBe("object");
  },
  "GET /proxmox/firewall/** (previews)": async ({ ask, ids, guests }) => {
    const lists = [
      "datacenter/rules",
      "datacenter/groups",
      "datacenter/ipsets",
      "datacenter/aliases",
      "nodes/pve1/rules",
    ];
    for (const path of lists) {
      const answer = await ask("GET", `/proxmox/firewall/${path}`, { query: scope(ids[0]) });
      expect(bodyOf<unknown>(answer)).toBeArray();
    }
    const { node, type, vmid } = guests.qemu;
    const query = { ...scope(ids[0]), node, vm_type: type };
    expect(bodyOf<unknown>(await ask("GET", `/proxmox/firewall/vms/${vmid}/rules`, { query }))).toBeArray();
  },
} satisfies Checks;

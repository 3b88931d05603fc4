import { expect } from "bun:test";
import { endpointPush } from "../../src/plugin/endpoint-push.ts";
import { isCurrent, netboxBody, proxmoxBody } from "../../src/plugin/endpoint-rows.ts";
import { bodyOf, type Checks, expectFields, listOf } from "./world.ts";

const rowFields = {
  id: "integer",
  name: "text",
  domain: "text?",
  ip_address: "text",
  port: "integer",
  username: "text",
  access_methods: "text",
  verify_ssl: "boolean",
  timeout: "integer",
  max_retries: "integer",
  retry_backoff: "number",
  enabled: "boolean",
  allow_packer_template_builds: "boolean",
} as const;
const secrets = ["password", "token_name", "token_value", "token", "token_key"];

/** What the plugin tells of NetBox and Proxmox. */
export const endpointChecks = {
  "GET /netbox/endpoint": async ({ ask, plugin }) => {
    const rows = listOf(await ask("GET", "/netbox/endpoint"));
    expect(rows).toHaveLength(1);
    expectFields(rows[0], {
      id: "integer",
      domain: "text",
      ip_address: "text",
      port: "integer",
      verify_ssl: "boolean",
      token_version: "text",
    });
    for (const secret of secrets) expect(rows[0]).not.toHaveProperty(secret);
    expect(JSON.stringify(rows)).not.toContain(plugin.own.token);
  },
  "POST /netbox/endpoint": async ({ ask, plugin }) => {
    // The first push of this world was a POST. There is room for one, so a second is refused and changes nothing.
    const before = await ask("GET", "/netbox/endpoint");
    const again = await ask("POST", "/netbox/endpoint", { body: { ...netboxBody(plugin.own), name: "another" } });
    expect(again).toMatchObject({ status: 400, json: { detail: expect.any(String) } });
    expect((await ask("GET", "/netbox/endpoint")).text).toBe(before.text);
  },
  "PUT /netbox/endpoint/{id}": async ({ ask, plugin }) => {
    const [row] = listOf(await ask("GET", "/netbox/endpoint"));
    const path = `/netbox/endpoint/${row?.id}`;
    bodyOf(await ask("PUT", path, { body: { ...netboxBody(plugin.own), name: "Ünïcode", domain: "" } }));
    expect(listOf(await ask("GET", "/netbox/endpoint"))[0]).toMatchObject({ name: "Ünïcode", domain: "" });
    expect(await plugin.push.netbox(plugin.own)).toBeNull();
    expect(listOf(await ask("GET", "/netbox/endpoint"))).toEqual([row ?? {}]);
  },
  "GET /proxmox/endpoints": async ({ ask, plugin }) => {
    const rows = listOf(await ask("GET", "/proxmox/endpoints"));
    expect(rows).toHaveLength(plugin.endpoints.length);
    for (const [index, endpoint] of plugin.endpoints.entries()) {
      const row = rows[index] ?? {};
      expectFields(row, rowFields);
      for (const secret of secrets) expect(row).not.toHaveProperty(secret);
      // Nothing is pushed again only because a value came back in another form.
      for (const release of ["0.0.24", "0.0.29.post6"] as const) expect(isCurrent(release, row, endpoint)).toBe(true);
      expect(JSON.stringify(row)).not.toContain(endpoint.tokenValue ?? "-");
    }
  },
  "GET /proxmox/endpoints/{id}": async ({ ask, ids }) => {
    expectFields(bodyOf(await ask("GET", `/proxmox/endpoints/${ids[0]}`)), rowFields);
    expect((await ask("GET", "/proxmox/endpoints/999")).status).toBe(404);
  },
  "POST /proxmox/endpoints": async ({ ask, plugin, ids }) => {
    const [endpoint] = plugin.endpoints;
    if (!endpoint) throw new Error("There is no endpoint.");
    for (const release of ["0.0.24", "0.0.29.post6"] as const) {
      const more = { ...endpoint, pk: 77, name: "späte Nr. 1", domain: "PVE.Example.com.", ip: null };
      const made = await ask("POST", "/proxmox/endpoints", { body: proxmoxBody(release, more) });
      expect(made.status).toBeLessThan(300);
      expect(made.json).toMatchObject({ id: 77, domain: "PVE.Example.com.", ip_address: "127.0.0.1" });
      const listed = listOf(await ask("GET", "/proxmox/endpoints")).find(({ id }) => id === 77) ?? {};
      expect(listed).toMatchObject({ name: "späte Nr. 1 (nb:77)", domain: "PVE.Example.com.", enabled: true });
      expect(isCurrent(release, listed, more)).toBe(true);
      await ask("DELETE", "/proxmox/endpoints/77");
    }
    // 0.0.24 does not find a row by a new name and posts it: the number at its end says which it is.
    const rename = async (name: string) => {
      const { status } = await ask("POST", "/proxmox/endpoints", {
        body: proxmoxBody("0.0.24", { ...endpoint, name }),
      });
      expect(status).toBeLessThan(300);
      const rows = listOf(await ask("GET", "/proxmox/endpoints"));
      expect(rows.filter((row) => String(row.name).endsWith(`(nb:${endpoint.pk})`))).toHaveLength(1);
      expect(await endpointPush(plugin.backend, "0.0.24").resolve({ ...endpoint, name })).toBe(ids[0]);
    };
    await rename("renamed");
    await rename(endpoint.name);
  },
  "PUT /proxmox/endpoints/{id}": async ({ ask, plugin, ids }) => {
    const [endpoint] = plugin.endpoints;
    if (!endpoint) throw new Error("There is no endpoint.");
    const [id] = ids;
    // A rename of 0.0.29 keeps its row; what a PUT does not name keeps its value.
    const push = endpointPush(plugin.backend, "0.0.29.post6");
    expect(await push.proxmox({ ...endpoint, name: "renamed" })).toBeNull();
    const renamed = bodyOf(await ask("GET", `/proxmox/endpoints/${id}`));
    expect(renamed.name).toBe(`renamed (nb:${endpoint.pk})`);
    expect(await push.disable(endpoint)).toBeNull();
    expect(bodyOf(await ask("GET", `/proxmox/endpoints/${id}`))).toEqual({ ...renamed, enabled: false });
    const query = { proxmox_endpoint_ids: String(id) };
    expect((await ask("GET", "/proxmox/cluster/status", { query })).status).toBe(404);
    expect(await endpointPush(plugin.backend, "0.0.29.post6").proxmox(endpoint)).toBeNull();
    expect((await ask("GET", "/proxmox/cluster/status", { query })).status).toBe(200);
  },
} satisfies Checks;

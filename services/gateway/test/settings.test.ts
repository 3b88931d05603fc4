import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { settingKeys } from "@proxbox/contracts/endpoints";
import { names } from "@proxbox/contracts/streams";
import { openBucket } from "@proxbox/runtime/buckets";
import { readStored } from "@proxbox/runtime/reader";
import { type Bench, eventually, jsonOf, spawnGateway, startBench } from "./support.ts";

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench[Symbol.asyncDispose]());

type Body = Record<string, unknown> & { id?: number; message?: string };

const answer = async (method: string, path: string, body?: unknown) => {
  const response = await bench.call(method, path, body);
  return { status: response.status as number, body: await jsonOf<Body>(response) };
};
const planted = ["planted-password", "planted-token-value", "planted-netbox-token", "planted-token-key"];
const push = {
  name: "pve (nb:7)",
  ip_address: "127.0.0.1",
  domain: "pve.example.com",
  port: 8006,
  username: "root@pam",
  password: null,
  verify_ssl: false,
  timeout: 5,
  max_retries: 0,
  retry_backoff: 0.5,
  token_name: "sync",
  token_value: planted[1],
  access_methods: "api",
  site_id: null,
  site_slug: null,
  enabled: true,
  allow_packer_template_builds: false,
  node_device_name_template: "",
  something_new: "ignored",
};

describe("Proxmox endpoints", () => {
  test("are added under the plugin's number, changed in part, renamed, listed and deleted", async () => {
    const added = await answer("POST", "/proxmox/endpoints", push);
    expect(added).toMatchObject({
      status: 200,
      body: { id: 7, domain: "pve.example.com", ip_address: "127.0.0.1", timeout: 5 },
    });
    expect(await answer("GET", "/proxmox/endpoints/7")).toEqual(added);
    const disabled = await answer("PUT", "/proxmox/endpoints/7", {
      enabled: false,
      allow_packer_template_builds: false,
    });
    expect(disabled.body).toEqual({ ...added.body, enabled: false });
    const renamed = await answer("PUT", "/proxmox/endpoints/7/", {
      ...push,
      name: "other (nb:7)",
      password: planted[0],
    });
    expect(renamed).toMatchObject({ status: 200, body: { id: 7, name: "other (nb:7)", enabled: true } });
    expect((await answer("GET", "/proxmox/endpoints?offset=0&limit=100")).body as unknown).toEqual([renamed.body]);
  });

  test.each<[string, object, number, RegExp]>([
    ["a name that is taken", { name: "other (nb:7)" }, 400, /exists already/],
    ["half a token", { token_value: null }, 400, /together/],
    ["no credentials", { token_name: null, token_value: null }, 400, /password/],
    ["the metadata service", { ip_address: "169.254.169.254" }, 400, /^Invalid IP address:/],
    ["a URL for a domain", { domain: "https://pve" }, 400, /^Invalid domain:/],
    ["an access method that is none", { access_methods: "telnet" }, 422, /api, api_ssh/],
    ["a template with an unknown field", { node_device_name_template: "{host}" }, 422, /\{host\}/],
  ])("refuses %s", async (_, change, status, sentence) => {
    const refused = await answer("POST", "/proxmox/endpoints", { ...push, name: "new (nb:30)", ...change });
    expect(refused.status).toBe(status);
    expect(refused.body.message?.replace(/^body\.\w+: /, "")).toMatch(sentence);
  });

  test("an older plugin's post after a rename changes the row it meant; a rename onto another's number is refused", async () => {
    const posted = await answer("POST", "/proxmox/endpoints", { ...push, name: "third (nb:7)" });
    expect(posted).toMatchObject({ status: 200, body: { id: 7, name: "third (nb:7)" } });
    expect(((await answer("GET", "/proxmox/endpoints")).body as unknown as unknown[]).length).toBe(1);
    const manual = await answer("POST", "/proxmox/endpoints", { ...push, name: "by hand" });
    const refused = await answer("PUT", `/proxmox/endpoints/${manual.body.id}`, { name: "by hand (nb:7)" });
    expect([refused.status, refused.body.message]).toEqual([400, expect.stringMatching(/same NetBox number/)]);
    await answer("PUT", "/proxmox/endpoints/7", { password: planted[0] });
  });

  test("one that is not there is 404; a deleted one is gone, and its number free", async () => {
    expect((await answer("PUT", "/proxmox/endpoints/99", { enabled: false })).status).toBe(404);
    const added = await answer("POST", "/proxmox/endpoints", { ...push, name: "short-lived (nb:30)" });
    expect(await answer("DELETE", `/proxmox/endpoints/${added.body.id}`)).toEqual({
      status: 200,
      body: { message: "Proxmox endpoint deleted." },
    });
    expect((await answer("GET", "/proxmox/endpoints/30")).status).toBe(404);
    expect((await answer("POST", "/proxmox/endpoints", { ...push, name: "again (nb:30)" })).body.id).toBe(30);
  });

  test("what is pushed comes back as it was: null or empty, numbers as numbers, a name of full length", async () => {
    const name = `${"n".repeat(255)} (nb:40)`;
    const sent = {
      ...push,
      name,
      domain: null,
      ip_address: "2001:db8::1/64",
      timeout: 30,
      max_retries: 3,
      retry_backoff: 1.25,
    };
    const added = await answer("POST", "/proxmox/endpoints", sent);
    const { name: _, domain, ip_address, port, timeout, max_retries, retry_backoff } = added.body;
    expect([added.status, added.body.id]).toEqual([200, 40]);
    expect({ domain, ip_address, port, timeout, max_retries, retry_backoff }).toEqual({
      ...{ domain: null, ip_address: "2001:db8::1/64", port: 8006 },
      ...{ timeout: 30, max_retries: 3, retry_backoff: 1.25 },
    });
    expect((await answer("PUT", "/proxmox/endpoints/40", { domain: "" })).body.domain).toBe("");
    expect((await answer("PUT", "/proxmox/endpoints/40", { timeout: null })).body.timeout).toBeNull();
    expect((await answer("PUT", "/proxmox/endpoints/40", { timeout: "30" })).status).toBe(422);
    await answer("DELETE", "/proxmox/endpoints/40");
  });

  test("null for a secret clears it, and a token is changed whole or not at all", async () => {
    const row = async () =>
      JSON.parse((await openBucket(bench.bus, names.settings).get(settingKeys.proxmox(41)))?.value ?? "{}");
    const both = { ...push, name: "secrets (nb:41)", password: planted[0] };
    expect((await answer("POST", "/proxmox/endpoints", both)).status).toBe(200);
    expect(await row()).toMatchObject({
      password: expect.stringMatching(/^v1:/),
      token_value: expect.stringMatching(/^v1:/),
    });
    expect((await answer("PUT", "/proxmox/endpoints/41", { ...both, password: null })).status).toBe(200);
    expect(await row()).toMatchObject({ password: "", token_name: "sync", token_value: expect.stringMatching(/^v1:/) });
    const toPassword = { ...both, token_name: null, token_value: null };
    expect((await answer("PUT", "/proxmox/endpoints/41", toPassword)).status).toBe(200);
    expect(await row()).toMatchObject({ password: expect.stringMatching(/^v1:/), token_name: null, token_value: "" });
    for (const half of [{ token_name: "new" }, { token_value: "new" }, { password: "" }, { password: null }]) {
      expect((await answer("PUT", "/proxmox/endpoints/41", half)).status).toBe(400);
    }
    await answer("DELETE", "/proxmox/endpoints/41");
  });

  test("two rows of one number, as an older store may have them, can both be switched off", async () => {
    await answer("POST", "/proxmox/endpoints", { ...push, name: "first (nb:42)" });
    const settings = openBucket(bench.bus, names.settings);
    const first = JSON.parse((await settings.get(settingKeys.proxmox(42)))?.value ?? "{}");
    await settings.put(settingKeys.proxmox(43), JSON.stringify({ ...first, id: 43, name: "second (nb:42)" }));
    for (const id of [42, 43]) {
      const off = { enabled: false, allow_packer_template_builds: false };
      expect(await answer("PUT", `/proxmox/endpoints/${id}`, off)).toMatchObject({ status: 200, body: { id, ...off } });
      expect((await answer("GET", `/proxmox/endpoints/${id}/`)).status).toBe(200);
      await answer("DELETE", `/proxmox/endpoints/${id}`);
      expect((await answer("GET", `/proxmox/endpoints/${id}`)).status).toBe(404);
    }
  });

  test("twenty pushed at once get twenty ids", async () => {
    const pushes = Array.from({ length: 20 }, (_, index) =>
      answer("POST", "/proxmox/endpoints", { ...push, name: `many ${index}` }),
    );
    const ids = (await Promise.all(pushes)).map(({ body }) => body.id);
    expect(new Set(ids).size).toBe(20);
  });
});

describe("the NetBox endpoint", () => {
  const netbox = {
    name: "n",
    ip_address: "127.0.0.1",
    domain: "",
    port: 443,
    verify_ssl: true,
    token_version: "v2",
    token_key: planted[3],
    token: planted[2],
  };

  test("is one: set, shown without its token, changed, deleted, set again", async () => {
    expect((await answer("GET", "/netbox/endpoint")).body as unknown).toEqual([]);
    const set = await answer("POST", "/netbox/endpoint", netbox);
    expect(set).toEqual({
      status: 200,
      body: {
        id: 1,
        name: "n",
        ip_address: "127.0.0.1",
        domain: "",
        port: 443,
        token_version: "v2",
        verify_ssl: true,
        enabled: true,
      },
    });
    expect(await answer("POST", "/netbox/endpoint", netbox)).toMatchObject({
      status: 400,
      body: { detail: "Only one NetBox endpoint is allowed" },
    });
    expect((await answer("PUT", "/netbox/endpoint/1", { port: 8443 })).body).toEqual({ ...set.body, port: 8443 });
    expect(await answer("DELETE", "/netbox/endpoint/1")).toEqual({
      status: 200,
      body: { message: "NetBox Endpoint deleted." },
    });
    expect((await answer("GET", "/netbox/endpoint/1")).status).toBe(404);
    expect((await answer("POST", "/netbox/endpoint", netbox)).status).toBe(200);
  });

  test("all eight fields are replaced; version 1 forgets the key of version 2", async () => {
    const v1 = {
      ...netbox,
      name: "other",
      ip_address: "192.0.2.8",
      domain: "nb.example.com",
      port: 8000,
      verify_ssl: false,
    };
    const { token_key: _, ...sent } = { ...v1, token_version: " V1 ", token: ` ${planted[2]} ` };
    expect(await answer("PUT", "/netbox/endpoint/1", sent)).toEqual({
      status: 200,
      body: {
        ...{ id: 1, name: "other", ip_address: "192.0.2.8", domain: "nb.example.com", port: 8000 },
        ...{ token_version: "v1", verify_ssl: false, enabled: true },
      },
    });
    const refused = await answer("PUT", "/netbox/endpoint/1", { token_version: "v2" });
    expect([refused.status, refused.body.detail]).toEqual([400, expect.stringContaining("token_key")]);
    expect((await answer("PUT", "/netbox/endpoint/1", netbox)).body.domain).toBe("");
  });

  test("a plugin without a token for it is told so", async () => {
    const refused = await answer("PUT", "/netbox/endpoint/1", { ...netbox, token: "" });
    expect([refused.status, refused.body.detail]).toEqual([400, expect.stringMatching(/has no token.*push it again/)]);
    expect(
      (await answer("PUT", "/netbox/endpoint/1", { ...netbox, ip_address: "169.254.1.1" })).body.detail,
    ).toStartWith("Invalid IP address: ");
    expect((await answer("PUT", "/netbox/endpoint/2", netbox)).status).toBe(404);
  });

  test("refuses v2 without its key and a version that is none", async () => {
    expect((await answer("PUT", "/netbox/endpoint/1", { token_key: "" })).status).toBe(400);
    expect((await answer("PUT", "/netbox/endpoint/1", { token_version: "v9" })).status).toBe(400);
  });
});

test("loopback is refused where the settings say so", async () => {
  await using strict = await bench.another({ PROXBOX_ALLOW_LOOPBACK_TARGETS: "false" });
  const refused = await fetch(`${strict.url}/proxmox/endpoints`, {
    method: "POST",
    headers: { "x-proxbox-api-key": bench.key },
    body: JSON.stringify({ ...push, name: "loop" }),
  });
  expect([refused.status, (await jsonOf(refused)).detail]).toEqual([
    400,
    expect.stringContaining("PROXBOX_ALLOW_LOOPBACK_TARGETS"),
  ]);
});

test("no secret stands anywhere in clear: not in a stored value, its history, an answer or a log line", async () => {
  await using separate = await spawnGateway(bench, "debug");
  for (const [method, body] of [
    ["PUT", { ...push, password: planted[0] }],
    ["PUT", { password: [planted[0]] }],
    ["POST", `{"password":"${planted[0]}`],
  ] as const) {
    const headers = { "x-proxbox-api-key": bench.key };
    await fetch(`${separate.url}/proxmox/endpoints${method === "PUT" ? "/7" : ""}`, {
      method,
      headers,
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  }
  await eventually(() => separate.log().includes("http.request"), "requests are logged");
  const stored: string[] = [];
  for (const bucket of [names.settings, names.lockouts, names.runs]) {
    const reading = { stream: `KV_${bucket}`, filter: `$KV.${bucket}.>` };
    for await (const { data } of readStored(bench.bus, reading)) stored.push(new TextDecoder().decode(data));
  }
  const paths = ["/proxmox/endpoints", "/netbox/endpoint", "/auth/keys", "/openapi.json", "/metrics"];
  const answers = await Promise.all(paths.map(async (path) => (await bench.call("GET", path)).text()));
  const text = [...stored, ...answers, separate.log()].join("\n");
  expect(stored.length).toBeGreaterThan(20);
  expect([...planted, bench.key].filter((secret) => text.includes(secret))).toEqual([]);
  // What was planted is really there, sealed.
  const row = await openBucket(bench.bus, names.settings).get(settingKeys.proxmox(7));
  expect(JSON.parse(row?.value ?? "{}").password).toStartWith("v1:");
});

import { expect, test } from "bun:test";
import { settingKeys } from "@proxbox/contracts/endpoints";
import type { ApiKeyList, ApiKeyView, NewApiKey } from "@proxbox/contracts/http-settings";
import { names } from "@proxbox/contracts/streams";
import { openBucket } from "@proxbox/runtime/buckets";
import { eventually, jsonOf, startBench, testKey } from "./support.ts";

const withKey = (key: string) => ({ "x-proxbox-api-key": key });

test("the first key is registered once for ever, also by a crowd", async () => {
  await using bench = await startBench();
  const registered = await Promise.all(
    Array.from({ length: 5 }, () => bench.call("POST", "/auth/register-key", { api_key: "k".repeat(32) }, {})),
  );
  expect(registered.map(({ status }) => status)).toEqual([409, 409, 409, 409, 409]);
  expect(await (await bench.call("GET", "/auth/bootstrap-status", undefined, {})).json()).toEqual({
    needs_bootstrap: false,
    has_db_keys: true,
  });
});

test("keys are made, shown once, switched and deleted, and the last active one stays", async () => {
  await using bench = await startBench();
  const made = await jsonOf<NewApiKey>(bench.call("POST", "/auth/keys"));
  expect([made.id, made.is_active]).toEqual([2, true]);
  expect(made.raw_key).toMatch(/^[\w-]{64}$/);
  const other = withKey(made.raw_key);
  const { keys } = await jsonOf<ApiKeyList>(bench.call("GET", "/auth/keys", undefined, other));
  expect(keys).toEqual([
    { id: 2, label: "", is_active: true, created_at: expect.any(Number) },
    { id: 1, label: "", is_active: true, created_at: expect.any(Number) },
  ]);
  const off = await jsonOf<ApiKeyView>(bench.call("POST", "/auth/keys/1/deactivate", undefined, other));
  expect(off.is_active).toBe(false);
  expect((await bench.call("GET", "/auth/keys")).status).toBe(401);
  const refused = await bench.call("DELETE", "/auth/keys/2", undefined, other);
  expect([refused.status, (await jsonOf<{ detail: { code: string } }>(refused)).detail.code]).toEqual([
    409,
    "last_active_api_key_required",
  ]);
  expect((await bench.call("POST", "/auth/keys/1/activate", undefined, other)).status).toBe(200);
  expect((await bench.call("DELETE", "/auth/keys/2")).status).toBe(204);
  expect((await bench.call("GET", "/auth/keys", undefined, other)).status).toBe(401);
  expect((await bench.call("DELETE", "/auth/keys/77")).status).toBe(404);
});

test("five failures lock a credential out, on every gateway and after a restart of nats-server, and nobody else", async () => {
  await using bench = await startBench();
  await using second = await bench.another();
  const attempt = async (url: string, key: string) => {
    const answer = await fetch(`${url}/auth/keys`, { headers: withKey(key) });
    return `${answer.status} ${(await jsonOf(answer)).detail ?? ""} ${answer.headers.get("retry-after") ?? ""}`.trim();
  };
  const said: string[] = [];
  for (const url of [bench.gateway.url, second.url, bench.gateway.url, second.url, bench.gateway.url])
    said.push(await attempt(url, "wrong"));
  expect(said).toEqual([
    "401 Invalid API key. 4 attempts remaining.",
    "401 Invalid API key. 3 attempts remaining.",
    "401 Invalid API key. 2 attempts remaining.",
    "401 Invalid API key. 1 attempts remaining.",
    "401 Invalid API key.",
  ]);
  await bench.nats.restart();
  await eventually(async () => (await fetch(`${second.url}/ready`)).ok, "the second gateway is connected again");
  expect(await attempt(second.url, "wrong")).toMatch(/^429 Too many failed authentication attempts.* 300$/);
  expect(await attempt(second.url, testKey)).toStartWith("200");
});

test("a missing key is 401 and counts for nothing, however often", async () => {
  await using bench = await startBench();
  const said = new Set<string>();
  for (let request = 0; request < 60; request += 1) {
    const answer = await bench.call("GET", "/auth/keys", undefined, request % 2 ? {} : withKey("  "));
    said.add(`${answer.status} ${(await jsonOf(answer)).detail}`);
  }
  expect([...said]).toEqual(["401 API key required."]);
  expect((await bench.call("GET", "/auth/keys")).status).toBe(200);
  const wrong = await bench.call("GET", "/auth/keys", undefined, withKey("wrong"));
  expect((await jsonOf(wrong)).detail).toBe("Invalid API key. 4 attempts remaining.");
});

test("before the first key is registered every caller is told so, and none is counted", async () => {
  await using bench = await startBench({}, { registered: false });
  for (let attempt = 0; attempt < 6; attempt += 1) {
    const answer = await bench.call("GET", "/auth/keys", undefined, withKey("any"));
    expect([answer.status, (await jsonOf(answer)).detail]).toEqual([
      401,
      expect.stringMatching(/^No API key configured/),
    ]);
  }
  expect(await jsonOf(bench.call("GET", "/auth/bootstrap-status", undefined, {}))).toEqual({
    needs_bootstrap: true,
    has_db_keys: false,
  });
  const register = (api_key: unknown) => bench.call("POST", "/auth/register-key", { api_key, label: "netbox-1" }, {});
  expect((await register("k".repeat(31))).status).toBe(400);
  expect((await register(`${"k".repeat(31)}  `)).status).toBe(400);
  expect((await register(4711)).status).toBe(422);
  const long = "\u00e9".repeat(60);
  const registered = await register(long);
  expect([registered.status, await jsonOf(registered)]).toEqual([201, { detail: "API key registered." }]);
  const again = await register(testKey);
  expect([again.status, (await jsonOf(again)).detail]).toEqual([409, "An API key is already configured."]);
});

test("a key of more than 72 bytes works, and all of it counts", async () => {
  await using bench = await startBench({}, { registered: false });
  const long = "x".repeat(100);
  expect((await bench.call("POST", "/auth/register-key", { api_key: long, label: "netbox-1" }, {})).status).toBe(201);
  const listed = await bench.call("GET", "/auth/keys", undefined, withKey(long));
  const [entry] = (await jsonOf<ApiKeyList>(listed)).keys;
  expect(entry).toEqual({ id: 1, label: "netbox-1", is_active: true, created_at: expect.any(Number) });
  expect(Math.abs((entry?.created_at ?? 0) - Date.now() / 1_000)).toBeLessThan(60);
  expect((await bench.call("GET", "/auth/keys", undefined, withKey(`${long.slice(0, 99)}y`))).status).toBe(401);
});

test("an id that is no integer is 422", async () => {
  await using bench = await startBench();
  const calls = ["DELETE /auth/keys/one", "POST /auth/keys/1.5/activate", "POST /auth/keys/x/deactivate"];
  const statuses = calls.map((call) => bench.call(...(call.split(" ") as [string, string])));
  expect((await Promise.all(statuses)).map(({ status }) => status)).toEqual([422, 422, 422]);
});

test("a key is read once for many requests; a new one works everywhere at once, a retired one for 2 s at most", async () => {
  await using bench = await startBench();
  await using second = await bench.another();
  const at = async (url: string, key: string) => (await fetch(`${url}/auth/keys`, { headers: withKey(key) })).status;
  const made = await jsonOf<NewApiKey>(bench.call("POST", "/auth/keys"));
  expect(await at(second.url, testKey)).toBe(200);
  const fresh = await jsonOf<NewApiKey>(bench.call("POST", "/auth/keys"));
  expect([await at(second.url, made.raw_key), await at(second.url, fresh.raw_key)]).toEqual([200, 200]);
  await bench.call("DELETE", `/auth/keys/${made.id}`);
  expect(await at(bench.gateway.url, made.raw_key)).toBe(401);
  const retired = Date.now();
  await eventually(async () => (await at(second.url, made.raw_key)) === 401, "the other gateway refuses it");
  expect(Date.now() - retired).toBeLessThan(3_000);
});

test("keys, lockouts and endpoints survive a restart of everything", async () => {
  await using bench = await startBench();
  const made = await jsonOf<NewApiKey>(bench.call("POST", "/auth/keys"));
  const endpoint = { name: "pve (nb:7)", ip_address: "192.0.2.7", port: 8006, username: "u@pam", password: "secret" };
  const added = await jsonOf(bench.call("POST", "/proxmox/endpoints", endpoint));
  for (let attempt = 0; attempt < 5; attempt += 1) await bench.call("GET", "/runs", undefined, withKey("wrong"));
  await bench.gateway[Symbol.asyncDispose]();
  await bench.nats.restart();
  await using reborn = await bench.another();
  const at = async (path: string, key: string) => fetch(reborn.url + path, { headers: withKey(key) });
  expect([(await at("/auth/keys", testKey)).status, (await at("/auth/keys", made.raw_key)).status]).toEqual([200, 200]);
  expect((await at("/auth/keys", "wrong")).status).toBe(429);
  expect(await jsonOf<unknown>(at("/proxmox/endpoints", testKey))).toEqual([added]);
});

test("who has a key may ask a thousand things in a minute, who has none 300", async () => {
  await using bench = await startBench({ PROXBOX_RATE_LIMIT: "" });
  const statuses = async (headers: Record<string, string>, times: number) => {
    const seen = new Map<number, number>();
    for (let request = 0; request < times; request += 1) {
      const { status } = await bench.call("GET", "/version", undefined, headers);
      seen.set(status, (seen.get(status) ?? 0) + 1);
    }
    return Object.fromEntries(seen);
  };
  expect(await statuses(withKey(testKey), 1_000)).toEqual({ 200: 1_000 });
  expect(await statuses({}, 310)).toEqual({ 401: 300, 429: 10 });
  expect(await statuses(withKey(testKey), 1)).toEqual({ 200: 1 });
});

test("asking for the first key is counted as any other request without one", async () => {
  await using bench = await startBench({ PROXBOX_RATE_LIMIT: "5" });
  const statuses: number[] = [];
  for (let request = 0; request < 3; request += 1) {
    statuses.push((await bench.call("POST", "/auth/register-key", { api_key: "k".repeat(32) }, {})).status);
    statuses.push((await bench.call("GET", "/auth/bootstrap-status", undefined, {})).status);
  }
  // The bench registered its own key before.
  expect(statuses).toEqual([409, 200, 409, 200, 429, 429]);
  expect((await bench.call("GET", "/health", undefined, {})).status).toBe(200);
});

test("X-Forwarded-For of a peer that is no trusted proxy is not believed", async () => {
  await using bench = await startBench({ PROXBOX_RATE_LIMIT: "2" });
  const from = (client: string) =>
    bench.call("GET", "/version", undefined, { ...withKey(testKey), "x-forwarded-for": client });
  const statuses = [];
  for (const client of ["192.0.2.1", "192.0.2.2", "192.0.2.3"]) statuses.push((await from(client)).status);
  expect(statuses).toEqual([200, 200, 429]);
});

test("the rate limit counts clients behind a trusted proxy apart", async () => {
  await using bench = await startBench({ PROXBOX_RATE_LIMIT: "3", PROXBOX_TRUSTED_PROXIES: "127.0.0.1" });
  const from = (client: string) =>
    bench.call("GET", "/version", undefined, { ...withKey(testKey), "x-forwarded-for": client });
  const statuses = [];
  for (const client of ["192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2"])
    statuses.push((await from(client)).status);
  expect(statuses).toEqual([200, 200, 200, 429, 200]);
  // What a client writes into the header itself does not make it another one.
  expect((await from("192.0.2.66, 192.0.2.1")).status).toBe(429);
  const refused = await from("192.0.2.1");
  expect([refused.headers.get("retry-after"), (await jsonOf(refused)).detail]).toEqual([
    "60",
    expect.stringMatching(/^Rate limit exceeded/),
  ]);
  expect((await bench.call("GET", "/health", undefined, { "x-forwarded-for": "192.0.2.1" })).status).toBe(200);
});

const page = "https://netbox.example.com:8443";
const netbox = { name: "nb", ip_address: "192.0.2.9", domain: "netbox.example.com", port: 8443, token: "t".repeat(40) };

test("a page of NetBox may read every answer, refusals and failures included, and its preflight needs no key", async () => {
  await using bench = await startBench({ PROXBOX_RATE_LIMIT: "6" });
  expect((await bench.call("POST", "/netbox/endpoint", netbox)).status).toBe(200);
  const from = (method: string, path: string, headers: Record<string, string>) =>
    bench.call(method, path, undefined, { origin: page, ...headers });
  await openBucket(bench.bus, names.settings).put(settingKeys.proxmox(1), "{damaged");
  const preflight = await from("OPTIONS", "/admin/logs", {
    "access-control-request-method": "GET",
    "access-control-request-headers": "x-proxbox-api-key",
  });
  expect([preflight.status, preflight.headers.get("access-control-allow-methods")]).toEqual([
    204,
    "GET, POST, PUT, DELETE, OPTIONS",
  ]);
  expect(preflight.headers.get("access-control-allow-headers")).toContain("X-Proxbox-API-Key");
  const answers = [
    preflight,
    await from("GET", "/admin/logs", {}),
    await from("GET", "/proxmox/endpoints", withKey(testKey)),
  ];
  for (let request = 0; request < 4; request += 1) answers.push(await from("GET", "/version", withKey(testKey)));
  expect(answers.map(({ status }) => status)).toEqual([204, 401, 500, 200, 200, 200, 429]);
  for (const { headers } of answers) {
    expect(headers.get("access-control-allow-origin")).toBe(page);
    expect(headers.get("access-control-allow-credentials")).toBeNull();
    expect(headers.get("x-frame-options")).toBe("DENY");
  }
  const stranger = await from("GET", "/health", { origin: "https://evil.example.com" });
  expect([stranger.status, stranger.headers.get("access-control-allow-origin")]).toEqual([200, null]);
});

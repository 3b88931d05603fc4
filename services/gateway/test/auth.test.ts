import { expect, test } from "bun:test";
import type { ApiKeyList, ApiKeyView, NewApiKey } from "@proxbox/contracts/http-settings";
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
  expect(await attempt(second.url, "")).toStartWith("401 API key required. 4 attempts remaining.");
});

test("the rate limit counts clients behind a trusted proxy apart", async () => {
  await using bench = await startBench({ PROXBOX_RATE_LIMIT: "3", PROXBOX_TRUSTED_PROXIES: "127.0.0.1" });
  const from = (client: string) =>
    bench.call("GET", "/version", undefined, { ...withKey(testKey), "x-forwarded-for": client });
  const statuses = [];
  for (const client of ["192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2"])
    statuses.push((await from(client)).status);
  expect(statuses).toEqual([200, 200, 200, 429, 200]);
  const refused = await from("192.0.2.1");
  expect([refused.headers.get("retry-after"), (await jsonOf(refused)).detail]).toEqual([
    "60",
    expect.stringMatching(/^Rate limit exceeded/),
  ]);
  expect((await bench.call("GET", "/health", undefined, { "x-forwarded-for": "192.0.2.1" })).status).toBe(200);
});

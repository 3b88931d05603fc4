import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import type { ApiKeyList, NewApiKey } from "@proxbox/contracts/http-settings";
import { raw, requestOf, statusesIn } from "./raw.ts";
import { type Bench, eventually, jsonOf, startBench } from "./support.ts";

setDefaultTimeout(60_000);

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench[Symbol.asyncDispose]());

const endpoint = { ip_address: "10.0.0.1", port: 8006, username: "u@pam", password: "p" };

test("of many who register the first key at once, at two gateways, exactly one does, and only that key works", async () => {
  await using fresh = await startBench({}, { registered: false });
  await using second = await fresh.another();
  const keys = Array.from({ length: 12 }, (_, place) => `key-${place}-`.padEnd(40, "k"));
  const statuses = await Promise.all(
    keys.map(async (api_key, place) => {
      const { url } = place % 2 ? second : fresh.gateway;
      const body = JSON.stringify({ api_key });
      return (await fetch(`${url}/auth/register-key`, { method: "POST", body })).status;
    }),
  );
  expect(statuses.toSorted()).toEqual([201, ...Array(11).fill(409)]);
  const entered: boolean[] = [];
  for (const [place, key] of keys.entries()) {
    const { url } = place % 2 ? fresh.gateway : second;
    entered.push((await fetch(`${url}/auth/keys`, { headers: { "x-proxbox-api-key": key } })).ok);
  }
  expect(entered).toEqual(statuses.map((status) => status === 201));
});

test("a key that was retired is refused at another gateway within two seconds, on a socket that is open too", async () => {
  await using second = await bench.another();
  const { id, raw_key } = await jsonOf<NewApiKey>(bench.call("POST", "/auth/keys"));
  const at = async () => (await fetch(`${second.url}/auth/keys`, { headers: { "x-proxbox-api-key": raw_key } })).status;
  const socket = new WebSocket(`${second.url.replace("http", "ws")}/ws`);
  const closed = new Promise<number>((resolve) => {
    socket.onclose = ({ code }) => resolve(code);
  });
  const welcome = new Promise((resolve) => {
    socket.onmessage = resolve;
  });
  socket.onopen = () => socket.send(JSON.stringify({ api_key: raw_key }));
  await welcome;
  expect(await at()).toBe(200);
  await bench.call("POST", `/auth/keys/${id}/deactivate`);
  const since = Date.now();
  await eventually(async () => (await at()) === 401, "the key is refused");
  expect(Date.now() - since).toBeLessThan(2_500);
  socket.send("Full Update");
  expect(await closed).toBe(4001);
  const { runs } = await jsonOf<{ runs: unknown[] }>(bench.call("GET", "/runs"));
  expect(runs).toEqual([]);
});

test("fifty wrong keys of one source lock it out, not others, and its store does not grow without end", async () => {
  await using locked = await startBench({ PROXBOX_TRUSTED_PROXIES: "127.0.0.1" });
  const from = (client: string, key: string) =>
    locked.call("GET", "/auth/keys", undefined, { "x-proxbox-api-key": key, "x-forwarded-for": client });
  const statuses: number[] = [];
  for (let guess = 0; guess < 55; guess += 1) statuses.push((await from("192.0.2.1", `guess-${guess}`)).status);
  expect([statuses.slice(0, 50), statuses.slice(50)]).toEqual([Array(50).fill(401), Array(5).fill(429)]);
  expect((await from("192.0.2.1", locked.key)).status).toBe(429);
  expect((await from("192.0.2.2", locked.key)).status).toBe(200);
  await using second = await locked.another({ PROXBOX_TRUSTED_PROXIES: "127.0.0.1" });
  const there = await fetch(`${second.url}/auth/keys`, {
    headers: { "x-proxbox-api-key": "guess-99", "x-forwarded-for": "192.0.2.1" },
  });
  expect([there.status, there.headers.get("retry-after")]).toEqual([429, "300"]);
});

test.each<[string, string]>([
  ["deep arrays", `{"name":${"[".repeat(200_000)}${"]".repeat(200_000)}}`],
  ["deep objects", `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`],
  ["deep objects behind texts", `{"a\\\\":"[{\\"",${'"a":{'.repeat(80_000)}${"}".repeat(80_001)}`],
  ["texts without end", '"\\'.repeat(400_000)],
  ["a number without end", `{"port":${"9".repeat(100_000)}}`],
  ["a hundred thousand fields", `{${Array.from({ length: 90_000 }, (_, n) => `"f${n}":1`).join(",")}}`],
  ["a name that is long", JSON.stringify({ ...endpoint, name: "n".repeat(900_000) })],
])("a body of %s is refused at once, and the next caller is served", async (_, body) => {
  const started = performance.now();
  for (const path of ["/proxmox/endpoints", "/runs", "/auth/register-key"]) {
    const answer = await bench.call("POST", path, body);
    const text = await answer.text();
    expect([answer.status, text.length < 200_000]).toEqual([422, true]);
  }
  expect(performance.now() - started).toBeLessThan(5_000);
  expect((await bench.call("GET", "/auth/keys")).status).toBe(200);
});

test("a bracket in a text is no level", async () => {
  const name = `[{"\\${"[{".repeat(100)}`;
  const answer = await bench.call("POST", "/proxmox/endpoints", { ...endpoint, name, port: 0 });
  expect((await jsonOf<{ detail: { loc: string[] }[] }>(answer)).detail.map(({ loc }) => loc)).toEqual([
    ["body", "port"],
  ]);
});

test("fields named like those of every object change nothing of ours", async () => {
  const hostile = '"__proto__":{"enabled":false,"isAdmin":true,"id":99},"constructor":{"prototype":{"isAdmin":true}}';
  const rest = JSON.stringify({ ...endpoint, name: "proto" }).slice(1);
  const added = await jsonOf(bench.call("POST", "/proxmox/endpoints", `{${hostile},${rest}`));
  expect(added).toMatchObject({ id: 1, enabled: true, name: "proto" });
  expect(Object.keys(added)).not.toContain("__proto__");
  expect(added).not.toHaveProperty("isAdmin");
  expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
  const changed = await jsonOf(bench.call("PUT", "/proxmox/endpoints/1", `{${hostile}}`));
  expect(changed).toEqual(added);
  for (const query of ["__proto__=1", "constructor=1", "__proto__[x]=1", "toString=1", "hasOwnProperty=1"])
    expect([query, (await bench.call("GET", `/proxmox/endpoints?${query}`)).status]).toEqual([query, 200]);
  for (const path of ["/proxmox/endpoints/__proto__", "/runs/__proto__", "/runs/constructor/events"])
    expect([path, [404, 422].includes((await bench.call("GET", path)).status)]).toEqual([path, true]);
});

test("a name with line breaks makes no line of a log, no header and no frame of its own", async () => {
  const name =
    'a\r\nset-cookie: stolen=1\r\n\r\nevent: complete\ndata: {"ok":true}\n\n{"level":"error","event":"forged"}\u0000';
  const body = JSON.stringify({ ...endpoint, name });
  const sent = requestOf("POST", "/proxmox/endpoints", { "x-proxbox-api-key": bench.key }, body);
  const [head = "", text = ""] = (await raw(bench.gateway.port, sent)).split("\r\n\r\n");
  expect([statusesIn(head), /set-cookie/i.test(head)]).toEqual([[200], false]);
  expect(text.trim()).not.toMatch(/[\r\n]/);
  const told = async () => (await bench.call("GET", "/admin/logs?limit=5000")).text();
  await eventually(async () => (await told()).includes("event: complete"), "the log tells of it");
  const { logs } = JSON.parse(await told()) as { logs: { operation: string; resource_id: string | null }[] };
  expect(logs.some(({ operation }) => operation === "forged")).toBe(false);
  const [line] = logs.filter(({ resource_id }) => resource_id?.includes("event: complete"));
  expect(line).toMatchObject({ operation: "endpoint.changed", resource_id: name });
  const following = await bench.call("GET", "/admin/logs/stream");
  let frames = "";
  for await (const chunk of following.body ?? []) {
    frames += new TextDecoder().decode(chunk);
    if (frames.includes("stolen")) break;
  }
  expect(frames.match(/^event: (?!log$).*$/gm)).toBeNull();
});

test("what a client writes into a log is marked as its, one line, and bounded", async () => {
  const label = "x\ny".repeat(80);
  const refused = await bench.call("POST", "/auth/register-key", { api_key: "k".repeat(40), label });
  expect(refused.status).toBe(409);
  const run = await bench.call(
    "POST",
    "/runs",
    { stages: ["devices"] },
    {
      "x-proxbox-api-key": bench.key,
      "x-proxbox-actor": "a".repeat(5_000),
    },
  );
  expect([202, 422].includes(run.status)).toBe(true);
  const { id } = await jsonOf<{ id?: string }>(run);
  const shown = id ? await (await bench.call("GET", `/runs/${id}`)).text() : "";
  expect(shown.length).toBeLessThan(20_000);
});

test.each([
  "https://evil.example.com",
  "null",
  "http://127.0.0.1.evil.example.com",
  "http://localhost:3000.evil.com",
  "*",
])("a page of %p may read nothing", async (origin) => {
  for (const [method, path] of [
    ["OPTIONS", "/proxmox/endpoints"],
    ["GET", "/health"],
    ["GET", "/auth/keys"],
  ] as const) {
    const { headers } = await bench.call(method, path, undefined, { origin, "x-proxbox-api-key": bench.key });
    expect([path, headers.get("access-control-allow-origin")]).toEqual([path, null]);
    expect(headers.get("access-control-allow-credentials")).toBeNull();
  }
});

test("two hundred half requests hold nobody up", async () => {
  const { port } = bench.gateway;
  const slow = Array.from({ length: 200 }, () =>
    raw(port, "POST /proxmox/endpoints HTTP/1.1\r\nHost: backend\r\nContent-Le", 3_000),
  );
  const started = performance.now();
  for (let request = 0; request < 20; request += 1) expect((await bench.call("GET", "/auth/keys")).status).toBe(200);
  expect(performance.now() - started).toBeLessThan(3_000);
  await Promise.all(slow);
});

test("a query too long for what it asks is refused", async () => {
  const { port } = bench.gateway;
  const huge = `/admin/logs/stream?operation_id=${"x".repeat(8_000)}`;
  const answer = await raw(port, requestOf("GET", huge, { "x-proxbox-api-key": bench.key }), 2_000);
  expect(statusesIn(answer)[0]).toBe(422);
});

test("a socket that says too much is closed, one that says no key too, and the rest of the world goes on", async () => {
  const open = (path: string) => new WebSocket(`${bench.gateway.url.replace("http", "ws")}${path}`);
  const closing = (socket: WebSocket) =>
    new Promise<number>((resolve) => {
      socket.onclose = ({ code }) => resolve(code);
    });
  const large = open("/ws");
  large.onopen = () => large.send("x".repeat(100_000));
  const flooding = open("/ws");
  flooding.onopen = () => {
    for (let message = 0; message < 5_000; message += 1) flooding.send(`{"api_key":"wrong-${message}"}`);
  };
  const codes = await Promise.all([closing(large), closing(flooding)]);
  expect(codes[0]).toBeOneOf([1006, 1009]);
  expect(codes[1]).toBeOneOf([1008, 4001]);
  expect((await bench.call("GET", "/auth/keys")).status).toBe(200);
  const { keys } = await jsonOf<ApiKeyList>(bench.call("GET", "/auth/keys"));
  expect(keys.length).toBeGreaterThan(0);
});

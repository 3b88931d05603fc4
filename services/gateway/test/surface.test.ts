import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { StoredProxmoxEndpoint, settingKeys } from "@proxbox/contracts/endpoints";
import { decode } from "@proxbox/contracts/envelope";
import { names } from "@proxbox/contracts/streams";
import { openBucket } from "@proxbox/runtime/buckets";
import { openPaths } from "../src/access/auth.ts";
import { type Bench, eventually, jsonOf, runFact, startBench } from "./support.ts";

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench[Symbol.asyncDispose]());

const get = <T = Record<string, unknown>>(path: string) => jsonOf<T>(bench.call("GET", path));

describe("without a key", () => {
  test("nothing answers but what is open, by every method that a route has", async () => {
    const { paths } = await get<{ paths: Record<string, Record<string, { security?: [] }>> }>("/openapi.json");
    const routes = Object.entries(paths).flatMap(([path, verbs]) =>
      Object.entries(verbs).map(([verb, { security }]) => ({ path, verb: verb.toUpperCase(), security })),
    );
    expect(routes.length).toBeGreaterThan(100);
    const wrong: string[] = [];
    for (const { path, verb, security } of routes) {
      for (const variant of [path, `${path}/`].map((text) => text.replace(/\{\w+\}/g, "1"))) {
        const answered = await bench.call(verb, variant, verb === "GET" ? undefined : {}, {});
        const { detail } = (await answered.json().catch(() => ({}))) as { detail?: string };
        const refused = answered.status === 401 && /^API key required\./.test(detail ?? "");
        if (refused === openPaths.has(path)) wrong.push(`${verb} ${variant}: ${answered.status}`);
        if ((security?.length === 0) !== openPaths.has(path)) wrong.push(`${verb} ${path}: its document`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test.each(["/nothing", "/docs", "/meta", "/static/x", "/health/x", "//runs"])(
    "GET %s is 401, not a hint of what there is",
    async (path) => expect((await bench.call("GET", path, undefined, {})).status).toBe(401),
  );

  test.each<[string, string, number]>([
    ["POST /health?/proxmox/endpoints", "x", 400],
    ["POST /openapi.json?/runs", "ab", 400],
    ["GET /health?/proxmox/endpoints", "x", 400],
    ["GET /proxmox/endpoints", "a/health?", 400],
    ["GET /proxmox/endpoints", "a@b/health#", 400],
    ["GET /proxmox/endpoints", "a b", 400],
    ["GET /proxmox/endpoints", "", 400],
    ["GET /health/../proxmox/endpoints", "backend", 401],
    ["GET /health#/proxmox/endpoints", "backend", 401],
    ["GET /health?/proxmox/endpoints", "backend", 200],
    ["GET http://backend/proxmox/endpoints", "backend", 401],
  ])("%s of the host %p is %d", async (line, host, status) => {
    expect(
      await statusOf(`${line} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}`),
    ).toBe(status);
  });
});

/** The status of the answer to bytes that no client of HTTP would send. */
function statusOf(bytes: string): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  let text = "";
  const end = () => resolve(Number(text.split(" ")[1]));
  const socket = {
    open: (connection: { write(data: string): unknown }) => void connection.write(bytes),
    data: (_: unknown, data: Buffer) => {
      text += data.toString();
    },
    close: end,
    error: end,
  };
  Bun.connect({ hostname: "127.0.0.1", port: bench.gateway.port, socket }).catch(() => resolve(0));
  return promise;
}

describe("the runs at work", () => {
  test("none, then one, then none", async () => {
    const idle = { active: false, started_at: null, id: null, kind: null, runs: [] };
    expect(await get("/sync/active")).toEqual(idle);
    const { id } = await jsonOf<{ id: string }>(bench.call("POST", "/runs", {}));
    const second = await jsonOf<{ id: string }>(bench.call("POST", "/runs", { stages: ["devices", "storage"] }));
    const active = await get<{ runs: { id: string; kind: string; started_at: string }[] }>("/sync/active");
    expect(active).toMatchObject({ active: true, id, kind: "full-update", started_at: active.runs[0]?.started_at });
    expect(active.runs.map((run) => [run.id, run.kind])).toEqual([
      [id, "full-update"],
      [second.id, "devices,storage"],
    ]);
    for (const run of [id, second.id]) {
      await bench.call("POST", `/runs/${run}/cancel`);
      await runFact(bench.bus, run, "cancelled");
      const index = openBucket(bench.bus, names.runs);
      const entry = await index.get(`run.${run}`);
      await index.put(`run.${run}`, JSON.stringify({ ...JSON.parse(entry?.value ?? "{}"), phase: "cancelled" }));
    }
    expect(await get("/sync/active")).toEqual(idle);
  });
});

describe("what is remembered", () => {
  test("is told as it is, and forgotten when asked", async () => {
    type Numbers = { hits: number; misses: number; hit_rate: number; current_entries: number };
    await get("/clear-cache");
    const before = await get<Numbers>("/cache/metrics");
    const after = await get<Numbers>("/cache/metrics");
    expect(after.hits).toBe(before.hits + 1);
    expect(after.hit_rate).toBeCloseTo(after.hits / (after.hits + after.misses));
    expect(after.current_entries).toBeGreaterThan(0);
    expect(await get("/cache")).toMatchObject({ proxbox_cache: { api_keys: { misses: after.misses } } });
    const text = await (await bench.call("GET", "/cache/metrics/prometheus")).text();
    expect(text).toMatch(/^# TYPE proxbox_cache_hits counter\nproxbox_cache_hits \d+$/m);
    expect(await get("/clear-cache")).toEqual({ message: "All caches cleared" });
    expect((await get<Numbers>("/cache/metrics")).misses).toBe(after.misses + 1);
  });
});

test("requests are counted by route, not by path", async () => {
  await bench.call("GET", "/proxmox/endpoints/4711");
  await bench.call("GET", "/nothing/4711");
  await eventually(async () => {
    const text = await (await bench.call("GET", "/metrics")).text();
    const counted = ["/proxmox/endpoints/:id", "none"].every((route) =>
      text.includes(`proxbox_http_requests_total{method="GET",route="${route}",status="404"`),
    );
    return counted && !text.includes("4711");
  }, "both are counted");
});

describe("small answers", () => {
  test.each<[string, string, unknown]>([
    ["GET", "/extras/extras/custom-fields/create", []],
    ["POST", "/extras/custom-fields/reconcile", { ok: true, custom_fields: [] }],
    ["GET", "/proxmox/viewer/schema-status", { available_versions: [], generation_tasks: {} }],
    ["GET", "/dcim/devices", { message: expect.stringContaining("/dcim/devices/create/stream") }],
  ])("%s %s", async (method, path, body) => {
    for (const variant of [path, `${path}/`]) {
      const answered = await bench.call(method, variant);
      expect([answered.status, await jsonOf<unknown>(answered)]).toEqual([200, body]);
    }
  });

  test("an endpoint is found by its address", async () => {
    const row = { name: "pve (nb:4)", ip_address: "192.0.2.9", domain: "pve.example.com", port: 8006 };
    await bench.call("POST", "/proxmox/endpoints", { ...row, username: "root@pam", password: "p" });
    for (const url of ["https://pve.example.com:8006", "PVE.example.com", "https://192.0.2.9:8006/api2/json"]) {
      const found = await get(`/cloud/proxmox-endpoint/by-url?url=${encodeURIComponent(url)}`);
      expect(found).toEqual({ id: 4, name: "pve (nb:4)", url: "https://pve.example.com:8006" });
    }
    for (const [url, status] of [
      ["https://pve.example.com:8443", 404],
      ["https://", 400],
    ] as const) {
      expect((await bench.call("GET", `/cloud/proxmox-endpoint/by-url?url=${encodeURIComponent(url)}`)).status).toBe(
        status,
      );
    }
    expect((await bench.call("GET", "/cloud/proxmox-endpoint/by-url")).status).toBe(422);
  });
});

describe("the key of the secrets", () => {
  test("every secret is tried: all fit, then one does not and is named", async () => {
    await bench.call("POST", "/netbox/endpoint", { name: "nb", ip_address: "192.0.2.5", token: "abc" });
    const fits = {
      ...{ attestation_version: 1, configured: true, source: "env", active_key_source: "env" },
      ...{ encrypted_credentials_verified: true, encrypted_credentials: 3, unreadable: [] },
    };
    expect(await get("/admin/encryption/status")).toEqual(fits);
    const settings = openBucket(bench.bus, names.settings);
    const stored = await settings.get(settingKeys.proxmox(4));
    const row = decode(StoredProxmoxEndpoint, stored?.value ?? "");
    const foreign = `v1:${Buffer.alloc(60, 9).toString("base64url")}`;
    await settings.put(settingKeys.proxmox(4), JSON.stringify({ ...row, password: foreign }));
    expect(await get("/admin/encryption/status")).toEqual({
      ...fits,
      encrypted_credentials_verified: false,
      unreadable: ["Proxmox endpoint pve (nb:4)"],
    });
    // Its row can be listed, and a push heals it.
    expect((await bench.call("GET", "/proxmox/endpoints/4")).status).toBe(200);
    expect((await bench.call("PUT", "/proxmox/endpoints/4", { password: "new" })).status).toBe(200);
    expect(await get("/admin/encryption/status")).toEqual(fits);
  });
});

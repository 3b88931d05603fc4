import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { settingKeys } from "@proxbox/contracts/endpoints";
import { check } from "@proxbox/contracts/envelope";
import { InvalidRequest, RunAccepted, RunList, type ThrottleReport } from "@proxbox/contracts/http";
import type { ThrottleView } from "@proxbox/contracts/messages";
import { names } from "@proxbox/contracts/streams";
import { openBucket } from "@proxbox/runtime/buckets";
import { type Bench, jsonOf, startBench } from "./support.ts";

type Document = {
  paths: Record<
    string,
    Record<
      string,
      {
        summary?: string;
        parameters?: { name: string; in: string }[];
        security?: unknown;
        requestBody?: { content: Record<string, { schema: unknown }> };
      }
    >
  >;
  components: { schemas: object; securitySchemes: { apiKey: { name: string } } };
};

const view: ThrottleView = {
  resource: "netbox",
  ...{ limit: 4, min: 1, max: 64, inFlight: 3, waiting: 9, refused: 2 },
  ...{ requestsPerSecond: 8.5, objectsPerSecond: 112, refusedPerSecond: 0 },
  latency: { p50: 300, p90: 900, base: 250 },
  batches: { "virtual-machine": 50 },
  last: { action: "cut", why: "NetBox answered 503.", at: "2026-03-01T10:00:00.000Z" },
  controller: "orchestrator-a",
  at: "2026-03-01T10:00:01.000Z",
};

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench[Symbol.asyncDispose]());

describe("every answer", () => {
  test.each([
    ["GET", "/", 200],
    ["GET", "/health", 200],
    ["GET", "/health/", 200],
    ["GET", "/ready", 200],
    ["GET", "/metrics", 200],
    ["GET", "/openapi.json", 200],
    ["GET", "/auth/bootstrap-status/", 200],
    ["OPTIONS", "/runs", 204],
    ["GET", "/runs", 401],
    ["HEAD", "/health", 200],
  ])("%s %s without a key: %d, with security headers, never a redirect", async (method, path, status) => {
    const answer = await bench.call(method, path, undefined, { origin: "http://localhost:3000" });
    expect(answer.status).toBe(status);
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    expect(answer.headers.get("access-control-allow-origin")).toBe("http://localhost:3000");
  });

  test.each([
    ["/runs", 200],
    ["/runs/", 200],
    ["/version", 200],
    ["/version?unknown=1", 200],
    ["/throttle", 200],
    ["/nothing", 404],
    ["/runs/no-such-run", 404],
    ["/runs/*/events", 404],
    ["/runs/%3E/events", 404],
  ])("GET %s with a key: %d", async (path, status) => {
    expect((await bench.call("GET", path)).status).toBe(status);
  });

  test("a method that is not there is 405, and says which are", async () => {
    const answer = await bench.call("PATCH", "/proxmox/endpoints/1");
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "GET, PUT, DELETE"]);
  });

  test("health is what the plugin looks for, and so is the first word of the root", async () => {
    expect(await jsonOf(bench.call("GET", "/health"))).toEqual({ status: "ready", init_ok: true });
    expect((await jsonOf<{ message: string }>(bench.call("GET", "/"))).message).toStartWith("Proxbox Backend");
  });
});

describe("a malformed request is 422 and names its field", () => {
  test.each<[string, string, unknown, (string | number)[]]>([
    ["POST", "/runs", "{half", ["body"]],
    ["POST", "/runs", "null", ["body"]],
    ["POST", "/runs", [1], ["body"]],
    ["POST", "/runs", { colour: "red" }, ["body", "colour"]],
    ["POST", "/runs", { mode: "fast" }, ["body", "mode"]],
    ["POST", "/runs", { stages: [] }, ["body", "stages"]],
    ["POST", "/runs", { stages: ["devices", "nonsense"] }, ["body", "stages", 1]],
    ["POST", "/runs", { options: { overwrite_everything: true } }, ["body", "options", "overwrite_everything"]],
    ["POST", "/runs", { options: { delete_orphans: "maybe" } }, ["body", "options", "delete_orphans"]],
    ["POST", "/runs", { options: { proxmox_endpoint_ids: [4711] } }, ["body", "options", "proxmox_endpoint_ids"]],
    ["GET", "/runs?limit=many", undefined, ["query", "limit"]],
    ["GET", "/runs/r1/events?follow=maybe", undefined, ["query", "follow"]],
    ["POST", "/proxmox/endpoints", { name: "a" }, ["body", "ip_address"]],
    ["PUT", "/proxmox/endpoints/1", { port: 0 }, ["body", "port"]],
    ["PUT", "/proxmox/endpoints/1", { name: null }, ["body", "name"]],
    ["GET", "/proxmox/endpoints/one", undefined, ["path", "id"]],
    ["GET", "/proxmox/endpoints?limit=101", undefined, ["query", "limit"]],
    ["POST", "/auth/register-key", {}, ["body", "api_key"]],
  ])("%s %s %j", async (method, path, body, loc) => {
    const answer = await bench.call(method, path, body);
    const { detail, message, python_exception } = check(InvalidRequest, await jsonOf(answer));
    expect([answer.status, detail[0]?.loc, python_exception]).toEqual([422, loc, null]);
    expect(message).toStartWith(loc.join("."));
  });

  test.each([1, 5, 14])(
    "a body of more than %d MB is 413 and says so, with the headers of every answer",
    async (size) => {
      const body = JSON.stringify({ name: "x".repeat(size * 1024 * 1024) });
      for (const sent of [body, new Blob([body]).stream()]) {
        const answer = await fetch(`${bench.gateway.url}/proxmox/endpoints`, {
          method: "POST",
          headers: { "x-proxbox-api-key": bench.key, origin: "http://localhost:3000" },
          body: sent,
        });
        expect([answer.status, (await jsonOf(answer)).code]).toEqual([413, "body_too_large"]);
        expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
        expect(answer.headers.get("access-control-allow-origin")).toBe("http://localhost:3000");
      }
    },
  );

  test("a secret that was refused is not repeated", async () => {
    const body = { name: "a", ip_address: "10.0.0.1", port: 1, username: "u", password: "planted".repeat(200) };
    const answer = await bench.call("POST", "/proxmox/endpoints", body);
    expect([answer.status, (await answer.text()).includes("planted")]).toEqual([422, false]);
  });
});

describe("asking for a run", () => {
  test("fills in what was left out", async () => {
    const order = { stages: ["storage", "devices"], options: { overwrite_vm_tags: false } };
    const answer = await bench.call("POST", "/runs", order);
    const run = check(RunAccepted, await jsonOf(answer));
    expect([answer.status, answer.headers.get("location")]).toEqual([202, `/runs/${run.id}`]);
    expect(run).toMatchObject({ phase: "queued", links: { events: `/runs/${run.id}/events` } });
    expect(run.request).toMatchObject({ mode: "graph", stages: ["devices", "storage"], origin: "api" });
    expect(run.request.options).toMatchObject({
      overwrite_vm_tags: false,
      overwrite_vm_role: true,
      sync_mode_vm: "always",
    });
    const { runs } = check(RunList, await jsonOf(bench.call("GET", "/runs?limit=1")));
    expect(runs.map(({ id }) => id)).toEqual([run.id]);
  });

  test("the same Idempotency-Key is the same run, and another order under it is refused", async () => {
    const headers = { "x-proxbox-api-key": bench.key, "idempotency-key": "once" };
    const order = () => jsonOf<RunAccepted>(bench.call("POST", "/runs", { mode: "strict" }, headers));
    const [first, second] = await Promise.all([order(), order()]);
    expect(first.id).toBe(second.id);
    expect((await bench.call("POST", "/runs", { mode: "graph" }, headers)).status).toBe(409);
  });
});

test("the throttle is told as its controller left it, and its silence in a sentence", async () => {
  const silent = await jsonOf<ThrottleReport>(bench.call("GET", "/throttle"));
  expect([silent.resources, silent.message]).toEqual([[], expect.stringMatching(/^No throttle controller has spoken/)]);
  await openBucket(bench.bus, names.settings).put(settingKeys.throttle("netbox"), JSON.stringify(view));
  expect(await jsonOf<ThrottleReport>(bench.call("GET", "/throttle"))).toEqual({ resources: [view], message: null });
});

test("what nobody foresaw is 500 and says nothing of our insides", async () => {
  await openBucket(bench.bus, names.settings).put(settingKeys.proxmox(1), "{damaged");
  const answer = await bench.call("GET", "/proxmox/endpoints");
  expect([answer.status, await jsonOf(answer)]).toEqual([
    500,
    { message: "Internal server error", detail: "An unexpected error occurred.", python_exception: null },
  ]);
});

test("the document describes every route, and only schemas that are there", async () => {
  const document = await jsonOf<Document>(bench.call("GET", "/openapi.json"));
  const routes = Object.keys(document.paths);
  for (const path of ["/runs", "/runs/{id}/stages/{stage}/replay", "/proxmox/endpoints/{id}", "/throttle"])
    expect(routes).toContain(path);
  const known = Object.keys(document.components.schemas);
  const named = [...JSON.stringify(document).matchAll(/#\/components\/schemas\/(\w+)/g)].map(([, name]) => name);
  expect(named.filter((name) => !known.includes(name ?? ""))).toEqual([]);
  expect(document.components.securitySchemes.apiKey.name).toBe("x-proxbox-api-key");
  expect(document.paths["/health"]?.get?.security).toEqual([]);
  expect(document.paths["/"]?.get?.summary).toStartWith("Who this is");
  const { parameters } = document.paths["/proxmox/api2/{rest}"]?.get ?? {};
  expect(parameters?.map(({ name, in: place }) => `${place} ${name}`)).toEqual(
    expect.arrayContaining(["path rest", "query target_name"]),
  );
  const { requestBody } = document.paths["/runs"]?.post ?? {};
  expect(requestBody?.content["application/json"]?.schema).toEqual({
    $ref: "#/components/schemas/RunOrder",
  });
});

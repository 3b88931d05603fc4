import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { check } from "@proxbox/contracts/envelope";
import { type NotHere, NotHereBody, notHere } from "../src/plugin/not-here.ts";
import { type Bench, jsonOf, startBench } from "./support.ts";

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench[Symbol.asyncDispose]());

const rows: readonly NotHere[] = notHere;
const routes = rows.flatMap(({ methods, paths }) =>
  paths.flatMap((path) => methods.map((method) => [method, path.replace(/:\w+/g, "1").replace("*", "any/1")] as const)),
);

test.each(routes)("%s %s is 501, with and without a last slash", async (method, path) => {
  for (const [variant, body] of [
    [path, undefined],
    [`${path}/`, method === "GET" ? undefined : { any: "body" }],
  ] as const) {
    const answered = await bench.call(method, variant, body);
    expect(answered.status).toBe(501);
    const { detail, message, next } = check(NotHereBody, await jsonOf(answered));
    expect([message, detail.endsWith(next)]).toEqual([detail, true]);
  }
});

/** How each caller of plugin 0.0.29.post6 makes its text of an answer that is no success. */
const readers: [string, string, string, (body: Record<string, unknown>) => string | undefined][] = [
  [
    "a button of a machine",
    "POST",
    "/proxmox/qemu/100/start?endpoint_id=1",
    (body) => `${body.reason}. ${body.detail}`,
  ],
  ["the firewall", "PUT", "/proxmox/firewall/datacenter/rules/3?endpoint_id=1", (body) => String(body.detail)],
  ["making an instance", "POST", "/cloud/vm/provision", (body) => String(body.detail)],
  ["its templates", "GET", "/cloud/vm/templates?endpoint_id=1", (body) => String(body.detail)],
  ["the check of a merge", "POST", "/intent/plan", (body) => String(body.detail)],
  [
    "carrying out a deletion",
    "POST",
    "/intent/deletion-requests/3/execute",
    (body) => String(body.detail || body.message),
  ],
  ["tags of a machine", "PATCH", "/proxmox/qemu/100/tags?endpoint_id=1", (body) => String(body.detail)],
  ["the card of a backup server", "GET", "/pbs/status", (body) => String(body.detail)],
  ["the console", "POST", "/proxmox/console/browser-sessions", (body) => String(body.detail)],
  ["the host key", "GET", "/ssh/host-key-fingerprint?host=a&port=22", (body) => String(body.detail)],
  ["metrics", "POST", "/proxmox/metrics/influx/query", (body) => String(body.detail)],
];

describe("what the plugin shows is a sentence with a way out", () => {
  test.each(readers)("%s", async (_, method, path, textOf) => {
    const body = await jsonOf(bench.call(method, path, method === "GET" ? undefined : {}));
    expect(textOf(body)).toMatch(/[a-z]{3,}.*\. [A-Z].+\.$/);
    // These two words would be taken for a success: high availability wants rows with ok, the firewall skips.
    expect(["ok", "skipped"]).not.toContain(body.status);
    // A text with these words makes the plugin ask for its key again.
    expect(JSON.stringify(body)).not.toContain("API key");
  });
});

test("what is done here is not called not here: reads beside writes, paths beside them", async () => {
  for (const path of [
    "/proxmox/viewer/schema-status",
    "/cloud/proxmox-endpoint/by-url?url=x",
    "/admin/encryption/status",
  ]) {
    expect((await bench.call("GET", path)).status).not.toBe(501);
  }
  const wrong = await bench.call("PUT", "/proxmox/version");
  expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "GET"]);
});

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { decode, encode } from "@proxbox/contracts/envelope";
import { LiveAnswer, LiveQuestion, liveReads, liveSubject } from "@proxbox/contracts/live";
import { answerAsks } from "@proxbox/runtime/answer-asks";
import { type Bench, eventually, jsonOf, startBench } from "./support.ts";

let bench: Bench;
const asked: LiveQuestion[] = [];
/** What the inventory of these tests answers, and whether it was told that nobody waits any more. */
let answer: (question: LiveQuestion, signal: AbortSignal) => Promise<LiveAnswer>;
const listening = new AbortController();
let listened: Promise<void>;

const endpoint = (name: string, more: object = {}) => ({
  name,
  ip_address: "192.0.2.1",
  port: 8006,
  username: "root@pam",
  password: "secret",
  ...more,
});

beforeAll(async () => {
  bench = await startBench();
  listened = answerAsks(bench.bus, {
    subject: liveSubject,
    queue: "inventory",
    signal: listening.signal,
    handle: async (bytes, signal) => {
      const question = decode(LiveQuestion, bytes);
      asked.push(question);
      return encode(LiveAnswer, await answer(question, signal));
    },
  });
  await bench.call("POST", "/proxmox/endpoints", endpoint("one (nb:1)"));
  await bench.call("POST", "/proxmox/endpoints", endpoint("two (nb:7)", { domain: "two.example.com" }));
  await bench.call("POST", "/proxmox/endpoints", endpoint("off (nb:9)", { enabled: false }));
});
afterAll(async () => {
  listening.abort();
  await listened;
  await bench[Symbol.asyncDispose]();
});
beforeEach(() => {
  asked.length = 0;
  answer = async ({ name }) => ({ status: 200, body: [name] });
});

/** A path of the table with something in its place. */
const filled = (path: string) => path.replace(/\{(\w+)\}/g, "x$1").replace("*", "some/part");

describe("every live read", () => {
  test.each(liveReads.map(({ name, path, from }) => [filled(path), name, from] as const))(
    "GET %s asks for %s, with and without a last slash",
    async (path, name, from) => {
      for (const variant of [path, `${path}/`]) {
        const answered = await bench.call("GET", variant);
        expect([answered.status, await jsonOf<unknown>(answered)]).toEqual([200, [name]]);
        expect(answered.headers.get("content-type")).toStartWith("application/json");
      }
      expect(new Set(asked.map((question) => question.name))).toEqual(new Set([name]));
      expect(asked[0]?.endpoints).toEqual(from === "proxmox" ? [1, 7] : []);
    },
  );
});

test("a node may have the name of another route", async () => {
  for (const node of ["cluster", "nodes", "endpoints", "replication", "api2"]) {
    expect((await bench.call("GET", `/proxmox/${node}/qemu/100/config`)).status).toBe(200);
  }
  expect(asked.map(({ params }) => [params.node, params.type, params.vmid])).toEqual(
    ["cluster", "nodes", "endpoints", "replication", "api2"].map((node) => [node, "qemu", "100"]),
  );
});

describe("what is asked", () => {
  test.each<[string, number[], Record<string, string>]>([
    ["/proxmox/version?source=database&proxmox_endpoint_ids=7", [7], {}],
    ["/proxmox/version?source=database&proxmox_endpoint_ids=", [1, 7], {}],
    ["/proxmox/version?source=netbox&endpoint_ids=7,1", [1, 7], {}],
    ["/proxmox/version?endpoint_id=1", [1], {}],
    [
      "/proxmox/cluster/resources?type=vm&source=database&proxmox_endpoint_ids=1&unknown=",
      [1],
      { type: "vm", unknown: "" },
    ],
    ["/proxmox/pve/lxc/101/config?source=database&name=two%20(nb:7)", [7], { node: "pve", type: "lxc", vmid: "101" }],
    ["/proxmox/pve/lxc/101/config?name=renamed%20(nb:7)", [7], { node: "pve", type: "lxc", vmid: "101" }],
    [
      "/proxmox/nodes/pve%201/storage/local%2Fx/content?vmid=1&domain=two.example.com",
      [7],
      { node: "pve 1", storage: "local/x", vmid: "1" },
    ],
    ["/proxmox/api2/nodes/pve%2F1/time?source=database&target_name=two%20(nb:7)", [7], { rest: "nodes/pve%2F1/time" }],
    ["/proxmox/firewall/datacenter/groups/web/rules?endpoint_id=1", [1], { rest: "groups/web/rules" }],
    ["/netbox/status?source=x", [], { source: "x" }],
  ])("GET %s", async (path, endpoints, params) => {
    expect((await bench.call("GET", path)).status).toBe(200);
    expect(asked[0]).toMatchObject({ endpoints, params });
    expect(Object.keys(asked[0]?.params ?? {}).sort()).toEqual(Object.keys(params).sort());
  });

  test.each<[string, number, RegExp]>([
    ["/proxmox/version?proxmox_endpoint_ids=4711", 404, /no Proxmox endpoint 4711.*one \(nb:1\)/],
    ["/proxmox/version?proxmox_endpoint_ids=9", 404, /disabled/],
    ["/proxmox/version?proxmox_endpoint_ids=one", 400, /whole numbers/],
    ["/proxmox/version?source=file", 400, /database or netbox/],
    ["/proxmox/pve/qemu/1/config?name=nobody", 404, /name nobody/],
    ["/proxmox/api2/", 404, /^Not Found$/],
  ])("GET %s is answered %d", async (path, status, sentence) => {
    const answered = await bench.call("GET", path);
    const body = await jsonOf(answered);
    expect(answered.status).toBe(status);
    expect(body).toMatchObject({
      detail: expect.stringMatching(sentence),
      message: body.detail,
      python_exception: null,
    });
    expect(asked).toEqual([]);
  });
});

describe("what is answered", () => {
  test("goes on as it is: null, an object, many megabytes", async () => {
    answer = async () => ({ status: 200, body: null });
    const unmanaged = await bench.call("GET", "/proxmox/cluster/ha/resources/by-vm/100");
    expect([unmanaged.status, await unmanaged.text()]).toEqual([200, "null"]);
    expect(unmanaged.headers.get("x-content-type-options")).toBe("nosniff");

    const rows = Array.from({ length: 20_000 }, (_, vmid) => ({
      vmid,
      name: `guest-${vmid}-äöü`,
      note: "x".repeat(200),
    }));
    answer = async () => ({ status: 200, body: [{ lab: rows }] });
    expect(await jsonOf<unknown>(bench.call("GET", "/proxmox/cluster/resources"))).toEqual([{ lab: rows }]);
  });

  test("a source that cannot be read is told with its status, sentence, cause and next step", async () => {
    const error = {
      code: "proxmox_unauthorized",
      message: "Proxmox endpoint two refused root@pam!sync (401).",
      cause: "token expired",
      next: "Make another token.",
      retryable: false,
    };
    answer = async () => ({ status: 502, error });
    const answered = await bench.call("GET", "/proxmox/nodes/");
    const sentence = "Proxmox endpoint two refused root@pam!sync (401). (token expired)";
    expect([answered.status, answered.headers.get("retry-after"), await jsonOf(answered)]).toEqual([
      502,
      null,
      { detail: sentence, message: sentence, python_exception: null, code: error.code, next: error.next },
    ]);
    answer = async () => ({ status: 503, error: { ...error, code: "secret_unreadable" } });
    const unreadable = await bench.call("GET", "/proxmox/nodes");
    expect([unreadable.status, unreadable.headers.get("retry-after")]).toEqual([503, "5"]);
  });

  test("the overview is made of the versions", async () => {
    answer = async () => ({ status: 200, body: [{ lab: { version: "9.2" } }] });
    expect(await jsonOf(bench.call("GET", "/proxmox/"))).toMatchObject({
      clusters: [{ lab: { version: { version: "9.2" } } }],
    });
  });

  test("a client that goes away ends the question", async () => {
    const refusals = async () => {
      const metrics = await (await bench.call("GET", "/metrics")).text();
      return Number(/http_requests_total\{[^}]*status="503"[^}]*\} (\d+)/.exec(metrics)?.[1] ?? 0);
    };
    const before = await refusals();
    const held = Promise.withResolvers<LiveAnswer>();
    answer = () => held.promise;
    const client = new AbortController();
    const headers = { "x-proxbox-api-key": bench.key };
    const request = fetch(`${bench.gateway.url}/proxmox/nodes`, { headers, signal: client.signal }).catch(() => null);
    await eventually(() => asked.length === 1, "inventory is asked");
    client.abort();
    expect(await request).toBeNull();
    await eventually(async () => (await refusals()) > before, "the gateway waits no longer");
    held.resolve({ status: 200, body: [] });
  });
});

describe("when inventory does not answer", () => {
  test("in time: 504 that says whom it should have read, before a card of the plugin gives up", async () => {
    const held = Promise.withResolvers<LiveAnswer>();
    answer = () => held.promise;
    const began = performance.now();
    const answered = await bench.call("GET", "/proxmox/version?proxmox_endpoint_ids=7");
    expect(performance.now() - began).toBeLessThan(5_000);
    expect([answered.status, await jsonOf(answered)]).toMatchObject([
      504,
      { code: "ask_timeout", detail: expect.stringMatching(/^Proxmox \(two \(nb:7\)\) could not be read: inventory/) },
    ]);
    held.resolve({ status: 200, body: [] });
  }, 10_000);

  test("at all: 503, and when to ask again", async () => {
    await using empty = await startBench();
    const answered = await empty.call("GET", "/netbox/status");
    expect([answered.status, answered.headers.get("retry-after"), await jsonOf(answered)]).toMatchObject([
      503,
      "5",
      {
        code: "ask_unheard",
        detail: expect.stringMatching(/^NetBox could not be read: .*inventory/),
        python_exception: null,
      },
    ]);
  });
});

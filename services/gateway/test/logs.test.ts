import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { encode } from "@proxbox/contracts/envelope";
import { LogLine } from "@proxbox/contracts/log-line";
import { logSubject } from "@proxbox/contracts/subjects";
import type { LogEntry } from "../src/logs/log-entry.ts";
import { logEntry } from "../src/logs/log-entry.ts";
import { logStream } from "../src/logs/log-stream.ts";
import { type Bench, eventually, framesOf, framesUntil, jsonOf, startBench } from "./support.ts";

type Page = { logs: LogEntry[]; total: number; has_more: boolean; active_filters: object };

/** Says lines as a service does; the answer comes when they are stored. */
async function say(bench: Bench, service: string, ...lines: Partial<LogLine>[]): Promise<void> {
  for (const line of lines) {
    const whole: LogLine = {
      ...{ time: new Date().toISOString(), level: "info", replica: "r", event: "item.done", message: "Said." },
      ...line,
      service,
    };
    await bench.bus.publish(logSubject(service), encode(LogLine, whole));
  }
}

const keyOf = (bench: Bench) => ({ headers: { "x-proxbox-api-key": bench.key } });
const page = async (bench: Bench, query = "", url = bench.gateway.url) =>
  jsonOf<Page>(fetch(`${url}/admin/logs${query}`, keyOf(bench)));
const messages = ({ logs }: Page) => logs.map(({ message }) => message);

describe("GET /admin/logs", () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await startBench();
    await say(
      bench,
      "vms",
      { message: "1", run: "r1", stage: "devices" },
      {
        message: "2",
        run: "r1",
        level: "warn",
        event: "item.failed",
        item: "i1",
        error: "NetBoxAPIError: No.\ncode: x",
      },
      { message: "3", run: "r2", level: "error", object: "virtual machine web", endpoint: "3" },
    );
    await say(bench, "network", { message: "4", run: "r2" });
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  test("shows the lines of every service, newest first, each as the plugin's page reads it", async () => {
    const { logs, total, has_more, active_filters } = await page(bench, "?limit=4");
    expect(messages({ logs } as Page)).toEqual(["4", "3", "2", "1"]);
    expect([has_more, total > 4]).toEqual([true, true]);
    expect(active_filters).toEqual({
      level: null,
      errors_only: null,
      newer_than_id: null,
      older_than_id: null,
      operation_id: null,
      since: null,
    });
    expect(logs[2]).toEqual({
      id: expect.stringMatching(/^\d+$/),
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00$/),
      level: "WARNING",
      module: "vms/r",
      message: "2",
      operation_id: "r1",
      operation: "item.failed",
      phase: null,
      resource_type: "item",
      resource_id: "i1",
      expandable: { traceback: "NetBoxAPIError: No.\ncode: x" },
    });
    expect(logs[1]).toMatchObject({ resource_type: "object", resource_id: "virtual machine web", expandable: null });
    expect(logs[3]).toMatchObject({ phase: "devices", resource_type: null, resource_id: null });
  });

  test("says what the gateway itself has said", async () => {
    const { logs } = await page(bench, "?level=INFO&limit=5000");
    expect(logs.filter(({ module }) => module.startsWith("gateway/")).map(({ operation }) => operation)).toContain(
      "service.started",
    );
  });

  test("pages by offset and by id, without a gap or a double", async () => {
    const all = await page(bench, "?operation_id=r1");
    expect([messages(all), all.total, all.has_more]).toEqual([["2", "1"], 2, false]);
    const first = await page(bench, "?operation_id=r2&limit=1");
    expect([messages(first), first.total, first.has_more]).toEqual([["4"], 2, true]);
    const second = await page(bench, "?operation_id=r2&limit=1&offset=1");
    expect([messages(second), second.has_more]).toEqual([["3"], false]);
    const older = await page(bench, `?operation_id=r2&older_than_id=${first.logs[0]?.id}`);
    expect(messages(older)).toEqual(["3"]);
    const newer = await page(bench, `?operation_id=r2&newer_than_id=${second.logs[0]?.id}`);
    expect(messages(newer)).toEqual(["4"]);
    expect(messages(await page(bench, `?newer_than_id=${first.logs[0]?.id}`))).toEqual([]);
  });

  test("chooses errors", async () => {
    const { logs, active_filters } = await page(bench, "?errors_only=true&limit=200");
    expect(logs.map(({ message }) => message)).toEqual(["3", "2"]);
    expect(active_filters).toMatchObject({ errors_only: true, level: null });
  });

  test.each([
    "level=error",
    "limit=0",
    "limit=5001",
    "offset=-1",
    "since=yesterday",
    "newer_than_id=x",
    "errors_only=maybe",
  ])("%s is 422", async (query) => {
    expect((await bench.call("GET", `/admin/logs?${query}`)).status).toBe(422);
    const isOfStream = !query.startsWith("limit") && !query.startsWith("offset");
    if (isOfStream) expect((await bench.call("GET", `/admin/logs/stream?${query}`)).status).toBe(422);
  });

  test("what it does not know is ignored, and so are a slash and the wish for JSON", async () => {
    const answer = await fetch(`${bench.gateway.url}/admin/logs/?limit=1&colour=red`, {
      headers: { ...keyOf(bench).headers, accept: "application/json" },
    });
    expect([answer.status, messages(await jsonOf<Page>(answer))]).toEqual([200, ["4"]]);
  });
});

test("ids are the same at every gateway, and a page that waits since before nats-server's restart is not left waiting", async () => {
  await using bench = await startBench();
  await say(bench, "vms", { message: "old" });
  const before = await page(bench);
  {
    await using second = await bench.another();
    expect((await page(bench, "", second.url)).logs.at(-1)).toEqual(before.logs.at(-1) as LogEntry);
    expect(messages(await page(bench, "", second.url))).toContain("old");
  }
  await say(bench, "vms", ...Array.from({ length: 20 }, (_, index) => ({ message: `more ${index}` })));
  const [newest] = (await page(bench, "?limit=1")).logs;
  await bench.nats.restart();
  await eventually(async () => (await bench.call("GET", "/admin/logs")).status === 200, "the log is there again");
  await say(bench, "vms", { message: "new" });
  await eventually(
    async () => messages(await page(bench, `?newer_than_id=${newest?.id}`)).includes("new"),
    "a page that knows an older id gets what is new",
  );
  expect(messages(await page(bench))).not.toContain("old");
});

test("the last ten thousand are kept", async () => {
  await using bench = await startBench();
  const text = (message: string) => encode(LogLine, { ...line, message });
  for (let index = 0; index < 10_100; index += 1) bench.bus.tell(logSubject("vms"), text(`${index}`));
  await say(bench, "vms", { message: "last" });
  const { logs, total } = await page(bench, "?limit=5000&offset=6000");
  expect([total, logs.length]).toEqual([10_000, 4_000]);
  expect(messages(await page(bench, "?limit=1"))).toEqual(["last"]);
});

const line: LogLine = {
  time: "2026-03-01T10:00:00.000Z",
  level: "info",
  service: "vms",
  replica: "r",
  event: "item.done",
  message: "Said.",
};

describe("GET /admin/logs/stream", () => {
  test("tells the last 200 that fit in order, then what comes, without ids or other lines", async () => {
    await using bench = await startBench();
    await say(bench, "vms", ...Array.from({ length: 210 }, (_, index) => ({ message: `${index}`, run: "r1" })));
    await say(bench, "vms", { message: "of another run", run: "r2" });
    const stop = new AbortController();
    const answer = await fetch(`${bench.gateway.url}/admin/logs/stream?operation_id=r1`, {
      ...keyOf(bench),
      signal: stop.signal,
    });
    expect(answer.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    const frames = framesOf(answer);
    const replayed = await framesUntil(frames, ({ data }) => data.message === "209");
    expect([replayed.length, replayed[0]?.data.message]).toEqual([200, "10"]);
    expect(new Set(replayed.map(({ event, id }) => `${event} ${id}`))).toEqual(new Set(["log null"]));
    await say(bench, "network", { message: "not mine", run: "r2" }, { message: "mine", run: "r1" });
    const [next] = await framesUntil(frames, () => true);
    expect(next?.data).toMatchObject({ message: "mine", module: "network/r", operation_id: "r1" });
    stop.abort();
    await expect(frames.next()).rejects.toThrow();
    await eventually(
      async () => /^proxbox_sse_clients(\{.*\})? 0$/m.test(await (await bench.call("GET", "/metrics")).text()),
      "the reader is counted as gone",
    );
  });

  test("goes on from an id, also when ids have begun anew since", async () => {
    await using bench = await startBench();
    await say(bench, "vms", ...Array.from({ length: 30 }, (_, index) => ({ message: `${index}` })));
    const [, second] = (await page(bench, "?limit=2")).logs;
    const follow = async (from: string | undefined) =>
      framesOf(await fetch(`${bench.gateway.url}/admin/logs/stream?newer_than_id=${from}`, keyOf(bench)));
    const [first] = await framesUntil(await follow(second?.id), () => true);
    expect(first?.data.message).toBe("29");
    const frames = await follow(second?.id);
    await framesUntil(frames, () => true);
    await bench.nats.restart();
    await eventually(async () => (await bench.call("GET", "/admin/logs")).status === 200, "the log is there again");
    await say(bench, "vms", { message: "after" });
    await framesUntil(frames, ({ data }) => data.message === "after");
  });

  test("breaks its silence by a comment", async () => {
    const stop = new AbortController();
    const never = (async function* (): AsyncGenerator<LogEntry> {
      await new Promise((resolve) => stop.signal.addEventListener("abort", resolve));
    })();
    const reader = logStream([logEntry(1, line)], never, stop, 20).getReader();
    const read = async () => new TextDecoder().decode((await reader.read()).value);
    expect(await read()).toMatch(/^: log\n\nevent: log\ndata: \{"id":"1",.*\}\n\n$/);
    expect([await read(), await read()]).toEqual([": still here\n\n", ": still here\n\n"]);
    await reader.cancel();
    expect(stop.signal.aborted).toBe(true);
  });
});

describe("without a key", () => {
  test("the logs are refused as everything is, and asking for them locks nobody out", async () => {
    await using bench = await startBench();
    for (let attempt = 0; attempt < 60; attempt += 1) {
      const path = attempt % 2 ? "/admin/logs" : "/admin/logs/stream";
      const answer = await bench.call("GET", path, undefined, {});
      expect([answer.status, (await jsonOf(answer)).detail]).toEqual([401, "API key required."]);
    }
    expect((await bench.call("GET", "/admin/logs")).status).toBe(200);
  });

  test("PROXBOX_OPEN_LOGS lets a browser read them from NetBox's page, and nothing else", async () => {
    await using bench = await startBench({ PROXBOX_OPEN_LOGS: "true" });
    const netbox = { name: "nb", ip_address: "192.0.2.9", domain: "nb.example.com", port: 443, token: "t".repeat(40) };
    await bench.call("POST", "/netbox/endpoint", netbox);
    const origin = "https://nb.example.com";
    for (const path of ["/admin/logs", "/admin/logs/stream"]) {
      const answer = await bench.call("GET", path, undefined, { origin, accept: "application/json" });
      expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([200, origin]);
      await answer.body?.cancel();
    }
    for (const path of ["/runs", "/auth/keys", "/admin/logs/else", "/proxmox/endpoints"])
      expect((await bench.call("GET", path, undefined, { origin })).status).toBe(401);
  });
});

test("no planted secret is in any log, whoever says it", async () => {
  await using bench = await startBench();
  const planted = "planted-Secret-0123456789abcdef";
  const body = { name: "pve", ip_address: "192.0.2.3", port: 8006, username: "u@pam", password: planted };
  await bench.call("POST", "/proxmox/endpoints", body);
  await bench.call("POST", "/netbox/endpoint", { name: "nb", ip_address: "192.0.2.9", domain: "", token: planted });
  await bench.call("GET", "/runs", undefined, { "x-proxbox-api-key": planted });
  const { logs } = await page(bench, "?limit=5000");
  const said = logs.map(({ operation }) => operation);
  expect([said.includes("endpoint.changed"), said.includes("key.refused")]).toEqual([true, true]);
  expect(JSON.stringify(logs)).not.toContain(planted);
});

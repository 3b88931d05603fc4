import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { check } from "@proxbox/contracts/envelope";
import { AttemptResults, type RunAccepted, RunView } from "@proxbox/contracts/http";
import { names } from "@proxbox/contracts/streams";
import {
  type Bench,
  eventually,
  type Frame,
  framesOf,
  framesUntil,
  itemResult,
  jsonOf,
  runFact,
  spawnGateway,
  stageFact,
  startBench,
  summary,
  testKey,
} from "./support.ts";

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench[Symbol.asyncDispose]());

const newRun = async () => (await jsonOf<RunAccepted>(bench.call("POST", "/runs", { stages: ["devices"] }))).id;
const follow = (run: string, headers: Record<string, string> = {}, query = "", url = bench.gateway.url) =>
  fetch(`${url}/runs/${run}/events${query}`, { headers: { "x-proxbox-api-key": testKey, ...headers } });
const namesOf = (frames: Frame[]) => frames.map(({ event }) => event);
const isEnd = ({ event }: Frame) => event === "run.done";
const clients = async () =>
  Number(/proxbox_sse_clients\S* (\d+)/.exec(await (await bench.call("GET", "/metrics")).text())?.[1]);

describe("server-sent events", () => {
  test("tell a run from its creation to its end, and then close", async () => {
    const run = await newRun();
    const answer = await follow(run);
    expect(answer.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    const frames = framesUntil(framesOf(answer), () => false).catch(String);
    await runFact(bench.bus, run, "running");
    await stageFact(bench.bus, run, "devices", 1, "commanded", { mode: "full" });
    await stageFact(bench.bus, run, "devices", 1, "started");
    await itemResult(bench.bus, run, "node-1");
    await stageFact(bench.bus, run, "devices", 1, "done", { summary: summary(true) });
    await runFact(bench.bus, run, "done", { ok: true });
    expect(await frames).toBe("Error: The stream ended after 7 frames.");
    const again = await framesUntil(framesOf(await follow(run)), isEnd);
    expect(namesOf(again)).toEqual([
      "run.created",
      "run.running",
      "stage.commanded",
      "stage.started",
      "item.result",
      "stage.done",
      "run.done",
    ]);
    expect(again[4]?.data).toMatchObject({
      run,
      stage: "devices",
      attempt: 1,
      key: "node-1",
      state: "ok",
      by: "test/t",
    });
    expect(again[6]?.data).toMatchObject({ run, stage: null, ok: true });
  });

  test("go on after Last-Event-ID, by header or query; 204 when there is no more", async () => {
    const run = await newRun();
    for (const key of ["a", "b", "c"]) await itemResult(bench.bus, run, key);
    await runFact(bench.bus, run, "done", { ok: true });
    const all = await framesUntil(framesOf(await follow(run)), isEnd);
    const ids = all.map(({ id }) => id ?? "");
    const rest = await framesUntil(framesOf(await follow(run, { "last-event-id": ids[2] ?? "" })), isEnd);
    expect(rest).toEqual(all.slice(3));
    expect(await framesUntil(framesOf(await follow(run, {}, `?last_event_id=${ids[2]}`)), isEnd)).toEqual(rest);
    expect((await follow(run, { "last-event-id": ids[4] ?? "" })).status).toBe(204);
  });

  test("own up to another life of the stream", async () => {
    const run = await newRun();
    await runFact(bench.bus, run, "done", { ok: true });
    const frames = await framesUntil(framesOf(await follow(run, { "last-event-id": "00000000-5" })), isEnd);
    expect(namesOf(frames)).toEqual(["reset", "run.created", "run.done"]);
    expect(frames[0]?.id).toBeNull();
  });

  test("a replay is seen by who stayed and by who comes back", async () => {
    const run = await newRun();
    const replay = () => bench.call("POST", `/runs/${run}/stages/devices/replay`, { mode: "failed-only" });
    expect((await replay()).status).toBe(409);
    await stageFact(bench.bus, run, "devices", 1, "started");
    expect((await replay()).status).toBe(409);
    await itemResult(bench.bus, run, "bad", 0, "failed");
    await stageFact(bench.bus, run, "devices", 1, "done", { summary: summary(false) });
    const stayed = framesOf(await follow(run, {}, "?follow=true"));
    await runFact(bench.bus, run, "failed", { ok: false });
    const first = await framesUntil(stayed, ({ event }) => event === "run.failed");
    const replayed = await replay();
    expect([replayed.status, await jsonOf(replayed)]).toEqual([
      202,
      { run, stage: "devices", attempt: 2, mode: "failed-only" },
    ]);
    expect((await replay()).status).toBe(409);
    expect((await bench.call("POST", `/runs/${run}/stages/storage/replay`)).status).toBe(404);
    const back = framesOf(await follow(run, { "last-event-id": first.at(-1)?.id ?? "" }));
    await stageFact(bench.bus, run, "devices", 2, "done", { summary: summary(true) });
    await runFact(bench.bus, run, "done", { ok: true }, 1);
    const seen = await framesUntil(back, isEnd);
    expect(namesOf(seen)).toEqual(["stage.replay", "stage.done", "run.done"]);
    expect(await framesUntil(stayed, isEnd)).toEqual(seen);
    await stayed.return(undefined);

    const view = check(RunView, await jsonOf(bench.call("GET", `/runs/${run}`)));
    const attempts = [
      { attempt: 1, phase: "done", ok: false },
      { attempt: 2, phase: "done", ok: true },
    ];
    expect(view).toMatchObject({
      phase: "done",
      ok: true,
      generation: 1,
      stages: [{ stage: "devices", attempt: 2, attempts }],
    });
    expect(view.lastEventId).toBe(seen.at(-1)?.id ?? "");
    const old = check(
      AttemptResults,
      await jsonOf(bench.call("GET", `/runs/${run}/stages/devices/attempts/1?state=failed`)),
    );
    expect(old).toMatchObject({ attempt: { ok: false }, results: [{ key: "bad", state: "failed" }], next: null });
    expect((await bench.call("GET", `/runs/${run}/stages/devices/attempts/3`)).status).toBe(404);
  });

  test("the results of an attempt come page by page", async () => {
    const run = await newRun();
    await stageFact(bench.bus, run, "devices", 1, "started");
    const keys = ["a", "b", "c", "d", "e"];
    for (const key of keys) await itemResult(bench.bus, run, key);
    const seen: string[] = [];
    for (let after: number | null = 0; after !== null; ) {
      const page: { results: { key: string }[]; next: number | null } = await jsonOf(
        bench.call("GET", `/runs/${run}/stages/devices/attempts/1?limit=2&after=${after}`),
      );
      expect(page.results.length).toBeLessThanOrEqual(2);
      seen.push(...page.results.map(({ key }) => key));
      after = page.next;
    }
    expect(seen).toEqual(keys);
  });

  test("a cancellation is told once, and refused when the run has ended", async () => {
    const run = await newRun();
    const frames = framesOf(await follow(run));
    const cancelled = await bench.call("POST", `/runs/${run}/cancel`);
    expect([cancelled.status, (await jsonOf(cancelled)).phase]).toEqual([202, "cancelling"]);
    expect((await bench.call("POST", `/runs/${run}/cancel`)).status).toBe(202);
    await runFact(bench.bus, run, "cancelled");
    const seen = await framesUntil(frames, ({ event }) => event === "run.cancelled");
    expect(namesOf(seen)).toEqual(["run.created", "run.cancelling", "run.cancelled"]);
    expect((await bench.call("POST", `/runs/${run}/cancel`)).status).toBe(409);
  });
});

test("200 readers see every event, and are forgotten when they go", async () => {
  const run = await newRun();
  const stop = new AbortController();
  const url = `${bench.gateway.url}/runs/${run}/events`;
  const answers = await Promise.all(
    Array.from({ length: 200 }, () => fetch(url, { headers: { "x-proxbox-api-key": testKey }, signal: stop.signal })),
  );
  const keys = Array.from({ length: 20 }, (_, index) => `k${index}`);
  const reading = answers.map((answer) => framesUntil(framesOf(answer), ({ data }) => data.key === "k19"));
  for (const key of keys) await itemResult(bench.bus, run, key);
  for (const frames of await Promise.all(reading)) expect(frames.slice(1).map(({ data }) => data.key)).toEqual(keys);
  expect(await clients()).toBeGreaterThanOrEqual(200);
  stop.abort();
  await eventually(async () => (await clients()) === 0, "no reader is counted any more");
});

test("a reader that stalls costs neither memory nor the others, and misses nothing when it reads again", async () => {
  const run = await newRun();
  await using separate = await spawnGateway(bench);
  const memory = async () =>
    Number(/proxbox_memory_bytes\S* (\d+)/.exec(await (await fetch(`${separate.url}/metrics`)).text())?.[1]);
  const received: Uint8Array[] = [];
  const head = `GET /runs/${run}/events HTTP/1.1\r\nHost: localhost\r\nX-Proxbox-API-Key: ${testKey}\r\n\r\n`;
  const stalled = await Bun.connect({
    hostname: "127.0.0.1",
    port: separate.port,
    socket: {
      open: (socket) => {
        socket.write(head);
        socket.pause();
      },
      data: (_, chunk) => void received.push(chunk),
    },
  });
  const other = await framesUntil(framesOf(await follow(run, {}, "", separate.url)), () => true);
  expect(namesOf(other)).toEqual(["run.created"]);
  const before = await memory();
  const keys = Array.from({ length: 1_200 }, (_, index) => `k${index}`);
  for (const key of keys) await itemResult(bench.bus, run, key, 200_000);
  await runFact(bench.bus, run, "done", { ok: true });
  const rest = framesOf(await follow(run, { "last-event-id": other[0]?.id ?? "" }, "", separate.url));
  const seen: unknown[] = [];
  for await (const { data } of rest) seen.push(data.key);
  expect(seen).toEqual([...keys, undefined]);
  // 240 MB went by, twice; what stays is the shared memory, a few messages and garbage.
  expect(((await memory()) - before) / 1e6).toBeLessThan(200);
  stalled.resume();
  const hasEnded = () => Buffer.concat(received.slice(-3)).includes("event: run.done");
  await eventually(hasEnded, "the stalled reader has caught up");
  const caught = Buffer.concat(received)
    .toString()
    .matchAll(/"key":"(k\d+)"/g);
  expect([...caught].map(([, key]) => key)).toEqual(keys);
  stalled.end();
}, 60_000);

describe("nothing is lost and nothing comes twice", () => {
  test("when nats-server restarts, and when a gateway ends and another goes on", async () => {
    const run = await newRun();
    const first = await bench.another();
    const stayed = framesOf(await follow(run));
    const moved = framesOf(await follow(run, {}, "", first.url));
    const keys = Array.from({ length: 30 }, (_, index) => `k${index}`);
    const telling = (async () => {
      for (const key of keys) {
        await itemResult(bench.bus, run, key);
        await Bun.sleep(10);
      }
      await runFact(bench.bus, run, "done", { ok: true });
    })();
    const begun = await framesUntil(moved, ({ data }) => data.key === "k5");
    await first[Symbol.asyncDispose]();
    await bench.nats.restart();
    await eventually(async () => (await bench.call("GET", "/ready")).ok, "the gateway is connected again");
    const rest = await framesUntil(framesOf(await follow(run, { "last-event-id": begun.at(-1)?.id ?? "" })), isEnd);
    await telling;
    const told = [undefined, ...keys, undefined];
    expect([...begun, ...rest].map(({ data }) => data.key)).toEqual(told);
    expect((await framesUntil(stayed, isEnd)).map(({ data }) => data.key)).toEqual(told);
  });
});

test("what the stream has forgotten is owned up to", async () => {
  await using other = await startBench();
  const { id: run } = await jsonOf<RunAccepted>(other.call("POST", "/runs", {}));
  for (const key of ["a", "b"]) await itemResult(other.bus, run, key);
  await runFact(other.bus, run, "done", { ok: true });
  const all = await framesUntil(framesOf(await other.call("GET", `/runs/${run}/events`)), isEnd);
  await other.bus.jsm.streams.purge(names.events, { seq: 3 });
  for (const query of ["", `?last_event_id=${all[0]?.id}`]) {
    const frames = await framesUntil(framesOf(await other.call("GET", `/runs/${run}/events${query}`)), isEnd);
    expect(frames[0]).toMatchObject({ event: "gap", id: null, data: { first: all[2]?.id } });
    expect(frames.slice(1)).toEqual(all.slice(2));
  }
  expect((await other.call("GET", `/runs/${run}`)).status).toBe(404);
});

describe("WebSocket", () => {
  type Heard = { frames: Frame[]; code: number };
  const open = (run: string, onFrame: (frame: Frame, socket: WebSocket) => void = () => {}, query = "") => {
    const url = `${bench.gateway.url.replace("http", "ws")}/runs/${run}/ws${query}`;
    const socket = new WebSocket(url, { headers: { "x-proxbox-api-key": testKey } } as never);
    const heard: Heard = { frames: [], code: 0 };
    const { promise, resolve } = Promise.withResolvers<Heard>();
    socket.onmessage = ({ data }) => {
      const frame = JSON.parse(String(data)) as Frame;
      heard.frames.push(frame);
      onFrame(frame, socket);
    };
    socket.onclose = ({ code }) => resolve({ ...heard, code });
    return promise;
  };

  test("tells the same frames as SSE, and closes after the end", async () => {
    const run = await newRun();
    const heard = open(run);
    for (const key of ["a", "b"]) await itemResult(bench.bus, run, key);
    await runFact(bench.bus, run, "done", { ok: true });
    const { frames, code } = await heard;
    expect(code).toBe(1000);
    expect(frames).toEqual(await framesUntil(framesOf(await follow(run)), isEnd));
    const rest = await open(run, undefined, `?last_event_id=${frames[1]?.id}`);
    expect(rest.frames).toEqual(frames.slice(2));
  });

  test("takes a cancellation, and answers anything else with a sentence", async () => {
    const run = await newRun();
    const heard = open(run, ({ event }, socket) => {
      if (event === "run.created") socket.send("what?");
      if (event === "refused") socket.send(JSON.stringify({ type: "cancel" }));
      if (event === "accepted") void runFact(bench.bus, run, "cancelled");
    });
    const { frames } = await heard;
    expect(frames.find(({ event }) => event === "refused")?.data.message).toBe('Only {"type":"cancel"} is understood.');
    expect(namesOf(frames).filter((name) => name.startsWith("run."))).toEqual([
      "run.created",
      "run.cancelling",
      "run.cancelled",
    ]);
  });

  test.each([
    ["an unknown run", "no-such-run", testKey, 404],
    ["a wrong key", "no-such-run", "wrong", 401],
  ])("refuses %s by HTTP", async (_, run, key, status) => {
    const upgrade = {
      upgrade: "websocket",
      connection: "Upgrade",
      "sec-websocket-version": "13",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    };
    const answer = await fetch(`${bench.gateway.url}/runs/${run}/ws`, {
      headers: { ...upgrade, "x-proxbox-api-key": key },
    });
    expect(answer.status).toBe(status);
  });
});

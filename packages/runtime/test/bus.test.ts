import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { names } from "@proxbox/contracts/streams";
import { openBlobs } from "../src/blobs.ts";
import { openBucket } from "../src/buckets.ts";
import { connectBus } from "../src/bus.ts";
import { findNatsServer } from "../src/nats-server.ts";
import { readEvents, readLast, readStored, streamState } from "../src/reader.ts";
import { ensureStreams, permitLimit } from "../src/streams.ts";
import { quietLog, type Stand, startStand } from "./stand.ts";

setDefaultTimeout(20_000);

let stand: Stand;
beforeAll(async () => {
  stand = await startStand();
});
afterAll(() => stand[Symbol.asyncDispose]());

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (data: Uint8Array) => new TextDecoder().decode(data);
const fact = (run: string, n: number) => `proxbox.evt.${run}.devices.1.done.k${n}`;

test("streams are made once and brought up to date by any number of processes", async () => {
  const { jsm } = stand.bus;
  const state = async () => {
    const streams = await Array.fromAsync(jsm.streams.list());
    const consumers = await Promise.all(streams.map(({ config }) => Array.fromAsync(jsm.consumers.list(config.name))));
    return [streams.map(({ config }) => config), consumers.flat().map(({ config }) => config)];
  };
  const before = await state();
  await Promise.all(Array.from({ length: 5 }, () => ensureStreams(stand.bus)));
  expect(await state()).toEqual(before);
  await ensureStreams(stand.bus, { itemAckWaitSeconds: 7, permitAckWaitSeconds: 8 });
  expect((await jsm.consumers.info(names.items, "item-vms")).config.ack_wait).toBe(7e9);
  expect((await jsm.consumers.info(names.permits, "netbox")).config.ack_wait).toBe(8e9);
});

test("the limit of permits is not touched, and a larger stream is not made smaller", async () => {
  await stand.bus.jsm.consumers.update(names.permits, "netbox", { max_ack_pending: 17 });
  await stand.bus.jsm.streams.update(names.events, { max_age: 60 * 86_400e9 });
  await stand.bus.jsm.streams.update(names.commands, { max_age: 1e12 });
  await ensureStreams(stand.bus);
  expect(await permitLimit(stand.bus, "netbox")).toBe(17);
  expect((await stand.bus.jsm.streams.info(names.events)).config.max_age).toBe(60 * 86_400e9);
  expect((await stand.bus.jsm.streams.info(names.commands)).config.max_age).toBe(30 * 86_400e9);
});

test("a stream of the same name with another purpose is refused", async () => {
  await using other = await startStand();
  await other.bus.jsm.streams.delete(names.permits);
  await other.bus.jsm.streams.add({ name: names.permits, subjects: ["orders.>"], retention: "limits" });
  await expect(ensureStreams(other.bus)).rejects.toMatchObject({ name: "ConfigError", code: "stream_conflict" });
});

test("a server without JetStream, or without room, is a sentence", async () => {
  const folder = await mkdtemp(join(tmpdir(), "proxbox-bus-"));
  const port = 20_000 + Math.floor(Math.random() * 10_000);
  const start = async (text: string) => {
    const file = join(folder, "nats.conf");
    await writeFile(file, `port: ${port}\n${text}\n`);
    return Bun.spawn([findNatsServer(), "-c", file], { stdout: "ignore", stderr: "ignore" });
  };
  for (const [text, code] of [
    ["", "jetstream_off"],
    [`jetstream { store_dir: "${folder}", max_file_store: 10MB }`, "bus_full"],
  ] as const) {
    const server = await start(text);
    const bus = await connectBus({ servers: [`nats://127.0.0.1:${port}`], name: "x" }, quietLog);
    await expect(ensureStreams(bus)).rejects.toMatchObject({ name: "ConfigError", code });
    await bus[Symbol.asyncDispose]();
    server.kill();
    await server.exited;
  }
  const server = await start(`jetstream { store_dir: "${folder}", max_file_store: 2GB }`);
  const bus = await connectBus({ servers: [`nats://127.0.0.1:${port}`], name: "x" }, quietLog);
  await ensureStreams(bus);
  await ensureStreams(bus);
  expect((await bus.jsm.streams.info(names.events)).config.max_bytes).toBeLessThan(2e9);
  await bus[Symbol.asyncDispose]();
  server.kill();
  await server.exited;
  await rm(folder, { recursive: true });
});

test("of 50 racers exactly one has published", async () => {
  const racers = await Promise.all(Array.from({ length: 5 }, (_, n) => stand.connect(`racer-${n}`)));
  const wins = await Promise.all(
    Array.from({ length: 50 }, (_, n) =>
      racers[n % 5]?.publishOnce("proxbox.evt.race.devices.1.done.x", bytes(`racer ${n}`)),
    ),
  );
  expect(wins.filter(Boolean).length).toBe(1);
  const stored = await readLast(stand.bus, "proxbox.evt.race.devices.1.done.x");
  expect(text(stored?.data ?? bytes(""))).toBe(`racer ${wins.indexOf(true)}`);
});

test("what the server refuses is an error and no endless wait", async () => {
  const tooBig = stand.bus.publish("proxbox.evt.big.devices.1.done.x", new Uint8Array(300 * 1024));
  await expect(tooBig).rejects.toMatchObject({ code: "bus_refused", retryable: false });
  await expect(stand.bus.publishOnce("proxbox.evt.big.devices.1.done.x", new Uint8Array(2e6))).rejects.toMatchObject({
    code: "bus_refused",
  });
});

test("a reader sees every message once and in order across kill -9 and restart of the server; writers wait", async () => {
  const { bus, nats } = stand;
  const stop = new AbortController();
  const seen: string[] = [];
  const reading = (async () => {
    for await (const { data } of readEvents(bus, { filter: "proxbox.evt.kill.>", signal: stop.signal })) {
      seen.push(text(data));
      if (seen.length === 600) stop.abort();
    }
  })();
  const writer = await stand.connect("writer");
  const writing = (async () => {
    for (let n = 0; n < 600; n += 1) {
      expect(await writer.publishOnce(fact("kill", n), bytes(String(n)))).toBe(true);
      if (n % 10 === 0) await Bun.sleep(5);
    }
  })();
  await Bun.sleep(100);
  const inFlight = [0, 1, 2].map((n) => bus.publish(`proxbox.evt.flight.devices.1.done.k${n}`, bytes("x")));
  await nats.kill("SIGKILL");
  bus.tell("proxbox.ctl.cancel.x", bytes("nobody hears it"));
  inFlight.push(bus.publish("proxbox.evt.flight.devices.1.done.k3", bytes("x")));
  await Bun.sleep(300);
  await nats.restart();
  await Promise.all(inFlight);
  await writing;
  await reading;
  expect(seen).toEqual(Array.from({ length: 600 }, (_, n) => String(n)));
  expect((await Array.fromAsync(readStored(bus, { filter: "proxbox.evt.flight.>" }))).length).toBe(4);
});

test("a quiet reader gets what is published after a restart at once", async () => {
  const { bus, nats } = stand;
  const stop = new AbortController();
  const reader = readEvents(bus, { filter: "proxbox.evt.quiet2.>", signal: stop.signal })[Symbol.asyncIterator]();
  const next = reader.next();
  await Bun.sleep(100);
  await nats.kill("SIGKILL");
  await nats.restart();
  await bus.publish(fact("quiet2", 1), bytes("hello"));
  const since = performance.now();
  expect(text((await next).value?.data)).toBe("hello");
  expect(performance.now() - since).toBeLessThan(3_000);
  stop.abort();
  await reader.return?.();
});

test("reading what is stored ends, from any place, with any number of messages", async () => {
  const { bus } = stand;
  for (let n = 0; n < 3; n += 1) await bus.publishOnce(fact("stored", n), bytes(String(n)));
  const all = await Array.fromAsync(readStored(bus, { filter: "proxbox.evt.stored.>" }));
  expect(all.map(({ data }) => text(data))).toEqual(["0", "1", "2"]);
  const from = await Array.fromAsync(readStored(bus, { filter: "proxbox.evt.stored.>", startSeq: all[1]?.seq ?? 0 }));
  expect(from.map(({ data }) => text(data))).toEqual(["1", "2"]);
  const { firstSeq, lastSeq, epoch } = await streamState(bus);
  expect(firstSeq).toBeLessThanOrEqual(all[0]?.seq ?? 0);
  expect(lastSeq).toBe(all[2]?.seq ?? 0);
  expect(epoch).toMatch(/^[0-9a-f]{8}$/);
  expect(await Array.fromAsync(readStored(bus, { filter: "proxbox.evt.stored.>", startSeq: lastSeq + 5 }))).toEqual([]);
  expect(await Array.fromAsync(readStored(bus, { filter: "proxbox.evt.never.>" }))).toEqual([]);
  expect(await readLast(bus, fact("never", 1))).toBeNull();
});

test("a key that is written while its bucket is listed is in the list", async () => {
  const bucket = openBucket(stand.bus, names.runs);
  const keys = Array.from({ length: 10 }, (_, n) => `busy.k${n}`);
  for (const key of keys) await bucket.put(key, "first");
  const stop = new AbortController();
  const writing = (async () => {
    while (!stop.signal.aborted) await Promise.all(keys.map((key) => bucket.put(key, "again")));
  })();
  for (let round = 0; round < 20; round += 1) {
    expect((await bucket.list("busy.*")).map(({ key }) => key).sort()).toEqual(keys);
  }
  stop.abort();
  await writing;
});

test("a bucket compares and sets, lists, and watches deletions", async () => {
  const bucket = openBucket(stand.bus, names.runs);
  const created = await Promise.all(Array.from({ length: 20 }, (_, n) => bucket.create("run.one", String(n))));
  expect(created.filter((revision) => revision !== null).length).toBe(1);
  const revision = created.find((entry) => entry !== null) ?? 0;
  const second = await bucket.update("run.one", "new", revision);
  expect(second).toBeGreaterThan(revision);
  expect(await bucket.update("run.one", "stale", revision)).toBeNull();
  expect(await bucket.get("run.one")).toEqual({ value: "new", revision: second ?? 0 });
  await bucket.put("run.two", "2");
  await bucket.put("cancel.two", "elsewhere");
  await bucket.put("run.three", "3");
  const two = (await bucket.get("run.two"))?.revision ?? 0;
  await bucket.update("run.two", "3", two);
  expect(await bucket.delete("run.two", two)).toBe(false);
  expect(await bucket.delete("run.two", (await bucket.get("run.two"))?.revision)).toBe(true);
  expect(await bucket.get("run.two")).toBeNull();
  expect((await bucket.list("run.*")).map(({ key, value }) => [key, value])).toEqual([
    ["run.one", "new"],
    ["run.three", "3"],
  ]);
  const stop = new AbortController();
  const seen: [string, string | null][] = [];
  for await (const { key, value } of bucket.watch("run.*", stop.signal)) {
    seen.push([key, value]);
    if (seen.length === 3) await bucket.delete("run.three");
    if (seen.length === 4) stop.abort();
  }
  expect(seen).toEqual([
    ["run.one", "new"],
    ["run.three", "3"],
    ["run.two", null],
    ["run.three", null],
  ]);
  expect(await bucket.create("run.two", "again")).toBeGreaterThan(0);
});

test("the object store keeps documents of megabytes", async () => {
  const blobs = openBlobs(stand.bus);
  const value = {
    guests: Array.from({ length: 20_000 }, (_, n) => ({ vmid: n, name: `gast-${n} äöü`, tags: ["a", "b"] })),
  };
  const reference = await blobs.putJson("observation.r1.1", value);
  expect(reference).toMatchObject({
    bucket: names.blobs,
    name: "observation.r1.1",
    digest: expect.stringContaining("SHA-256="),
  });
  expect(await blobs.getJson("observation.r1.1")).toEqual(value);
  // Nothing is left on the server by reading, or quick runs would end at its limit of consumers.
  expect((await stand.bus.jsm.streams.info(`OBJ_${names.blobs}`)).state.consumer_count).toBe(0);
  await blobs.putJson("observation.r1.1", { replaced: true });
  expect(await blobs.getJson("observation.r1.1")).toEqual({ replaced: true });
  expect(await blobs.getJson("observation.r1.2")).toBeNull();
  await blobs.putJson("plan.1", {});
  expect((await blobs.list("observation.")).map(({ name }) => name)).toEqual(["observation.r1.1"]);
});

test("a server that is not there is waited for, and then named", async () => {
  const options = { servers: ["nats://127.0.0.1:9"], name: "x" };
  await expect(connectBus({ ...options, waitSeconds: 0.2 }, quietLog)).rejects.toMatchObject({
    name: "ConfigError",
    message: expect.stringContaining("nats-server at nats://127.0.0.1:9 does not answer"),
  });
  const stop = AbortSignal.timeout(300);
  await expect(connectBus({ ...options, waitSeconds: 0, signal: stop }, quietLog)).rejects.toMatchObject({
    name: "CancelledError",
  });
  await Bun.sleep(800);
});

test("a closed bus stops what waits for it", async () => {
  const bus = await stand.connect("closing");
  await bus[Symbol.asyncDispose]();
  expect(bus.connected()).toBe(false);
  await expect(bus.publish("proxbox.evt.a.devices.1.done.b", bytes("x"))).rejects.toMatchObject({
    name: "CancelledError",
  });
  expect(() => bus.tell("proxbox.ctl.cancel.x", bytes("x"))).not.toThrow();
});

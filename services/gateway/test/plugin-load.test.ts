import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { encode } from "@proxbox/contracts/envelope";
import { StageResult } from "@proxbox/contracts/messages";
import { resultSubject } from "@proxbox/contracts/subjects";
import { envelopeOf } from "@proxbox/runtime/envelopes";
import { resultOf } from "@proxbox/runtime/results";
import { type PluginBench, startPluginBench } from "./plugin-bench.ts";
import { eventually, runFact, type SeparateGateway, spawnGateway, stageFact, summary, testKey } from "./support.ts";

setDefaultTimeout(120_000);

let bench: PluginBench;
let gateway: SeparateGateway;
beforeAll(async () => {
  bench = await startPluginBench();
  gateway = await spawnGateway(bench);
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await bench[Symbol.asyncDispose]();
});

const stage = "virtual-machines";
const path = "/virtualization/virtual-machines/create/stream?sync_task_history=false&sync_vm_network=false";
const readers = 200;
const objects = 50;

/** Says what a worker says of an item of fifty guests. */
async function tellResult(run: string, n: number): Promise<void> {
  const place = { run, stage, attempt: 1 };
  const key = `chunk-${n}`;
  const subject = resultSubject(run, stage, 1, key);
  const guests = Array.from({ length: objects }, (_, index) => ({
    ...{ kind: "virtual-machine", name: `guest-${n * objects + index} (qemu ${100 + index})` },
    ...{ outcome: "created" as const, id: n * objects + index + 1 },
  }));
  const data = resultOf({ key, endpoint: 1, ms: 1, deliveries: 1 }, { objects: guests });
  await bench.bus.publishOnce(
    subject,
    encode(StageResult, envelopeOf(subject, place, { svc: "test", replica: "t", build: "test" }, data)),
  );
}

type Read = { digest: string; machines: number; end: string };

/** Reads a stream to its end and keeps only what tells it from others. */
async function read(answer: Response): Promise<Read> {
  const hasher = new Bun.CryptoHasher("sha1");
  let machines = 0;
  let end = "";
  for await (const chunk of answer.body ?? []) {
    hasher.update(chunk);
    const text = Buffer.from(chunk).toString("latin1");
    // Pieces end where frames end only by chance, so what is counted has to be looked for across them.
    const both = end.slice(-30) + text;
    machines += both.split("event: item_progress\n").length - end.slice(-30).split("event: item_progress\n").length;
    end = (end + text).slice(-400);
  }
  return { digest: hasher.digest("hex"), machines, end };
}

/** A reader that takes nothing until it is told to. */
async function stalledReader() {
  const received: Uint8Array[] = [];
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port: gateway.port,
    socket: {
      open: (opened) => {
        opened.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Proxbox-API-Key: ${testKey}\r\n\r\n`);
        opened.pause();
      },
      data: (_, chunk) => void received.push(chunk),
    },
  });
  return { socket, text: () => Buffer.concat(received).toString("latin1") };
}

const metric = async (name: string) => {
  const text = await (await fetch(`${gateway.url}/metrics`)).text();
  return Number(new RegExp(`${name}\\S* (\\d+)`).exec(text)?.[1]);
};

const seen = new Set<string>();
/** The run that was asked for last. */
async function begunRun(): Promise<string> {
  const [run = "", ...others] = (await bench.created()).filter((run) => !seen.has(run));
  expect(others).toEqual([]);
  seen.add(run);
  return run;
}

/** Says what an orchestrator and a service say of a whole run; `before` is called before each result. */
async function tellRun(run: string, results: number, before: (n: number) => void = () => {}): Promise<void> {
  await runFact(bench.bus, run, "running");
  await stageFact(bench.bus, run, stage, 1, "started");
  await stageFact(bench.bus, run, stage, 1, "manifest", { manifest: { count: results } });
  for (let n = 0; n < results; n += 1) {
    before(n);
    await tellResult(run, n);
  }
  await stageFact(bench.bus, run, stage, 1, "done", { summary: summary(true) });
  await runFact(bench.bus, run, "done", { ok: true });
}

test("200 streams of one run, one of them stalled and one gone: the others miss nothing, in less than 200 MB", async () => {
  const results = 60;
  const gone = new AbortController();
  const ask = (signal?: AbortSignal) => bench.ask(path, { url: gateway.url, ...(signal ? { signal } : {}) });
  const vanishing = await ask(gone.signal);
  const answers = await Promise.all(Array.from({ length: readers - 2 }, () => ask()));
  const stalled = await stalledReader();
  const run = await begunRun();
  await eventually(async () => (await metric("proxbox_sse_clients")) === readers, "all readers are there");

  const reading = Promise.all(answers.map(read));
  await tellRun(run, results, (n) => n === 5 && gone.abort());
  const [first, ...rest] = await reading;
  expect(first?.machines).toBe(results * objects);
  expect(first?.end).toMatch(/event: complete\ndata: \{"ok": true, .*\}\n\n$/);
  expect(new Set(rest.map(({ digest }) => digest))).toEqual(new Set([first?.digest ?? ""]));
  expect((await metric("proxbox_memory_bytes")) / 1e6).toBeLessThan(200);
  stalled.socket.end();
  await eventually(async () => (await metric("proxbox_sse_clients")) === 0, "all have gone");
  await vanishing.body?.cancel().catch(() => {});
});

test("a reader that stalls through a run of 20,000 machines holds up nobody, costs no memory, and misses nothing", async () => {
  const results = 400;
  const other = bench.ask(path, { url: gateway.url }).then(read);
  await eventually(async () => (await metric("proxbox_sse_clients")) === 1, "the other reader is there");
  const stalled = await stalledReader();
  await eventually(async () => (await metric("proxbox_sse_clients")) === 2, "both readers are there");
  const before = await metric("proxbox_memory_bytes");
  await tellRun(await begunRun(), results);
  expect((await other).machines).toBe(results * objects);
  expect(await metric("proxbox_sse_clients")).toBe(1);
  expect(((await metric("proxbox_memory_bytes")) - before) / 1e6).toBeLessThan(100);
  stalled.socket.resume();
  await eventually(() => stalled.text().endsWith("\r\n0\r\n\r\n"), "the stalled reader has caught up");
  const text = stalled.text();
  expect(text.split("event: item_progress")).toHaveLength(results * objects + 1);
  expect(text.split("event: complete")).toHaveLength(2);
  stalled.socket.end();
});

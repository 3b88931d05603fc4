import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { decode, encode } from "@proxbox/contracts/envelope";
import { LiveAnswer, LiveQuestion, liveSubject } from "@proxbox/contracts/live";
import { answerAsks } from "@proxbox/runtime/answer-asks";
import { fullUpdatePath, stagePaths } from "../src/plugin/stages/stage-paths.ts";
import { type PluginBench, startPluginBench } from "./plugin-bench.ts";
import { eventually, type Frame, framesOf, itemResult, jsonOf, runFact, stageFact, startBench } from "./support.ts";

let bench: PluginBench;
beforeAll(async () => {
  bench = await startPluginBench();
});
afterAll(() => bench[Symbol.asyncDispose]());

const machines = "/virtualization/virtual-machines";
const all = async (answer: Response): Promise<Frame[]> => Array.fromAsync(framesOf(answer));
/** The run that was begun since this was called last, as soon as there is one. */
const seen = new Set<string>();
const begun = async (): Promise<string> => {
  let run = "";
  await eventually(async () => {
    run = (await bench.created()).find((id) => !seen.has(id)) ?? "";
    return run !== "";
  }, "a run was asked for");
  seen.add(run);
  return run;
};
const clients = async () =>
  Number(/proxbox_sse_clients\S* (\d+)/.exec(await (await bench.call("GET", "/metrics")).text())?.[1]);

describe("every path of a stage", () => {
  const paths = [...stagePaths, fullUpdatePath].flatMap(({ path, streamOnly }) => [
    `${path}/stream`,
    ...(streamOnly ? [] : [path]),
  ]);
  test.each(paths)(
    "%s answers with and without the last slash, and nobody who asks for headers starts a run",
    async (path) => {
      const before = await bench.created();
      const real = path.replace(":id", "7").replace(":node", "pve1");
      for (const asked of [real, `${real}/`, `${real}?proxmox_endpoint_ids=1&run_id=x`]) {
        const answer = await bench.ask(asked, { method: "HEAD" });
        expect(answer.status).toBe(200);
        const type = path.endsWith("/stream") ? "text/event-stream; charset=utf-8" : "application/json";
        expect(answer.headers.get("content-type")).toBe(type);
      }
      expect(await bench.created()).toEqual(before);
    },
  );
});

describe("a stream", () => {
  test("is lines of ASCII and no more, from the run's beginning to the one complete", async () => {
    const answer = await bench.ask("/dcim/devices/create/stream?proxmox_endpoint_ids=1");
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache",
      "x-accel-buffering": "no",
    });
    const run = await begun();
    expect(await clients()).toBe(1);
    await runFact(bench.bus, run, "running");
    await stageFact(bench.bus, run, "devices", 1, "started");
    await itemResult(bench.bus, run, "node-1", 40_000);
    await bench.finish(run, "devices");
    const text = await answer.text();
    expect(text).toMatch(/^(event: [a-z_]+\ndata: \{[\x20-\x7e]*\}\n\n)+$/);
    const frames = await all(new Response(text));
    expect(frames[0]).toMatchObject({ event: "step", data: { step: "devices", status: "started" } });
    expect(frames.filter(({ event }) => event === "item_progress")).toHaveLength(1);
    expect(frames.filter(({ event }) => event === "complete")).toHaveLength(1);
    expect(frames.at(-1)).toMatchObject({ event: "complete", data: { ok: true } });
    await eventually(async () => (await clients()) === 0, "the reader is not counted any more");
  });

  test("says at once that it begins, while the run still waits for its turn", async () => {
    const stop = new AbortController();
    const answer = await bench.ask("/dcim/devices/interfaces/create/stream", { signal: stop.signal });
    const first = await framesOf(answer).next();
    expect(first.value).toMatchObject({ event: "step", data: { step: "node-interfaces", status: "started" } });
    stop.abort();
    await runFact(bench.bus, await begun(), "cancelled");
  });

  test("of a full update names the run, and has no frame called error before the end", async () => {
    const answer = await bench.ask("/full-update/stream");
    const run = await begun();
    await runFact(bench.bus, run, "running");
    await stageFact(bench.bus, run, "devices", 1, "started");
    await itemResult(bench.bus, run, "bad", 0, "failed");
    await runFact(bench.bus, run, "failed", { ok: false, reason: "devices is incomplete." });
    const frames = await all(answer);
    expect(frames.map(({ event }) => event).slice(0, 3)).toEqual(["bootstrap_done", "step", "discovery"]);
    expect(frames[1]?.data.message).toContain(`operation_id=${run}`);
    const errors = frames.flatMap(({ event }, place) => (event === "error" ? [place] : []));
    expect(errors).toEqual([frames.length - 2]);
    expect(frames.at(-1)).toMatchObject({ event: "complete", data: { ok: false } });
  });

  test("of a run that was called off ends with a complete that says why", async () => {
    const answer = await bench.ask(`${machines}/storage/create/stream`);
    const run = await begun();
    await runFact(bench.bus, run, "cancelling", { reason: "Called off by hand." });
    await runFact(bench.bus, run, "cancelled", { ok: false });
    const frames = await all(answer);
    expect(frames.at(-1)).toMatchObject({ event: "complete", data: { ok: false } });
    expect(JSON.stringify(frames.at(-1)?.data)).toContain("Called off by hand.");
  });

  test("of one machine is a run of that machine alone", async () => {
    const answer = bench.ask(`${machines}/42/snapshots/create/stream?netbox_vm_ids=42&proxmox_endpoint_ids=2`);
    const run = await begun();
    const view = await jsonOf<{ request: object }>(bench.call("GET", `/runs/${run}`));
    expect(view.request).toMatchObject({
      ...{ mode: "strict", origin: "plugin", stages: ["vm-snapshots"] },
      options: { netbox_vm_ids: [42], proxmox_endpoint_ids: [2] },
    });
    await bench.finish(run, "vm-snapshots");
    expect((await all(await answer)).at(-1)?.data).toMatchObject({ ok: true });
  });
});

describe("without a stream", () => {
  test("a stage is answered when it is done", async () => {
    const answer = bench.ask(`${machines}/virtual-disks/create?proxmox_endpoint_ids=1`);
    await bench.finish(await begun(), "vm-disks");
    expect((await answer).status).toBe(200);
    expect(await jsonOf(answer)).toMatchObject({ count: 0, created: 0, updated: 0, skipped: 0 });
  });

  test("a stage that failed is an error with its cause", async () => {
    const answer = bench.ask(`${machines}/virtual-disks/create?proxmox_endpoint_ids=1`);
    const run = await begun();
    const error = { code: "proxmox_unreachable", message: "pve1 does not answer at 10.0.0.1:8006.", retryable: true };
    await stageFact(bench.bus, run, "vm-disks", 1, "failed", { error });
    await runFact(bench.bus, run, "failed", { ok: false, reason: "vm-disks failed." });
    expect((await answer).status).toBe(502);
    const body = await jsonOf(answer);
    expect(body).toMatchObject({ python_exception: null, code: "proxmox_unreachable" });
    expect(body.detail).toContain("pve1 does not answer");
  });
});

describe("refused as JSON before the first byte", () => {
  test.each([
    ["an unknown endpoint", "/dcim/devices/create/stream?proxmox_endpoint_ids=9", 404],
    ["a wrong flag", "/full-update/stream?dry_run=perhaps", 422],
    ["a machine that is no number", `${machines}/web/create/stream`, 422],
    ["machines that are none", `${machines}/create/stream?netbox_vm_ids=`, 422],
  ])("%s", async (_, path, status) => {
    const before = await bench.created();
    const answer = await bench.ask(path);
    expect([answer.status, answer.headers.get("content-type")]).toEqual([
      status,
      expect.stringMatching(/^application\/json\b/),
    ]);
    expect(await jsonOf(answer)).toMatchObject({ python_exception: null, message: expect.any(String) });
    expect(await bench.created()).toEqual(before);
  });

  test("a machine that NetBox does not have (any more)", async () => {
    const stop = new AbortController();
    const answering = answerAsks(bench.bus, {
      ...{ subject: liveSubject, queue: "inventory", signal: stop.signal },
      handle: async (bytes) => {
        const { name, params } = decode(LiveQuestion, bytes);
        const error = { code: "live_not_found", message: "NetBox has no such machine.", retryable: false };
        const isGone = name === "netbox-machine" && params.id === "99";
        return encode(LiveAnswer, isGone ? { status: 404, error } : { status: 200, body: {} });
      },
    });
    const before = await bench.created();
    const answer = await bench.ask(`${machines}/99/create/stream`);
    expect([answer.status, (await jsonOf(answer)).message]).toEqual([
      404,
      "NetBox has no virtual machine 99 any more; it may have been deleted meanwhile.",
    ]);
    expect(await bench.created()).toEqual(before);
    expect((await bench.ask(`${machines}/98/create/stream`, { method: "HEAD" })).status).toBe(200);
    stop.abort();
    await answering;
  });

  test("what is not configured, and who has no key", async () => {
    await using empty = await startBench();
    const answer = await empty.call("GET", "/dcim/devices/create/stream");
    expect([answer.status, (await jsonOf(answer)).code]).toEqual([400, "no_endpoints"]);
    expect((await empty.call("GET", "/dcim/devices/create/stream", undefined, {})).status).toBe(401);
  });
});

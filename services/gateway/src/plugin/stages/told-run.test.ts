import { expect, test } from "bun:test";
import { CancelledError } from "@proxbox/runtime/errors";
import type { RunStreamEvent } from "../../runs/run-events.ts";
import type { PluginFrame } from "../frames/frame.ts";
import { stageFrames } from "../frames/stage-frames.ts";
import { longestSilenceMs, type Pause, toldRun } from "./told-run.ts";

const maker = () => stageFrames({ step: "devices", stages: ["devices"], netboxUrl: null, tolerant: false });

function event(name: string, data: object = {}): RunStreamEvent {
  const over = name === "run.done" || name === "run.failed" || name === "run.cancelled";
  return { seq: 1, id: "e-1", name, data: JSON.stringify({ stage: "devices", attempt: 1, ...data }), over };
}

const counts = { created: 0, updated: 0, unchanged: 0, deleted: 0, failed: 0, skipped: 0 };
const summary = { ok: true, items: 1, counts, kinds: {}, endpoints: [], errors: [], ms: 1 };
const done = [event("stage.done", { summary }), event("run.done", { ok: true })];

/** Time that passes when it is told to: 40 minutes in a moment. */
function simulatedTime() {
  let now = 0;
  const timers = new Set<{ at: number; ring: () => void }>();
  const pause: Pause = (ms, signal) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = { at: now + ms, ring: resolve };
    timers.add(timer);
    signal.addEventListener("abort", () => {
      timers.delete(timer);
      reject(new CancelledError("The wait was stopped."));
    });
    return promise;
  };
  const passTo = async (at: number): Promise<void> => {
    for (;;) {
      await Bun.sleep(0);
      const [next] = [...timers].filter((timer) => timer.at <= at).sort((left, right) => left.at - right.at);
      if (!next) break;
      timers.delete(next);
      now = next.at;
      next.ring();
    }
    now = at;
  };
  return { now: () => now, pause, passTo, waiting: () => timers.size };
}

/** Events that are told one after the other. */
function source() {
  const queue: (RunStreamEvent | Error | null)[] = [];
  let news = Promise.withResolvers<void>();
  let left = false;
  async function* events(): AsyncGenerator<RunStreamEvent> {
    try {
      for (;;) {
        const next = queue.shift();
        if (next === null) return;
        if (next instanceof Error) throw next;
        if (next) yield next;
        else await news.promise;
      }
    } finally {
      left = true;
    }
  }
  const tell = (...told: (RunStreamEvent | Error | null)[]) => {
    queue.push(...told);
    news.resolve();
    news = Promise.withResolvers();
  };
  return { events: events(), tell, left: () => left };
}

/** Reads everything, with the time at which each frame came. */
async function read(told: AsyncIterable<PluginFrame[]>, now: () => number = () => 0) {
  const frames: (PluginFrame & { at: number })[] = [];
  for await (const some of told) frames.push(...some.map((frame) => ({ ...frame, at: now() })));
  return frames;
}

const forEver: Pause = () => new Promise(() => {});
const quiet = { pause: forEver, onBroken: () => {} };

test("a run of 40 minutes is never silent for longer than 10 seconds, and its clock stops with it", async () => {
  const time = simulatedTime();
  const { events, tell, left } = source();
  const reading = read(toldRun(events, maker(), { ...time, onBroken: () => {} }), time.now);
  tell(event("run.created"), event("run.running"), event("stage.commanded"), event("stage.started"));
  tell(event("stage.manifest", { manifest: { count: 8 } }));
  for (let minute = 5; minute <= 40; minute += 5) {
    await time.passTo(minute * 60_000);
    const result = {
      key: `k${minute}`,
      endpoint: 1,
      state: "ok",
      kinds: {},
      objects: [],
      omitted: 0,
      ms: 1,
      deliveries: 1,
    };
    tell(event("item.result", { ...result, counts: { ...counts, created: 1 } }));
  }
  tell(...done);
  const frames = await reading;
  const gaps = frames.map(({ at }, place) => at - (frames[place - 1]?.at ?? 0));
  expect(Math.max(...gaps)).toBe(longestSilenceMs);
  expect(frames.at(-1)).toMatchObject({ event: "complete", data: { ok: true }, at: 40 * 60_000 });
  expect(frames.length).toBeGreaterThan(240);
  expect([time.waiting(), left()]).toEqual([0, true]);
});

test("events that say nothing to a plugin break no silence", async () => {
  const time = simulatedTime();
  const { events, tell } = source();
  const reading = read(toldRun(events, maker(), { ...time, onBroken: () => {} }), time.now);
  for (let second = 0; second < 30; second += 3) {
    await time.passTo(second * 1_000);
    tell(event("run.surprise"));
  }
  tell(...done);
  const frames = await reading;
  expect(frames.filter(({ at }) => at === 10_000 || at === 20_000)).toHaveLength(2);
});

test("nothing comes after complete, whatever the run tells", async () => {
  const { events, tell } = source();
  tell(event("run.running"), ...done, event("stage.replay"), event("run.running"), ...done);
  const frames = await read(toldRun(events, maker(), quiet));
  expect(frames.filter((frame) => frame.event === "complete")).toHaveLength(1);
  expect(frames.at(-1)?.event).toBe("complete");
});

test.each([
  ["break off", new Error("The stream was made anew.")],
  ["end before the run", null],
])("events that %s end with a complete that says so", async (_, end) => {
  const broken: unknown[] = [];
  const { events, tell } = source();
  tell(event("run.running"), end);
  const frames = await read(toldRun(events, maker(), { pause: forEver, onBroken: (error) => broken.push(error) }));
  expect(frames.map((frame) => frame.event)).toEqual(["step", "error", "complete"]);
  expect(frames.at(-1)?.data).toMatchObject({ ok: false, errors: [{ detail: expect.any(String) }] });
  expect(broken).toHaveLength(1);
});

test("a reader that leaves ends the events", async () => {
  const { events, tell, left } = source();
  tell(event("stage.done", { summary }), event("run.cancelling"));
  const told = toldRun(events, maker(), quiet);
  for (const _ of ["begin", "stage.done"]) expect((await told.next()).done).toBe(false);
  await told.return(undefined);
  expect(left()).toBe(true);
});

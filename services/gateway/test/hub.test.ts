import { expect, test } from "bun:test";
import { createHub } from "../src/runs/hub.ts";
import { itemResult, runFact, startBench } from "./support.ts";

const never = new AbortController().signal;
const following = { seq: 1, over: false, forEver: false, signal: never };

test("a reader that falls behind the shared memory misses nothing and gets nothing twice", async () => {
  await using bench = await startBench();
  await using hub = createHub(bench.bus, { events: 5, bytes: 1_000_000 });
  const seen: string[] = [];
  const quick: string[] = [];
  const slow = (async () => {
    for await (const { data } of hub.follow("r1", following)) {
      seen.push(JSON.parse(data).key ?? "end");
      if (seen.length % 10 === 0) await Bun.sleep(50);
    }
  })();
  const fast = (async () => {
    for await (const { data } of hub.follow("r1", following)) quick.push(JSON.parse(data).key ?? "end");
  })();
  const keys = Array.from({ length: 60 }, (_, index) => `k${index}`);
  for (const key of keys) await itemResult(bench.bus, "r1", key);
  await itemResult(bench.bus, "r2", "of-another-run");
  await runFact(bench.bus, "r1", "done", { ok: true });
  await Promise.all([slow, fast]);
  expect(seen).toEqual([...keys, "end"]);
  expect(quick).toEqual(seen);
  expect(hub.feeds()).toBe(0);
});

test("a reader that leaves while it waits frees the run; disposing ends the others", async () => {
  await using bench = await startBench();
  await using hub = createHub(bench.bus);
  const leaving = new AbortController();
  const first = hub.follow("r1", { ...following, signal: leaving.signal })[Symbol.asyncIterator]();
  const second = hub.follow("r1", following)[Symbol.asyncIterator]();
  const waiting = [first.next(), second.next()];
  expect(hub.feeds()).toBe(1);
  leaving.abort();
  expect((await waiting[0])?.done).toBe(true);
  expect(hub.feeds()).toBe(1);
  await hub[Symbol.asyncDispose]();
  expect((await waiting[1])?.done).toBe(true);
  expect(hub.feeds()).toBe(0);
});

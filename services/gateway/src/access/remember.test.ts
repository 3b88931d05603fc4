import { expect, test } from "bun:test";
import { remember } from "./remember.ts";

function memory(most = 2) {
  const clock = { now: 0 };
  const read: string[] = [];
  const answers: Record<string, () => Promise<number>> = {};
  const memory = remember(
    (key) => {
      read.push(key);
      return answers[key]?.() ?? Promise.resolve(read.length);
    },
    { ttlMs: 2_000, most, now: () => clock.now },
  );
  return { ...memory, clock, read, answers };
}

test("a value is read once in its time to live, also by a crowd", async () => {
  const { get, clock, read, stats } = memory();
  expect(await Promise.all([get("a"), get("a"), get("a")])).toEqual([1, 1, 1]);
  clock.now = 1_999;
  expect(await get("a")).toBe(1);
  clock.now = 2_000;
  expect(await get("a")).toBe(2);
  expect(read).toEqual(["a", "a"]);
  expect(stats()).toEqual({ hits: 3, misses: 2, entries: 1, maxEntries: 2, ttlSeconds: 2 });
});

test("what is set counts at once, also against a read that was under way", async () => {
  const { get, set, answers } = memory();
  const slow = Promise.withResolvers<number>();
  answers.a = () => slow.promise;
  const waiting = get("a");
  set("a", 7);
  slow.resolve(1);
  expect([await waiting, await get("a")]).toEqual([1, 7]);
});

test("a failed read is not kept", async () => {
  const { get, answers, stats } = memory();
  answers.a = () => Promise.reject(new Error("away"));
  expect(get("a")).rejects.toThrow("away");
  await Promise.resolve();
  await Promise.resolve();
  delete answers.a;
  expect([await get("a"), stats().entries]).toEqual([2, 1]);
});

test("the value read longest ago gives way, and clearing forgets all", async () => {
  const { get, read, clear, forget, stats } = memory();
  for (const key of ["a", "b", "c", "b", "a"]) await get(key);
  expect(read).toEqual(["a", "b", "c", "a"]);
  forget("a");
  await get("a");
  expect(read.length).toBe(5);
  clear();
  expect(stats().entries).toBe(0);
});

import { describe, expect, test } from "bun:test";
import { createPlaces, createRowLocks } from "./locks.ts";

const settled = async (promise: Promise<unknown>): Promise<boolean> =>
  Promise.race([promise.then(() => true), Bun.sleep(5).then(() => false)]);

describe("places", () => {
  test("who comes too late waits for the first to go", async () => {
    const places = createPlaces(2);
    await places.take();
    await places.take();
    const third = places.take();
    expect(await settled(third)).toBe(false);
    expect(places.waiting()).toBe(1);
    places.free();
    expect(await settled(third)).toBe(true);
    expect(places.waiting()).toBe(0);
  });
});

describe("row locks", () => {
  test("a row has one holder, who may take it again", async () => {
    const locks = createRowLocks(1000);
    const [first, second] = [{ name: "first" }, { name: "second" }];
    expect(await locks.take(first, "vm 1")).toBe(true);
    expect(await locks.take(first, "vm 1")).toBe(true);
    const waiting = locks.take(second, "vm 1");
    expect(await settled(waiting)).toBe(false);
    locks.release(first);
    expect(await waiting).toBe(true);
  });

  test("opposite orders deadlock: one is given up after the timeout, the other goes on", async () => {
    const locks = createRowLocks(10);
    const [first, second] = [{ name: "first" }, { name: "second" }];
    await locks.take(first, "vm 1");
    await locks.take(second, "vm 2");
    const [left, right] = [locks.take(first, "vm 2"), locks.take(second, "vm 1")];
    expect(await left).toBe(false);
    locks.release(first);
    expect(await right).toBe(true);
  });

  test("waiting long for a holder who goes on is no deadlock", async () => {
    const locks = createRowLocks(1);
    const [first, second] = [{ name: "first" }, { name: "second" }];
    await locks.take(first, "vm 1");
    const waiting = locks.take(second, "vm 1");
    await Bun.sleep(10);
    expect(await settled(waiting)).toBe(false);
    locks.release(first);
    expect(await waiting).toBe(true);
  });
});

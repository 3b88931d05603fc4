import { expect, setDefaultTimeout, test } from "bun:test";
import { names } from "@proxbox/contracts/streams";
import { openBucket } from "../src/buckets.ts";
import { holdLease, underLease } from "../src/lease.ts";
import { startStand, until } from "./stand.ts";

setDefaultTimeout(20_000);

test("one holder at a time; another takes over when it stops or vanishes", async () => {
  await using stand = await startStand();
  // The bucket of the contracts lives 10 s; a test need not wait for that.
  await stand.bus.jsm.streams.update(`KV_${names.leases}`, { max_age: 1.5e9, duplicate_window: 1e9 });
  const holders = new Set<string>();
  let most = 0;
  const compete = async (name: string) => {
    const bus = await stand.connect(name);
    const stop = new AbortController();
    const over = holdLease(openBucket(bus, names.leases), "throttle-netbox", name, {
      ttlMs: 1_500,
      renewMs: 400,
      signal: stop.signal,
      onGain: () => {
        holders.add(name);
        most = Math.max(most, holders.size);
      },
      onLose: () => holders.delete(name),
    });
    return { bus, stop, over };
  };
  const competitors = { a: await compete("a"), b: await compete("b"), c: await compete("c") };
  const present = () => until(() => ([...holders][0] as keyof typeof competitors | undefined) ?? null);

  const first = await present();
  await Bun.sleep(2_500);
  expect([...holders]).toEqual([first]);

  await competitors[first].bus.nc.close();
  const second = await until(
    () => ([...holders].find((name) => name !== first) as keyof typeof competitors | undefined) ?? null,
  );
  expect(holders.has(first)).toBe(false);

  const since = performance.now();
  competitors[second].stop.abort();
  await competitors[second].over;
  const third = await present();
  expect(third).not.toBe(second);
  expect(performance.now() - since).toBeLessThan(1_000);
  expect(most).toBe(1);
  for (const { stop, over, bus } of Object.values(competitors)) {
    stop.abort();
    await bus[Symbol.asyncDispose]();
    await over;
  }
});

test("work under a lease is done by one at a time, and the lease is given up after it", async () => {
  await using stand = await startStand();
  const bucket = openBucket(stand.bus, names.leases);
  const signal = new AbortController().signal;
  let inside = 0;
  const work = async (name: string) => {
    expect(++inside).toBe(1);
    await Bun.sleep(50);
    inside--;
    if (name === "b") throw new Error("broken");
    return name;
  };
  // Two of one process, "a", take turns as well.
  const turns = ["a", "b", "c", "a"].map((name) => underLease(bucket, "journal-1", name, signal, () => work(name)));
  const ends = await Promise.allSettled(turns);
  expect(ends.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled"]);
  expect(await bucket.get("journal-1")).toBeNull();
});

test("waiting for a lease can be called off", async () => {
  await using stand = await startStand();
  const bucket = openBucket(stand.bus, names.leases);
  await bucket.create("journal-1", "another");
  const calledOff = AbortSignal.timeout(200);
  await expect(underLease(bucket, "journal-1", "a", calledOff, async () => "done")).rejects.toThrow("called off");
});

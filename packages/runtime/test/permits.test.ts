import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { names } from "@proxbox/contracts/streams";
import type { Bus } from "../src/bus.ts";
import { createMetrics } from "../src/metrics.ts";
import { createPermits } from "../src/permits.ts";
import { quietLog, type Stand, startStand, until } from "./stand.ts";

setDefaultTimeout(20_000);

let stand: Stand;
beforeAll(async () => {
  stand = await startStand({ permitAckWaitSeconds: 2 });
});
afterAll(() => stand[Symbol.asyncDispose]());

const limitTo = (limit: number) => stand.bus.jsm.consumers.update(names.permits, "netbox", { max_ack_pending: limit });
const permitsOf = (bus: Bus) => createPermits(bus, { log: quietLog, metrics: createMetrics("test") });

/** What is in flight in all processes together, and the most there ever was since `peak` was reset. */
const gauge = { now: 0, peak: 0, done: 0 };
async function request(ms: number): Promise<void> {
  gauge.now += 1;
  gauge.peak = Math.max(gauge.peak, gauge.now);
  await Bun.sleep(ms);
  gauge.now -= 1;
  gauge.done += 1;
}

test("never more than the limit over several connections, also while it changes", async () => {
  await limitTo(8);
  const stop = new AbortController();
  const buses = await Promise.all([1, 2, 3, 4].map((n) => stand.connect(`permits-${n}`)));
  const loops = buses.flatMap((bus) => {
    const permits = permitsOf(bus);
    return Array.from({ length: 10 }, async () => {
      while (!stop.signal.aborted) {
        await permits.with("netbox", stop.signal, () => request(20)).catch(() => {});
      }
    });
  });
  await until(() => gauge.done > 100);
  expect(gauge.peak).toBe(8);
  await limitTo(3);
  await Bun.sleep(200);
  gauge.peak = 0;
  const before = gauge.done;
  await until(() => gauge.done > before + 60);
  expect(gauge.peak).toBe(3);
  await limitTo(20);
  await until(() => gauge.peak === 20);
  await Bun.sleep(200);
  expect(gauge.peak).toBe(20);
  stop.abort();
  await Promise.all(loops);
});

test("the other resource has permits of its own", async () => {
  await limitTo(1);
  const permits = permitsOf(stand.bus);
  const never = AbortSignal.timeout(10_000);
  const order: string[] = [];
  await permits.with("netbox", never, async () => {
    await permits.with("netbox-address", never, async () => void order.push("address"));
    order.push("netbox");
  });
  expect(order).toEqual(["address", "netbox"]);
});

test("a permit whose holder vanished comes back, and not before its work was told to stop", async () => {
  await limitTo(1);
  const holder = await stand.connect("holder");
  const never = AbortSignal.timeout(15_000);
  let stoppedAt = 0;
  const held = Promise.withResolvers<void>();
  const lost = permitsOf(holder).with("netbox", never, async (signal) => {
    held.resolve();
    await holder.nc.close();
    await until(() => signal.aborted);
    stoppedAt = Date.now();
  });
  await held.promise;
  const waited = await permitsOf(stand.bus).with("netbox", never, async (_signal, waitedMs) => waitedMs);
  const grantedAt = Date.now();
  await lost;
  expect(waited).toBeGreaterThan(1_000);
  expect(stoppedAt).toBeLessThanOrEqual(grantedAt);
  expect(stoppedAt).toBeGreaterThan(0);
});

test("waiting ends with the caller's signal, and a failure returns the permit", async () => {
  await limitTo(1);
  const permits = permitsOf(stand.bus);
  const never = AbortSignal.timeout(10_000);
  await permits.with("netbox", never, async () => {
    const waiting = permits.with("netbox", AbortSignal.timeout(100), async () => "never");
    await expect(waiting).rejects.toMatchObject({ name: "CancelledError" });
  });
  await expect(permits.with("netbox", never, () => Promise.reject(new Error("refused")))).rejects.toThrow("refused");
  expect(await permits.with("netbox", never, async (_signal, waitedMs) => waitedMs < 1_000)).toBe(true);
});

test("a server that restarts while work is in flight neither loses permits nor adds any", async () => {
  await limitTo(4);
  gauge.peak = gauge.done = 0;
  const stop = new AbortController();
  const buses = await Promise.all([1, 2].map((n) => stand.connect(`restart-${n}`)));
  const loops = buses.flatMap((bus) => {
    const permits = permitsOf(bus);
    return Array.from({ length: 6 }, async () => {
      while (!stop.signal.aborted) await permits.with("netbox", stop.signal, () => request(150)).catch(() => {});
    });
  });
  await until(() => gauge.done > 8);
  await stand.nats.kill("SIGKILL");
  await stand.nats.restart();
  const before = gauge.done;
  await until(() => gauge.done > before + 30);
  expect(gauge.peak).toBe(4);
  stop.abort();
  await Promise.all(loops);
});

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { settingKeys } from "@proxbox/contracts/endpoints";
import { decode } from "@proxbox/contracts/envelope";
import { ThrottleView } from "@proxbox/contracts/messages";
import { names } from "@proxbox/contracts/streams";
import { openBucket } from "@proxbox/runtime/buckets";
import { createMetrics } from "@proxbox/runtime/metrics";
import { createPermits } from "@proxbox/runtime/permits";
import { createSamples } from "@proxbox/runtime/samples";
import { permitLimit } from "@proxbox/runtime/streams";
import { createWorld, eventually, type World } from "./world.ts";

setDefaultTimeout(60_000);

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

/** A NetBox that answers in 50 ms and refuses above its capacity, with callers that always have work. */
function startCallers(callers: number, netbox: { capacity: number }) {
  const permits = createPermits(world.bus, { log: world.log, metrics: createMetrics("test") });
  const samples = createSamples(world.bus, "test");
  const seen = { inFlight: 0, most: 0, answered: 0, refused: 0 };
  const stop = new AbortController();
  const request = async () => {
    seen.inFlight += 1;
    seen.most = Math.max(seen.most, seen.inFlight);
    const overload = seen.inFlight > netbox.capacity;
    const ms = overload ? 2 : 50;
    await Bun.sleep(ms);
    seen.inFlight -= 1;
    if (overload) seen.refused += 1;
    else seen.answered += 1;
    const status = overload ? 503 : 200;
    samples.tell({ status, overload, ms, waitedMs: 0, objects: 50, write: true, kind: "device", batch: 50 });
    return overload;
  };
  const caller = async () => {
    while (!stop.signal.aborted) {
      const refused = await permits.with("netbox", stop.signal, request).catch(() => false);
      if (refused) await Bun.sleep(100 + 400 * Math.random());
    }
  };
  const callersDone = Promise.all(Array.from({ length: callers }, caller));
  const end = async () => {
    stop.abort();
    await callersDone;
  };
  return { seen, [Symbol.asyncDispose]: end };
}

test("the limit follows the capacity, stays while nobody controls it, and is taken over as it is", async () => {
  const first = await world.orchestrator("first");
  const limit = () => permitLimit(world.bus, "netbox");
  const view = async () => {
    const entry = await openBucket(world.bus, names.settings).get(settingKeys.throttle("netbox"));
    return entry && decode(ThrottleView, entry.value);
  };
  await eventually("A controller", async () => (await view())?.controller === "first");
  const netbox = { capacity: 8 };
  await using work = startCallers(16, netbox);

  await eventually("A limit near 8", async () => (await limit()) >= 7);
  const beforeFall = { ...work.seen };
  netbox.capacity = 3;
  const settled = Bun.sleep(4_000);
  await eventually("A limit that fell to 3", async () => (await limit()) <= 3, 4);
  await settled;
  const afterFall = { ...work.seen };
  expect(work.seen.most).toBeLessThanOrEqual(10);
  expect(await view()).toMatchObject({ resource: "netbox", controller: "first", max: 64, batches: { device: 50 } });

  await first[Symbol.asyncDispose]();
  const left = await limit();
  await Bun.sleep(1_000);
  expect(await limit()).toBe(left);
  netbox.capacity = 8;
  await world.orchestrator("second");
  await eventually("A successor that raises the limit again", async () => {
    const { controller, limit: now } = (await view()) ?? { controller: "", limit: 0 };
    return controller === "second" && now >= 6;
  });
  const share = (key: "refused" | "answered") => beforeFall[key] + work.seen[key] - afterFall[key];
  expect(share("refused") / share("answered")).toBeLessThan(0.02);
});

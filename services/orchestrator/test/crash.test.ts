import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { isOver } from "@proxbox/contracts/runs";
import { runEventSubject } from "@proxbox/contracts/subjects";
import { createMetrics } from "@proxbox/runtime/metrics";
import { createPublisher } from "../src/publisher.ts";
import { readRun } from "../src/runs/history.ts";
import { createOrder } from "../src/runs/order.ts";
import { createWorld, done, threeStages, type World } from "./world.ts";

setDefaultTimeout(60_000);

let world: World;
let worked: string[] = [];
beforeAll(async () => {
  world = await createWorld();
  world.script = ({ stage, attempt }) => {
    worked.push(`${stage} ${attempt}`);
    if (attempt > 1) return done({ 1: "ok", 2: "ok" });
    return done({ 1: "ok", 2: stage === "devices" ? "failed" : "blocked" });
  };
});
afterAll(() => world[Symbol.asyncDispose]());

/** An order that dies for good when it is about to write for the n-th time: nothing that it would do next happens. */
function mortalOrder(writes: number) {
  const life = { left: writes, dead: false };
  const mortal =
    <A extends unknown[], R>(write: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      life.dead ||= life.left === 0;
      life.left -= 1;
      if (life.dead) throw new Error("This orchestrator has crashed.");
      return write(...args);
    };
  const mortalBus = { ...world.bus, publishOnce: mortal(world.bus.publishOnce) };
  const { create, update, delete: remove } = world.runs;
  const runs = { ...world.runs, create: mortal(create), update: mortal(update), delete: mortal(remove) };
  const publisher = createPublisher(mortalBus, { svc: "test", replica: "test", build: "test" });
  return { life, order: createOrder({ bus: mortalBus, runs, publisher, metrics: createMetrics("test") }) };
}

/** Lets orders work on a run until it is over; one that dies is replaced. Returns how many died. */
async function drive(run: string, writes: number, together: number): Promise<number> {
  let deaths = 0;
  let orders = Array.from({ length: together }, () => mortalOrder(writes));
  for (let state = await world.until(run, () => true); !isOver(state) || state.generation === 0; await Bun.sleep(5)) {
    const tries = orders.map(async ({ order, life }) => {
      try {
        await order.heard(runEventSubject(run, 0, "created"));
        await order.sweep();
      } catch (error) {
        if (!life.dead) throw error;
      }
    });
    await Promise.all(tries);
    deaths += orders.filter(({ life }) => life.dead).length;
    orders = orders.map((one) => (one.life.dead ? mortalOrder(Number.POSITIVE_INFINITY) : one));
    state = (await readRun(world.bus, run))?.run ?? state;
    if (isOver(state) && state.generation === 0) {
      await world.publisher.stageFact({ run, stage: "devices", attempt: 2 }, "replay");
    }
  }
  return deaths;
}

const everything = [1, 2].flatMap((attempt) => threeStages.map((stage) => `${stage} ${attempt}`)).sort();

test("an orchestrator may die before any of its writes; the next one goes on, and nothing is done twice", async () => {
  for (let writes = 0, deaths = 1; deaths > 0; writes += 1) {
    worked = [];
    const run = `crash-${writes}`;
    await world.create(run, "graph");
    deaths = await drive(run, writes, 1);
    expect(await world.over(run)).toMatchObject({ phase: "done", generation: 1 });
    expect(worked.toSorted()).toEqual(everything);
    if (deaths === 0) expect(writes).toBeGreaterThan(15);
  }
});

test("three orchestrators at once, dying at the same time, do the same", async () => {
  for (const writes of [1, 3, 6, 10, 99]) {
    worked = [];
    const run = `together-${writes}`;
    await world.create(run, "strict");
    await drive(run, writes, 3);
    expect(await world.over(run)).toMatchObject({ phase: "done", generation: 1 });
    expect(worked.toSorted()).toEqual(everything);
  }
});

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { runKeys } from "@proxbox/contracts/endpoints";
import { createWorld, done, eventually, type World } from "./world.ts";

setDefaultTimeout(60_000);

let world: World;
beforeAll(async () => {
  world = await createWorld();
  // Two, each with a clock of its own: a run is given up once.
  await world.orchestrator("one");
  await world.orchestrator("two");
});
afterAll(() => world[Symbol.asyncDispose]());

const graceMs = 6_000;
/** Says that a run is wanted, as a gateway does. */
const want = (run: string, ms = graceMs) => world.runs.put(runKeys.wanted(run), JSON.stringify({ graceMs: ms }));
const isThere = async (key: string) => (await world.runs.get(key)) !== null;

test("a run that nobody wants any more is called off after its grace and not before, and says why", async () => {
  world.script = async (_, signal) => {
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    return { fact: "cancelled", data: {} };
  };
  await want("left");
  await world.runs.put(runKeys.wish("left"), '{"run":"left"}');
  await world.create("left");
  await world.until("left", ({ phase }) => phase === "running");
  // Renewed for longer than the grace: nothing happens.
  for (let round = 0; round < 3; round += 1) {
    await Bun.sleep(2_500);
    await want("left");
  }
  const leftAt = Date.now();
  expect(await world.until("left", () => true)).toMatchObject({ phase: "running" });
  const over = await world.over("left");
  expect(Date.now() - leftAt).toBeGreaterThanOrEqual(graceMs);
  expect(over).toMatchObject({
    phase: "cancelled",
    reason: "Called off, because nobody has read its events for 6 seconds. Ask for it again to go on.",
  });
  expect((await world.facts("left")).filter((fact) => fact.endsWith("run.cancelling"))).toHaveLength(1);
  expect(await isThere(runKeys.wanted("left"))).toBe(false);
  await eventually("Its wish is forgotten", async () => !(await isThere(runKeys.wish("left"))));
});

test("what was wished of runs that are over is forgotten, what is going or on its way stays", async () => {
  const release = Promise.withResolvers<void>();
  world.script = async ({ run }) => {
    if (run === "going") await release.promise;
    return done();
  };
  for (const run of ["over", "going", "coming"]) {
    await want(run, 600_000);
    await world.runs.put(runKeys.wish(run), JSON.stringify({ run }));
    await world.runs.put(runKeys.job(run), JSON.stringify({ run, job: run }));
  }
  // Entered by a gateway that died a while ago, before it created the run.
  await world.runs.put(runKeys.wish("never"), '{"run":"never"}');
  await world.create("over");
  await world.over("over");
  await world.create("going");
  await eventually("Only what is going stays", async () => {
    const stays = [runKeys.wanted("over"), runKeys.wish("over"), runKeys.wish("never")].map(isThere);
    return (await Promise.all(stays)).every((there) => !there);
  });
  const kept = [
    ...["going", "coming"].flatMap((run) => [runKeys.wanted(run), runKeys.wish(run), runKeys.job(run)]),
    // The next stage of its job may be asked for yet.
    runKeys.job("over"),
  ];
  expect(await Promise.all(kept.map(isThere))).toEqual(kept.map(() => true));
  release.resolve();
  await world.over("going");
});

test("a run that nobody has to want goes on by itself", async () => {
  world.script = async () => {
    await Bun.sleep(6_000);
    return done();
  };
  await world.create("native", "strict", ["devices"]);
  expect(await world.over("native")).toMatchObject({ phase: "done" });
});

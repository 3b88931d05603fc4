import { afterAll, beforeAll, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { runKeys } from "@proxbox/contracts/endpoints";
import { decode } from "@proxbox/contracts/envelope";
import { StageCommand } from "@proxbox/contracts/messages";
import { RunIndexEntry } from "@proxbox/contracts/run-index";
import { names } from "@proxbox/contracts/streams";
import { commandSubject } from "@proxbox/contracts/subjects";
import { readLast } from "@proxbox/runtime/reader";
import { replayHeader } from "../src/publisher.ts";
import { createWorld, done, eventually, failed, threeStages, type World } from "./world.ts";

setDefaultTimeout(60_000);

let world: World;
beforeAll(async () => {
  world = await createWorld();
  // Two, as in any installation that must not stand still: they share every durable and sweep side by side.
  await world.orchestrator("one");
  await world.orchestrator("two");
});
afterAll(() => world[Symbol.asyncDispose]());
beforeEach(() => {
  world.script = () => done();
});

const indexed = async (run: string) => {
  const entry = await world.runs.get(runKeys.index(run));
  return entry && decode(RunIndexEntry, entry.value);
};

describe("order", () => {
  test("strict: one stage after the other, and the run is in the index", async () => {
    let working = 0;
    let most = 0;
    world.script = async () => {
      working += 1;
      most = Math.max(most, working);
      await Bun.sleep(30);
      working -= 1;
      return done();
    };
    await world.create("strict");
    expect((await world.over("strict")).phase).toBe("done");
    expect(most).toBe(1);
    const facts = await world.facts("strict");
    const ends = facts.filter((fact) => fact.endsWith(".stage.done"));
    expect(ends).toEqual(threeStages.map((stage) => `${stage}.1.stage.done`));
    expect(facts.at(-1)).toBe("_.0.run.done");
    await eventually("The end in the index", async () => (await indexed("strict"))?.phase === "done");
    expect(await indexed("strict")).toMatchObject({
      origin: "test",
      stages: [{ ok: true }, { ok: true }, { ok: true }],
    });
  });

  test("graph: stages side by side once their predecessor is done", async () => {
    const both = Promise.withResolvers<void>();
    const there = new Set<string>();
    world.script = async ({ stage }) => {
      if (stage === "devices") return done();
      there.add(stage);
      if (there.size === 2) both.resolve();
      await both.promise;
      return done();
    };
    await world.create("graph", "graph");
    expect((await world.over("graph")).phase).toBe("done");
  });

  test("runs queue in the order of their creation; two never work at once", async () => {
    const ids = ["queue-1", "queue-2", "queue-3"];
    for (const id of ids) await world.create(id, "graph");
    for (const id of ids) await world.over(id);
    const spans = await Promise.all(ids.map((id) => world.until(id, () => true)));
    for (const [index, { startedAt }] of spans.entries()) {
      if (index > 0)
        expect(Date.parse(startedAt ?? "")).toBeGreaterThanOrEqual(Date.parse(spans[index - 1]?.endedAt ?? ""));
    }
  });
});

describe("replay", () => {
  test("of a failed stage, then of what it had blocked; the run ends done in generation 1", async () => {
    world.script = ({ stage }) => (stage === "devices" ? failed("no node answers") : done());
    await world.create("replay");
    const before = await world.over("replay");
    expect(before.reason).toBe("devices failed, storage was blocked, virtual-machines was blocked.");

    world.script = () => done();
    await world.publisher.stageFact({ run: "replay", stage: "devices", attempt: 2 }, "replay", { mode: "failed-only" });
    const after = await world.until("replay", (run) => run.phase === "done");
    expect(after).toMatchObject({ generation: 1, stages: [{ attempt: 2 }, { attempt: 1 }, { attempt: 1 }] });
    const first = await readLast(world.bus, commandSubject("inventory", "replay", "devices", 1), names.commands);
    const second = await readLast(world.bus, commandSubject("inventory", "replay", "devices", 2), names.commands);
    expect(second?.headers?.get(replayHeader)).toBe(String(first?.seq));
    const { data } = decode(StageCommand, second?.data ?? "");
    expect(data).toMatchObject({ mode: "failed-only", replayOf: first?.seq, blocked: [] });
    expect((await world.facts("replay")).filter((fact) => fact.startsWith("_"))).toEqual([
      "_.0.run.created",
      "_.0.run.running",
      "_.0.run.failed",
      "_.1.run.running",
      "_.1.run.done",
    ]);
  });

  test("of one endpoint: successors make up for what was left out, and only that", async () => {
    const leftOut: unknown[] = [];
    world.script = ({ stage, data }) => {
      if (stage === "devices") return done({ 1: "ok", 2: "failed" });
      leftOut.push(...data.blocked);
      return done({ 1: "ok", 2: "blocked" });
    };
    await world.create("endpoint", "graph");
    expect((await world.over("endpoint")).phase).toBe("failed");
    const because = "Stage devices failed for pve2.";
    expect(leftOut).toEqual(threeStages.slice(1).map(() => ({ endpoint: 2, name: "pve2", because })));
    const again: unknown[] = [];
    world.script = ({ stage, attempt, data: { mode, blocked } }) => {
      again.push({ stage, attempt, mode, blocked });
      return done({ 1: "ok", 2: "ok" });
    };
    await world.publisher.stageFact({ run: "endpoint", stage: "devices", attempt: 2 }, "replay");
    await world.until("endpoint", (run) => run.phase === "done");
    expect(again).toHaveLength(threeStages.length);
    for (const stage of threeStages) {
      expect(again).toContainEqual({ stage, attempt: 2, mode: "failed-only", blocked: [] });
    }
  });
});

describe("cancel", () => {
  test("of a run at work and of one that waits; a replay works again", async () => {
    world.script = async (_, signal) => {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      return { fact: "cancelled", data: {} };
    };
    await world.create("cancel");
    await world.until("cancel", (run) => run.stages.some((stage) => stage.phase === "running"));
    await world.create("waiting");
    await world.publisher.runFact("waiting", 0, "cancelling");
    expect(await world.over("waiting")).toMatchObject({ phase: "cancelled", startedAt: null });
    await world.publisher.runFact("cancel", 0, "cancelling", { reason: "by hand" });
    expect(await world.over("cancel")).toMatchObject({ phase: "cancelled", reason: "by hand" });
    expect(await world.runs.get(runKeys.cancel("cancel"))).not.toBeNull();

    world.script = () => done();
    await world.publisher.stageFact({ run: "cancel", stage: "devices", attempt: 2 }, "replay");
    expect(await world.until("cancel", (run) => run.phase === "done")).toMatchObject({ generation: 1 });
    expect(await world.runs.get(runKeys.cancel("cancel"))).toBeNull();
  });
});

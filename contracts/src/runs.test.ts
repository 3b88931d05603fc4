import { describe, expect, test } from "bun:test";
import { Value } from "@sinclair/typebox/value";
import fc from "fast-check";
import { decide, type RunAction } from "./decide.ts";
import type { EndpointOutcome, RunEvent, StageEvent } from "./messages.ts";
import { foldRun, isOver, isStageOver, isWorking, type RunState, type StoredEvent } from "./runs.ts";
import { predecessorsOf, type StageName, stageNames } from "./stages.ts";
import { type RunFact, runEventSubject, type StageFact, stageEventSubject } from "./subjects.ts";
import { SyncOptions } from "./sync-options.ts";

const options = Value.Create(SyncOptions);
const by = { svc: "test", replica: "r1", build: "b" };
let clock = 0;

/** The event stream of one run: append once by subject, fold, decide. */
/** Enough of the table to show every rule: one stage, and two that wait for it. */
const three: readonly StageName[] = ["devices", "storage", "virtual-machines"];

function history(mode: "strict" | "graph" = "graph", stages: readonly string[] = three) {
  const events: StoredEvent[] = [];
  const seen = new Set<string>();
  const add = (subject: string, stage: string, attempt: number, data: object) => {
    if (seen.has(subject)) return false;
    seen.add(subject);
    clock += 1000;
    const event = { v: 1, id: subject, ts: new Date(clock).toISOString(), run: "r", stage, attempt, by, data };
    events.push({ subject, event: event as RunEvent | StageEvent });
    return true;
  };
  const api = {
    events,
    run: (fact: RunFact, data: object = {}, generation = api.state().generation) =>
      add(runEventSubject("r", generation, fact), "_", generation, data),
    stage: (stage: string, attempt: number, fact: StageFact, data: object = {}) =>
      add(stageEventSubject("r", stage, attempt, fact), stage, attempt, data),
    state: (length = events.length) => {
      const state = events.slice(0, length).reduce<RunState | null>(foldRun, null);
      if (!state) throw new Error("The run has not been created.");
      return state;
    },
    of: (stage: string) => api.state().stages.find((entry) => entry.stage === stage),
    next: () => decide(api.state()).map(brief),
    act: (action: RunAction, generation: number) => {
      if (action.action === "start") return api.run("running", {}, generation);
      if (action.action === "end") return api.run(action.fact, action, generation);
      const fact = { command: "commanded", block: "blocked", cancel: "cancelled" } as const;
      return api.stage(action.stage, action.attempt, fact[action.action], action);
    },
    /** Does what is to be done until there is nothing more to do without a worker. */
    settle: () => {
      for (let actions = decide(api.state()); actions.length > 0; actions = decide(api.state())) {
        for (const action of actions) api.act(action, api.state().generation);
      }
      return api;
    },
  };
  add(runEventSubject("r", 0, "created"), "_", 0, { request: { mode, stages, options, origin: "api" } });
  return api;
}

function brief(action: RunAction): string {
  if (action.action === "start") return "start";
  if (action.action === "end") return `end ${action.fact}`;
  const more = action.action === "command" ? ` ${action.mode} [${action.blocked.map((entry) => entry.endpoint)}]` : "";
  return `${action.action} ${action.stage} ${action.attempt}${more}`;
}

/** What a coordinator says at the end: endpoint states by id. */
function summary(states: Record<number, EndpointOutcome["state"]>) {
  const endpoints = Object.entries(states).map(([id, state]) => ({ endpoint: Number(id), name: `pve${id}`, state }));
  return { summary: { ok: endpoints.every((entry) => entry.state === "ok"), endpoints } };
}
const good = summary({ 1: "ok", 2: "ok" });

describe("order", () => {
  test("a queued run asks for its turn first", () => {
    expect(history().next()).toEqual(["start"]);
  });

  test("strict: one stage at a time, in the order of the table", () => {
    const run = history("strict", [...stageNames].reverse());
    for (const stage of stageNames) {
      expect(run.settle().state().stages.filter(isWorking)).toMatchObject([{ stage, attempt: 1 }]);
      run.stage(stage, 1, "done", good);
    }
    expect(run.next()).toEqual(["end done"]);
    expect(run.settle().next()).toEqual([]);
  });

  test("graph: every stage as soon as its predecessors are over", () => {
    const run = history("graph");
    run.run("running");
    expect(run.next()).toEqual(["command devices 1 full []"]);
    run.settle().stage("devices", 1, "done", good);
    expect(run.next()).toEqual(["command storage 1 full []", "command virtual-machines 1 full []"]);
  });

  test("stages that were not asked for are no predecessors", () => {
    const run = history("strict", ["virtual-machines"]).settle();
    expect(run.of("virtual-machines")?.phase).toBe("commanded");
  });

  test("a stage that this version does not know makes the run fail", () => {
    const run = history("strict", ["devices", "moons"]).settle();
    run.stage("devices", 1, "done", good);
    expect(decide(run.state())).toEqual([{ action: "end", fact: "failed", ok: false, reason: "moons is no stage." }]);
  });
});

describe("failure", () => {
  test("a stage that failed as a whole blocks its successors, and the run says why it failed", () => {
    const run = history("strict").settle();
    run.stage("devices", 1, "failed", { error: { code: "x", message: "no", retryable: false } });
    expect(run.next()).toEqual(["block storage 1", "block virtual-machines 1"]);
    run.settle();
    expect(run.state()).toMatchObject({
      phase: "failed",
      reason: "devices failed, storage was blocked, virtual-machines was blocked.",
    });
    expect(run.of("storage")).toMatchObject({ phase: "blocked", ok: false, because: ["devices"] });
  });

  test("an endpoint that failed is left out of the successors only", () => {
    const run = history("graph").settle();
    run.stage("devices", 1, "done", summary({ 1: "ok", 2: "failed", 3: "partial" }));
    expect(run.next()).toEqual(["command storage 1 full [2]", "command virtual-machines 1 full [2]"]);
    run.settle().stage("storage", 1, "done", summary({ 1: "ok", 2: "blocked", 3: "ok" }));
    run.stage("virtual-machines", 1, "done", summary({ 1: "ok", 2: "blocked", 3: "ok" }));
    expect(run.next()).toEqual(["end failed"]);
  });
});

describe("replay", () => {
  test("of what was blocked as a whole: the stage, then its successors, generation 1", () => {
    const run = history("strict").settle();
    run.stage("devices", 1, "failed");
    run.settle().stage("devices", 2, "replay", { mode: "failed-only" });
    expect(run.state()).toMatchObject({ phase: "queued", generation: 1, endedAt: null, reason: null });
    expect(run.next()).toEqual(["start"]);
    run.run("running");
    expect(run.next()).toEqual(["command devices 2 failed-only []"]);
    run.settle().stage("devices", 2, "done", good);
    expect(run.next()).toEqual(["command storage 1 full []"]);
    run.settle().stage("storage", 1, "done", good);
    run.settle().stage("virtual-machines", 1, "done", good);
    expect(run.settle().state()).toMatchObject({ phase: "done", generation: 1 });
  });

  test("of a failed endpoint: its part of the successors is made up for, the other stages rest", () => {
    const run = history("graph").settle();
    run.stage("devices", 1, "done", summary({ 1: "ok", 2: "failed" }));
    run.settle().stage("storage", 1, "done", summary({ 1: "ok", 2: "blocked" }));
    run.stage("virtual-machines", 1, "done", summary({ 1: "ok", 2: "blocked" }));
    run.settle().stage("devices", 2, "replay");
    run.settle().stage("devices", 2, "done", good);
    expect(run.next()).toEqual(["command storage 2 failed-only []", "command virtual-machines 2 failed-only []"]);
    run.settle().stage("storage", 2, "done", good);
    run.stage("virtual-machines", 2, "done", good);
    expect(run.settle().state().phase).toBe("done");
  });

  test("an attempt that ends without a summary is not taken for freed again and again", () => {
    const run = history("strict", ["devices", "storage"]).settle();
    run.stage("devices", 1, "done", summary({ 1: "ok", 2: "failed" }));
    run.settle().stage("storage", 1, "done", summary({ 1: "ok", 2: "blocked" }));
    run.settle().stage("devices", 2, "replay");
    run.settle().stage("devices", 2, "done", good);
    run.settle().stage("storage", 2, "failed");
    expect(run.next()).toEqual(["end failed"]);
  });

  test("that was stored just before the end counts as one right after it", () => {
    const run = history("strict", ["devices"]).settle();
    run.stage("devices", 1, "failed");
    run.stage("devices", 2, "replay");
    run.run("failed", { ok: false }, 0);
    expect(run.state()).toMatchObject({ phase: "queued", generation: 1, endedAt: null });
    expect(run.settle().of("devices")).toMatchObject({ phase: "commanded", attempt: 2 });
  });

  test("of an attempt that was given out already changes nothing", () => {
    const run = history("strict", ["devices"]).settle();
    run.stage("devices", 1, "replay");
    expect(run.of("devices")?.phase).toBe("commanded");
    run.stage("devices", 1, "done", good);
    run.settle();
    run.stage("storage", 1, "replay");
    expect(run.state().phase).toBe("done");
  });
});

describe("cancel", () => {
  test("of a queued run: it ends at once", () => {
    const run = history();
    run.run("cancelling", { reason: "by hand" });
    expect(run.next()).toEqual(["end cancelled"]);
    expect(run.settle().state()).toMatchObject({ phase: "cancelled", reason: "by hand" });
  });

  test("of a running run: what nobody has begun is called off, what is at work is waited for", () => {
    const run = history().settle();
    run.stage("devices", 1, "done", good);
    run.settle().stage("storage", 1, "started");
    run.run("cancelling");
    expect(run.next()).toEqual(["cancel virtual-machines 1"]);
    expect(run.settle().state().phase).toBe("cancelling");
    run.stage("storage", 1, "cancelled");
    expect(run.settle().state().phase).toBe("cancelled");
    expect(run.of("storage")).toMatchObject({ phase: "cancelled", ok: false });
  });

  test("takes a replay that waits with it; one that came later opens the run again", () => {
    const run = history("strict", ["devices"]).settle();
    run.stage("devices", 1, "failed");
    run.settle().stage("devices", 2, "replay");
    run.run("cancelling");
    expect(run.settle().state().phase).toBe("cancelled");
    run.stage("devices", 3, "replay");
    expect(run.state()).toMatchObject({ phase: "queued", generation: 2 });
  });
});

describe("late and repeated facts", () => {
  const cases: [string, (run: ReturnType<typeof history>) => void, object][] = [
    ["commanded after started", (run) => run.stage("devices", 1, "commanded"), { phase: "running" }],
    ["blocked after started", (run) => run.stage("devices", 1, "blocked"), { phase: "running" }],
    ["started after done", (run) => [run.stage("devices", 1, "done", good), run.run("running")], { phase: "done" }],
    [
      "failed after done",
      (run) => [run.stage("devices", 1, "done", good), run.stage("devices", 1, "failed")],
      { ok: true },
    ],
    [
      "an older attempt",
      (run) => [run.stage("devices", 2, "started"), run.stage("devices", 1, "done")],
      { attempt: 2, phase: "running" },
    ],
    ["another stage", (run) => run.stage("moons", 1, "started"), { phase: "running" }],
  ];
  test.each(cases)("%s", (_, add, expected) => {
    const run = history("strict", ["devices"]);
    run.stage("devices", 1, "started");
    run.stage("devices", 1, "manifest", { manifest: { count: 3 } });
    add(run);
    expect(run.of("devices")).toMatchObject(expected);
  });

  test("facts of an earlier generation, before the creation and of no known subject", () => {
    const run = history("strict", ["devices"]).settle();
    run.stage("devices", 1, "failed");
    run.settle().stage("devices", 2, "replay");
    const before = run.state();
    run.run("cancelling", {}, 0);
    expect(run.state()).toEqual(before);
    const [created, running] = run.events as [StoredEvent, StoredEvent];
    expect(foldRun(null, running)).toBeNull();
    expect(foldRun(before, created)).toBe(before);
    expect(foldRun(before, { ...created, subject: "proxbox.evt.r.devices.1.log.x" })).toBe(before);
  });
});

/** One step of an adversary: who moves, which of the possible moves, and how stale the view is. */
const step = fc.record({
  who: fc.constantFrom("order", "order", "work", "work", "replay", "cancel"),
  pick: fc.nat(),
  stale: fc.nat(4),
});
const scenario = fc.record({
  mode: fc.constantFrom("strict" as const, "graph" as const),
  stages: fc.shuffledSubarray([...stageNames], { minLength: 1 }),
  steps: fc.array(step, { maxLength: 60 }),
});

/** A worker's next word on a commanded attempt. */
function work(run: ReturnType<typeof history>, pick: number) {
  const working = run.state().stages.filter(isWorking);
  const stage = working[pick % Math.max(working.length, 1)];
  if (!stage) return;
  const command = run.events.find(
    (entry) => entry.subject === stageEventSubject("r", stage.stage, stage.attempt, "commanded"),
  )?.event.data as { blocked?: { endpoint: number }[] } | undefined;
  const blocked = new Set(command?.blocked?.map((entry) => entry.endpoint));
  const states = (["ok", "ok", "failed", "partial"] as const).map(
    (_, index, all) => all[(pick >> (index * 2)) % 4] ?? "ok",
  );
  const outcome = { 1: blocked.has(1) ? "blocked" : states[0], 2: blocked.has(2) ? "blocked" : states[1] } as const;
  const data = summary(outcome as Record<number, EndpointOutcome["state"]>);
  const lost = data.summary.endpoints.every((entry) => entry.state === "failed" || entry.state === "blocked");
  const fact = (["started", "manifest", lost ? "failed" : "done", "failed"] as const)[pick % 4] ?? "started";
  const cancelled = run.state().phase === "cancelling" && fact !== "started" && fact !== "manifest";
  run.stage(stage.stage, stage.attempt, cancelled ? "cancelled" : fact, pick % 4 === 3 ? {} : data);
}

test("whatever the order of words, crashes and stale views, a run ends, and ok only when everything is done", () => {
  fc.assert(
    fc.property(scenario, ({ mode, stages, steps }) => {
      const run = history(mode, stages);
      let replays = 0;
      for (const { who, pick, stale } of steps) {
        if (who === "work") work(run, pick);
        if (who === "cancel" && pick % 5 === 0 && !isOver(run.state())) run.run("cancelling");
        const over = run.state().stages.filter(isStageOver);
        const again = over[pick % Math.max(over.length, 1)];
        if (who === "replay" && again && replays < 4) {
          replays += Number(run.stage(again.stage, again.attempt + 1, "replay"));
        }
        if (who !== "order") continue;
        // A stale view and only one of its actions: another orchestrator that was paused, or died half-way.
        const view = run.state(Math.max(1, run.events.length - stale));
        const actions = decide(view);
        const action = actions[pick % Math.max(actions.length, 1)];
        if (action) run.act(action, view.generation);
      }
      for (let rounds = 0; !isOver(run.settle().state()); rounds += 1) {
        expect(rounds).toBeLessThan(200);
        for (const { stage, attempt } of run.state().stages.filter(isWorking)) run.stage(stage, attempt, "done", good);
      }
      const end = run.state();
      // A cancellation may come when the last stage has just ended well: the run is cancelled all the same.
      if (end.phase !== "cancelled") {
        expect(end.phase === "done").toBe(end.stages.every((stage) => stage.ok === true));
      }
      expect(end.stages.every((stage) => stage.attempt <= 2 + 2 * replays)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test("a stage is never commanded before its predecessors are over, and strict runs have one at work", () => {
  fc.assert(
    fc.property(scenario, ({ mode, stages, steps }) => {
      const run = history(mode, stages);
      for (const { who, pick } of steps) {
        if (who === "work") work(run, pick);
        const before = run.state();
        for (const action of decide(before)) {
          if (action.action === "command") {
            const needs: readonly StageName[] = predecessorsOf(action.stage);
            const others = before.stages.filter((stage) => needs.includes(stage.stage));
            expect(others.every((stage) => stage.phase === "done")).toBe(true);
          }
          run.act(action, before.generation);
        }
        if (mode === "strict") expect(run.state().stages.filter(isWorking).length).toBeLessThanOrEqual(1);
      }
    }),
    { numRuns: 300 },
  );
});

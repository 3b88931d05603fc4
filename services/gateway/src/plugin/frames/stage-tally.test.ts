import { describe, expect, test } from "bun:test";
import { batchTold, stageStory, stageTold } from "../../../test/run-story.ts";
import type { RunStreamEvent } from "../../runs/run-events.ts";
import { factOf } from "./run-facts.ts";
import { isOver, lacksObjectsOnly, newTally, type StageTally, tallyAfter } from "./stage-tally.ts";

const failure = { code: "netbox_refused", message: "NetBox refused it.", retryable: false };
const failed = (name: string) => ({ kind: "device", name, outcome: "failed", error: failure }) as const;

function after(events: readonly RunStreamEvent[]): StageTally {
  return events.reduce((tally, event) => {
    const fact = factOf(event);
    return fact && (fact.of === "stage" || fact.of === "result") ? tallyAfter(tally, fact) : tally;
  }, newTally("devices"));
}

describe("tallyAfter", () => {
  test("counts batches, failed objects and batches that ended early", () => {
    const tally = after(
      stageStory("devices", [
        { key: "a", objects: [failed("one"), { kind: "device", name: "two", outcome: "created" }] },
        { key: "b", error: { ...failure, message: "The batch broke." } },
      ]),
    );
    expect(tally).toMatchObject({ phase: "done", batches: 2, done: 2, failedObjects: 1, brokenBatches: 1 });
    expect(tally.errors.map(({ object, error }) => object?.name ?? error.message)).toEqual(["The batch broke.", "one"]);
  });

  test("keeps few errors, however many there are", () => {
    const objects = Array.from({ length: 500 }, (_, index) => failed(`d${index}`));
    expect(after(stageStory("devices", [{ key: "a", objects }])).errors).toHaveLength(20);
  });

  test("tells an error once that a result and the end of the stage both have", () => {
    const error = { ...failure, code: "proxmox_unreachable", message: "Nobody answers." };
    const events = stageStory("devices", [{ key: "endpoint-1", error }], { end: "failed", error });
    expect(after(events).errors).toHaveLength(1);
  });

  test("begins anew with the next attempt, and hears nothing late of the one before", () => {
    const first = stageStory("devices", [{ key: "a", objects: [failed("one")] }]);
    const late = batchTold("devices", { key: "late" });
    expect(after([...first, late])).toEqual(after(first));
    const second = after([...first, stageTold("devices", "replay", {}, 2), late]);
    expect(second).toMatchObject({ attempt: 2, phase: "waiting", done: 0, errors: [], failedObjects: 0 });
    expect(isOver(second)).toBe(false);
  });

  test("says which stages are in the way of one that was not begun", () => {
    const tally = after([stageTold("devices", "blocked", { because: ["storage"] })]);
    expect(tally.phase).toBe("blocked");
    expect(tally.errors[0]?.error.message).toContain("storage failed");
  });
});

describe("lacksObjectsOnly", () => {
  const whole = [{ endpoint: 1, name: "a", state: "partial" } as const];
  test.each([
    ["single objects", stageStory("devices", [{ key: "a", objects: [failed("one")] }], { endpoints: whole }), true],
    ["a batch that ended early", stageStory("devices", [{ key: "a", error: failure }], { endpoints: whole }), false],
    [
      "an endpoint",
      stageStory("devices", [{ key: "a" }], { endpoints: [{ endpoint: 1, name: "a", state: "failed" }] }),
      false,
    ],
    ["a stage that failed", stageStory("devices", [{ key: "a" }], { endpoints: whole, end: "failed" }), false],
    ["a stage that goes on", stageStory("devices", [{ key: "a" }]).slice(0, -1), false],
  ])("%s", (_, events, expected) => {
    expect(lacksObjectsOnly(after(events))).toBe(expected);
  });
});

import { describe, expect, test } from "bun:test";
import { batchTold, stageTold, told } from "../../../test/run-story.ts";
import { factOf } from "./run-facts.ts";

describe("factOf", () => {
  test("reads facts of runs and stages, results and progress", () => {
    expect(factOf(told("run.cancelling", { reason: "asked" }))).toEqual({
      of: "run",
      fact: "cancelling",
      reason: "asked",
    });
    expect(factOf(told("run.created", { request: { options: { dry_run: true } } }))).toEqual({
      of: "request",
      isDry: true,
    });
    expect(factOf(told("run.created"))).toEqual({ of: "request", isDry: false });
    expect(factOf(told("run.done", { ok: true }))).toEqual({ of: "run", fact: "done", reason: null });
    expect(factOf(stageTold("devices", "started", {}, 2))).toMatchObject({
      of: "stage",
      stage: "devices",
      attempt: 2,
      fact: "started",
    });
    expect(factOf(batchTold("storage", { key: "a" }))).toMatchObject({
      of: "result",
      stage: "storage",
      result: { key: "a" },
    });
    expect(factOf(told("progress", { stage: "sdn", message: "half" }))).toEqual({
      of: "progress",
      stage: "sdn",
      message: "half",
    });
  });

  test.each([
    ["a stage of a newer release", stageTold("teleport" as never, "started")],
    ["a fact of a newer release about a run", told("run.paused")],
    ["a result without its content", told("item.result", { stage: "devices" })],
    ["a name nobody knows", told("gap", { lastEventId: null })],
    ["no JSON", { ...told("run.done"), data: "{" }],
    ["no object", { ...told("run.done"), data: "null" }],
  ])("says nothing of %s", (_, event) => {
    expect(factOf(event)).toBeNull();
  });
});

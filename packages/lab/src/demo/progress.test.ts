import { describe, expect, test } from "bun:test";
import { foldProgress, progressLine, type StageProgress } from "./progress.ts";

const at = (second: number) => new Date(second * 1000).toISOString();
const event = (name: string, second: number, more: object = {}) => ({
  id: null,
  event: name,
  data: { stage: "devices", ts: at(second), ...more },
});
const none = { created: 0, updated: 0, unchanged: 0, deleted: 0, failed: 0, skipped: 0 };
const told = (...events: ReturnType<typeof event>[]) => {
  let stages: ReadonlyMap<string, StageProgress> = new Map();
  for (const one of events) stages = foldProgress(stages, one);
  const progress = stages.get("devices");
  if (!progress) throw new Error("the stage was told of");
  return progress;
};
const working = [
  event("stage.started", 10),
  event("stage.manifest", 10, { manifest: { count: 4 } }),
  event("item.result", 12, { counts: { ...none, created: 30, failed: 2 } }),
];

describe("progress", () => {
  test("at work: items, objects, their rate and the time that is left", () => {
    const line = progressLine(told(...working), 12_000);
    for (const part of ["devices", "1/4 items", "32 objects", "16/s", "2 failed", "6 s left"])
      expect(line).toContain(part);
  });

  test("over: the time it took stands, however long one looks at it", () => {
    const over = told(...working, event("stage.done", 13));
    expect(progressLine(over, 13_000)).toContain("done in 3.0 s");
    expect(progressLine(over, 99_000)).toBe(progressLine(over, 13_000));
  });

  test("what is no news of a stage changes nothing", () => {
    const before = told(...working);
    expect(told(...working, event("progress", 12))).toEqual(before);
  });
});

import { describe, expect, test } from "bun:test";
import { defaultBatchLimits, firstBatch, nextBatchSize } from "./batch-size.ts";

describe("nextBatchSize", () => {
  const cases: [string, number, number, number, number][] = [
    ["stays where a request takes a second", 50, 50, 1_000, 50],
    ["grows where it is quick, to its ceiling", 80, 80, 100, 100],
    ["at most doubles", 20, 20, 10, 40],
    ["shrinks where it is slow", 50, 50, 1_500, 33],
    ["at most halves", 50, 50, 20_000, 25],
    ["never goes below one", 1, 1, 60_000, 1],
    ["learns nothing from a small request that was quick", 50, 3, 200, 50],
    ["learns from a small request that was slow", 50, 10, 2_000, 25],
  ];
  test.each(cases)("%s", (_, size, objects, ms, next) => {
    expect(nextBatchSize(size, objects, ms, defaultBatchLimits)).toBe(next);
  });
});

describe("firstBatch", () => {
  const cases: [string, string[], number, number, number][] = [
    ["takes so many rows", ["a", "b", "c"], 2, 1_000, 2],
    ["takes so many bytes", ["x".repeat(40), "x".repeat(40), "x".repeat(40)], 10, 100, 2],
    ["takes a row that is too big by itself", ["x".repeat(400), "y"], 10, 100, 1],
    ["takes nothing of nothing", [], 10, 100, 0],
  ];
  test.each(cases)("%s", (_, rows, size, bytes, length) => {
    expect(firstBatch(rows, size, bytes)).toEqual(rows.slice(0, length));
  });
});

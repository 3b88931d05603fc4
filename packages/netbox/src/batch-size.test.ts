import { describe, expect, test } from "bun:test";
import { batchesOf, defaultBatchLimits, nextBatchSize } from "./batch-size.ts";

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

describe("batchesOf", () => {
  test("cuts by number", () => {
    expect(batchesOf([1, 2, 3, 4, 5], 2, 1_000)).toEqual([[1, 2], [3, 4], [5]]);
  });

  test("cuts by bytes and never cuts a row", () => {
    const rows = ["x".repeat(40), "x".repeat(40), "x".repeat(200), "y"];
    expect(batchesOf(rows, 10, 100).map((batch) => batch.length)).toEqual([2, 1, 1]);
  });

  test("makes nothing of nothing", () => {
    expect(batchesOf([], 10, 100)).toEqual([]);
  });
});

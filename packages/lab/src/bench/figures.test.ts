import { expect, test } from "bun:test";
import { percentile, ratio, rounded } from "./figures.ts";

test.each([
  [[], 0.5, 0],
  [[7], 0.99, 7],
  [[3, 1, 2], 0.5, 2],
  [Array.from({ length: 100 }, (_, n) => 100 - n), 0.99, 100],
  [Array.from({ length: 100 }, (_, n) => n + 1), 0.5, 51],
])("percentile of %j at %d is %d", (values, share, expected) => {
  expect(percentile(values, share)).toBe(expected);
});

test("figures are numbers that JSON can carry", () => {
  expect([rounded(123456), rounded(0.00012346), rounded(Number.NaN), ratio(3, 2), ratio(1, 0)]).toEqual([
    123500, 0.0001235, 0, 1.5, 0,
  ]);
});

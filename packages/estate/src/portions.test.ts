import { describe, expect, test } from "bun:test";
import { portionsOf } from "./portions.ts";

const entries = (count: number, text = "") => Array.from({ length: count }, (_, index) => ({ index, text }));

describe("portionsOf", () => {
  test.each<[number, number, number[]]>([
    [0, 400, []],
    [1, 400, [1]],
    [50, 400, [50]],
    [60, 400, [50, 10]],
    [300, 400, [150, 150]],
    [801, 400, [400, 400, 1]],
  ])("%d entries, at most %d together", (count, most, sizes) => {
    const portions = portionsOf(entries(count), most);
    expect(portions.map((portion) => portion.length)).toEqual(sizes);
    expect(portions.flat()).toEqual(entries(count));
  });

  test("long entries go in smaller portions, none is lost, and one that is too long alone goes alone", () => {
    const long = [...entries(5, "x".repeat(100_000)), ...entries(1, "x".repeat(900_000)), ...entries(2)];
    const portions = portionsOf(long, 400);
    expect(portions.map((portion) => portion.length)).toEqual([2, 2, 1, 1, 2]);
    expect(portions.flat()).toEqual(long);
  });
});

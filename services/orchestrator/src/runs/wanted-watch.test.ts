import { expect, test } from "bun:test";
import { newWatch, unwanted, type WantedEntry, watchAfter } from "./wanted-watch.ts";

const entry = (run: string, revision: number, value = '{"graceMs":20000}'): WantedEntry => ({
  ...{ run, key: `wanted.${run}`, value, revision },
});

/** The runs that are given up at each look: seconds, and what is found then. */
function lookAt(...looks: [seconds: number, found: WantedEntry[]][]): string[][] {
  let watch = newWatch;
  return looks.map(([seconds, found]) => {
    watch = watchAfter(watch, found, seconds * 1_000);
    return unwanted(watch, found).map(({ run }) => run);
  });
}

test("a run is given up when nobody has renewed it for its grace, and not before", () => {
  const found = [entry("a", 1)];
  expect(lookAt([0, found], [10, found], [19.9, found], [20, found])).toEqual([[], [], [], ["a"]]);
});

test("whoever renews it has it for another grace", () => {
  expect(lookAt([0, [entry("a", 1)]], [10, [entry("a", 1)]], [15, [entry("a", 2)]], [30, [entry("a", 2)]])).toEqual([
    [],
    [],
    [],
    [],
  ]);
});

test("each run has a clock of its own", () => {
  const found = [entry("a", 1), entry("b", 2)];
  expect(lookAt([0, [entry("a", 1)]], [10, found], [20, found], [30, found])).toEqual([[], [], ["a"], ["a", "b"]]);
});

test("after a while without looking all clocks begin anew: who wants a run may have been cut off as well", () => {
  const found = [entry("a", 1)];
  expect(lookAt([0, found], [10, found], [70, found], [80, found], [90, found])).toEqual([[], [], [], [], ["a"]]);
});

test("an entry of a later release is left alone", () => {
  const found = [entry("a", 1, '{"grace":"PT1M"}'), entry("b", 1, "?")];
  expect(lookAt([0, found], [10, found], [20, found])).toEqual([[], [], []]);
});

import { expect, test } from "bun:test";
import { parseFlag, parseInteger, parseNumber, parseText } from "./scalars.ts";

test.each([
  [1, true],
  ["1", true],
  [true, true],
  ["on", true],
  ["Yes", true],
  [0, false],
  ["0", false],
  ["off", false],
  ["2", null],
  ["", null],
  [undefined, null],
  [null, null],
  [{}, null],
])("the flag %p is %p", (value, flag) => {
  expect(parseFlag(value)).toBe(flag);
});

test.each([
  ["0.5", 0.5],
  [4, 4],
  [" 16 ", 16],
  ["", null],
  ["four", null],
  [Number.NaN, null],
  [undefined, null],
])("the number %p is %p", (value, number) => {
  expect(parseNumber(value)).toBe(number);
});

test("whole numbers are cut, text may be a number", () => {
  expect(parseInteger("4096.9")).toBe(4096);
  expect(parseInteger("x")).toBeNull();
  expect(parseText(12)).toBe("12");
  expect(parseText("  ")).toBeNull();
});

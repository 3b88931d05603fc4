import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { diskMebibytes, memoryMebibytes, parseSize } from "./size.ts";

describe("parseSize", () => {
  const table: [unknown, number | null][] = [
    ["32G", 34_359_738_368],
    ["528K", 540_672],
    ["4M", 4_194_304],
    ["1.5G", 1_610_612_736],
    ["1T", 1_099_511_627_776],
    ["0.5T", 549_755_813_888],
    ["4194304", 4_194_304],
    ["4096B", 4_096],
    [" 8 g ", 8_589_934_592],
    [1024, 1_024],
    ["0", null],
    ["8GiB", null],
    ["-4G", null],
    ["", null],
    ["1e3", null],
    [undefined, null],
    [true, null],
  ];
  test.each(table)("%p is %p bytes", (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  test("any text gives a positive whole number or null", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9.]{0,20}[BKMGTx]?$/)), (text) => {
        const bytes = parseSize(text);
        expect(bytes === null || (Number.isSafeInteger(bytes) && bytes > 0)).toBe(true);
      }),
    );
  });
});

test.each([
  [540_672, 1],
  [1, 1],
  [4_194_304, 4],
  [4_194_305, 5],
  [34_359_738_368, 32_768],
  [Number.MAX_SAFE_INTEGER, 2_147_483_647],
])("a disk of %p bytes is %p MiB", (bytes, mebibytes) => {
  expect(diskMebibytes(bytes)).toBe(mebibytes);
});

test.each([
  [4_294_967_296, 4_096],
  [1_048_575, null],
  [0, null],
  [-1, null],
  [Number.NaN, null],
  [null, null],
  [1_572_864, 1],
])("memory of %p bytes is %p MiB", (bytes, mebibytes) => {
  expect(memoryMebibytes(bytes)).toBe(mebibytes);
});

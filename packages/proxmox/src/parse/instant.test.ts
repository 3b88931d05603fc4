import { expect, test } from "bun:test";
import fc from "fast-check";
import { instantOf } from "./instant.ts";

test.each([
  [1_704_164_645, "2024-01-02T03:04:05Z"],
  ["1704164645", "2024-01-02T03:04:05Z"],
  [1_704_164_645.9, "2024-01-02T03:04:05Z"],
  [253_402_300_799, "9999-12-31T23:59:59Z"],
  [253_402_300_800, null],
  [0, null],
  [-1, null],
  ["", null],
  [undefined, null],
])("%p is %p", (seconds, instant) => expect(instantOf(seconds)).toBe(instant));

test("nothing makes it throw", () => {
  fc.assert(
    fc.property(fc.oneof(fc.anything(), fc.double(), fc.string()), (seconds) => {
      const instant = instantOf(seconds);
      expect(instant === null || Date.parse(instant) > 0 || instant.startsWith("1970-01-01T00:00:00")).toBe(true);
    }),
  );
});

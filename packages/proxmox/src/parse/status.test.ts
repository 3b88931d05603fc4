import { expect, test } from "bun:test";
import { mapStatus } from "./status.ts";

test.each([
  ["running", "active"],
  ["online", "active"],
  ["active", "active"],
  ["Stopped", "offline"],
  ["paused", "offline"],
  ["suspended", "offline"],
  ["offline", "offline"],
  ["unknown", null],
  ["io-error", null],
  ["constructor", null],
  ["", null],
  [undefined, null],
])("the state %p is %p", (state, status) => {
  expect(mapStatus(state)).toBe(status as ReturnType<typeof mapStatus>);
});

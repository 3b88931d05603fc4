import { describe, expect, test } from "bun:test";
import { attemptsLeft, type Failures, isLockedOut, withFailure } from "./auth.ts";

const start = 1_000_000;
const fail = (times: number, credential: string | ((index: number) => string), at = start): Failures | null =>
  Array.from({ length: times }).reduce<Failures | null>(
    (failures, _, index) => withFailure(failures, typeof credential === "string" ? credential : credential(index), at),
    null,
  );

describe("lockout", () => {
  test.each([
    ["nobody failed", null, "a", start, false, 5],
    ["four failures", fail(4, "a"), "a", start, false, 1],
    ["five failures", fail(5, "a"), "a", start, true, 0],
    ["five failures of another credential", fail(5, "a"), "b", start, false, 5],
    ["five failures, a moment before the window ends", fail(5, "a"), "a", start + 299_999, true, 0],
    ["five failures, window over", fail(5, "a"), "a", start + 300_000, false, 5],
    ["49 failures of different credentials", fail(49, (index) => `c${index}`), "good", start, false, 5],
    ["50 failures of different credentials lock the source", fail(50, (index) => `c${index}`), "good", start, true, 5],
    ["50 failures, window over", fail(50, (index) => `c${index}`), "good", start + 300_000, false, 5],
  ])("%s", (_, failures, credential, now, locked, left) => {
    expect(isLockedOut(failures, credential, now)).toBe(locked);
    expect(attemptsLeft(failures, credential, now)).toBe(left);
  });

  test("the window runs from the first failure, and starts anew after it", () => {
    const late = withFailure(fail(4, "a"), "a", start + 300_000);
    expect(late).toEqual({
      first: start + 300_000,
      attempts: 1,
      credentials: { a: { first: start + 300_000, attempts: 1 } },
    });
  });

  test("forgets credentials whose window is over", () => {
    expect(
      Object.keys(
        withFailure(
          fail(40, (index) => `c${index}`),
          "new",
          start + 300_000,
        ).credentials,
      ),
    ).toEqual(["new"]);
  });
});

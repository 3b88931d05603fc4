import { expect, test } from "bun:test";
import { createRateLimit } from "./rate-limit.ts";

test("allows so many requests in any minute, to each source for itself", () => {
  const allow = createRateLimit(2);
  expect([allow("a", 0), allow("a", 30_000), allow("a", 59_999), allow("b", 59_999)]).toEqual([
    true,
    true,
    false,
    true,
  ]);
  expect([allow("a", 60_000), allow("a", 60_001), allow("a", 90_000)]).toEqual([true, false, true]);
});

test("forgets who was heard longest ago when there are too many", () => {
  const allow = createRateLimit(1);
  for (let source = 0; source <= 10_000; source += 1) allow(`s${source}`, 0);
  expect([allow("s0", 1), allow("s10000", 1)]).toEqual([true, false]);
});

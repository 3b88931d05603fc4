import { expect, test } from "bun:test";
import fc from "fast-check";
import { parsePrune } from "./prune.ts";

const none = { last: null, hourly: null, daily: null, weekly: null, monthly: null, yearly: null, all: null };

test.each<[unknown, object]>([
  ["keep-last=3,keep-daily=7,keep-hourly=5", { last: 3, daily: 7, hourly: 5 }],
  ["keep-weekly=4,keep-monthly=12,keep-yearly=1", { weekly: 4, monthly: 12, yearly: 1 }],
  ["keep-all=1", { all: true }],
  ["keep-all=0", { all: false }],
  ["keep-all", { all: true }],
  [{ "keep-all": 0 }, { all: false }],
  [{ "keep-all": "1" }, { all: true }],
  [{ "keep-all": true }, { all: true }],
  [
    { "keep-last": "3", "keep-daily": 7 },
    { last: 3, daily: 7 },
  ],
  ["keep-last=0", { last: 0 }],
  ["maxfiles=5", { last: 5 }],
  ["maxfiles=0", { all: true }],
  [{ maxfiles: 2, "keep-last": 3 }, { last: 3 }],
  ["keep-last=x,keep-daily=-1,keep-weekly=", {}],
  ["keep-last=3 keep-last=9;keep-daily=7", { last: 3, daily: 7 }],
  ["", {}],
  [undefined, {}],
  [[], {}],
])("%p", (value, retention) => expect(parsePrune(value)).toEqual({ ...none, ...retention }));

test("nothing makes it throw, and counts are whole and not negative", () => {
  const rule = fc.tuple(fc.constantFrom("keep-last", "keep-all", "maxfiles", "keep-hourly"), fc.string());
  const text = fc
    .array(
      fc.oneof(
        rule.map((pair) => pair.join("=")),
        fc.string(),
      ),
    )
    .map((parts) => parts.join(","));
  fc.assert(
    fc.property(fc.oneof(fc.anything(), text), (value) => {
      const { all, ...counts } = parsePrune(value);
      expect(all === null || typeof all === "boolean").toBe(true);
      for (const count of Object.values(counts))
        expect(count === null || (Number.isInteger(count) && count >= 0)).toBe(true);
    }),
  );
});

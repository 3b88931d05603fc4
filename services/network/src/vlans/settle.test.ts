import { expect, test } from "bun:test";
import { settleVlans, type VlanRow } from "./settle.ts";

const vlan = (id: number, change: Partial<VlanRow> = {}): VlanRow => ({
  id,
  vid: 10,
  site: 1,
  group: null,
  ours: false,
  ...change,
});

test.each<[string, VlanRow[], number | "made"]>([
  ["none is there", [], "made"],
  ["only another number", [vlan(1, { vid: 11 })], "made"],
  ["only another site's", [vlan(1, { site: 2 })], "made"],
  ["the site's own", [vlan(1, { site: null }), vlan(2)], 2],
  ["the site's own is in a group", [vlan(1, { group: 4 })], 1],
  ["a global one", [vlan(1, { site: null })], 1],
  ["one of a group that may be anywhere", [vlan(1, { site: null, group: 4 })], "made"],
  ["two of the site: ours", [vlan(1), vlan(2, { ours: true })], 2],
  ["two of the site: the oldest", [vlan(3), vlan(2)], 2],
])("%s", (_, rows, expected) => {
  const { known, missing } = settleVlans([{ site: 1, vid: 10 }], rows);
  expect(known.get("1/10") ?? "made").toBe(expected);
  expect(missing).toEqual(expected === "made" ? [{ site: 1, vid: 10 }] : []);
});

test("each is settled once for its site, however many are in it", () => {
  const needs = [
    { site: 1, vid: 10 },
    { site: 2, vid: 10 },
    { site: 1, vid: 10 },
  ];
  const { known, missing } = settleVlans(needs, [vlan(7, { site: 2 })]);
  expect([...known]).toEqual([["2/10", 7]]);
  expect(missing).toEqual([{ site: 1, vid: 10 }]);
});

test("what is in no site is in a global VLAN, or in none", () => {
  const need = { site: null, vid: 10 };
  expect([...settleVlans([need], [vlan(1), vlan(2, { site: null })]).known]).toEqual([["null/10", 2]]);
  expect(settleVlans([need], [vlan(1), vlan(3, { site: null, group: 4 })])).toEqual({ known: new Map(), missing: [] });
});

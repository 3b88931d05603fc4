import { expect, test } from "bun:test";
import { prefixListEntriesOf, routeMapEntryOf } from "./sdn-routing.ts";

test("an entry of a route map", () => {
  const row = {
    "route-map-id": "edge",
    order: "10",
    action: "permit",
    match: ["key=peer,value=10.0.0.1", { key: "metric", value: 7 }, "key=ip-next-hop-unchanged"],
    set: ["key=local-preference,value=200"],
    digest: "0f",
  };
  const { digest: _, ...raw } = row;
  expect(routeMapEntryOf(row)).toEqual([
    {
      name: "edge",
      order: 10,
      action: "permit",
      match: { peer: "10.0.0.1", metric: "7", "ip-next-hop-unchanged": "" },
      set: { "local-preference": "200" },
      raw,
    },
  ]);
});

test.each<[object, (string | number | null)[][]]>([
  [{ id: "own" }, []],
  [{ entries: ["action=permit,prefix=10.0.0.0/8"] }, []],
  [
    {
      id: "own",
      entries: ["action=deny,prefix=0.0.0.0/0,seq=20", "action=permit,prefix=10.0.0.0/8,le=24,ge=16,seq=5"],
    },
    [
      ["own", "10.0.0.0/8", "permit", 24, 16],
      ["own", "0.0.0.0/0", "deny", null, null],
    ],
  ],
  [
    { id: "own", entries: [{ action: "permit", prefix: "2001:db8::/32", le: "48" }, "action=permit"] },
    [["own", "2001:db8::/32", "permit", 48, null]],
  ],
])("prefix list %o", (row, entries) => {
  const read = prefixListEntriesOf(row as Record<string, unknown>);
  expect(read.map(({ name, cidr, action, le, ge }) => [name, cidr, action, le, ge])).toEqual(entries as never);
});

test("a route map without a name is none", () => {
  expect(routeMapEntryOf({ order: 1, action: "permit" })).toEqual([]);
});

import { expect, test } from "bun:test";
import { aliasShape, groupShape, ipSetShape, optionsShape, ruleShapes, summaryShape } from "./firewall-shape.ts";

const place = { cluster: "prod", zone: "datacenter" };

test.each<[unknown, number]>([
  [1, 1],
  ["1", 1],
  [true, 1],
  [0, 0],
  [undefined, 0],
  [null, 0],
])("enable %p is %d: a number, never null", (enable, told) => {
  expect(ruleShapes([{ pos: 0, enable }], place)[0]?.enable).toBe(told);
});

test("rules have a position and stand in its order", () => {
  const rules = ruleShapes([{ pos: "2" }, { pos: 0, "icmp-type": "any" }, { action: "DROP" }], place);
  expect(rules.map(({ pos, icmp_type }) => [pos, icmp_type])).toEqual([
    [0, "any"],
    [2, null],
  ]);
});

test("groups, sets and aliases without a name or address are left out or empty, never half", () => {
  expect(groupShape({ name: "web", group: {}, rules: [{ pos: 0 }] }, "prod")).toMatchObject({
    name: "web",
    comment: null,
    rules: [{ security_group: "web", zone: "security_group" }],
  });
  const entries = [{ cidr: "192.0.2.0/24" }, { comment: "no address" }, { cidr: "192.0.2.7", nomatch: "1" }];
  expect(ipSetShape({ name: "s", set: {}, entries }).entries).toEqual([
    { cidr: "192.0.2.0/24", comment: null, nomatch: false },
    { cidr: "192.0.2.7", comment: null, nomatch: true },
  ]);
  expect(aliasShape({ name: "a" })).toBeNull();
  expect(aliasShape({ name: "a", cidr: "192.0.2.1" })).toMatchObject({ cidr: "192.0.2.1", comment: null });
});

test("what is not set of the options is null, what else is set stands beside", () => {
  expect(optionsShape({ digest: "d" })).toEqual({ enable: null, policy_in: null, policy_out: null, options: {} });
  const parts = { rules: [], groups: [], ipSets: [], aliases: [], options: { enable: "1", ebtables: 1, digest: "d" } };
  expect(summaryShape("prod", parts)).toMatchObject({
    options: { enable: 1, policy_in: null, policy_out: null, ebtables: 1 },
    datacenter_options: { enable: 1, options: { ebtables: 1 } },
  });
});

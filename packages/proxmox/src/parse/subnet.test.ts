import { expect, test } from "bun:test";
import fc from "fast-check";
import { parseNames } from "./names.ts";
import { parseSubnet } from "./subnet.ts";

test.each([
  ["10.0.0.0/24", "10.0.0.0/24"],
  ["10.0.0.5/24", "10.0.0.0/24"],
  ["2001:DB8:1::/64", "2001:db8:1::/64"],
  ["2001:db8:1::5/127", "2001:db8:1::4/127"],
  ["10.0.0.5/32", "10.0.0.5/32"],
  ["10.0.0.5", null],
  ["0.0.0.0/0", null],
  ["10.0.0.0/33", null],
  ["x/24", null],
  [undefined, null],
])("the subnet %p is %p", (text, prefix) => expect(parseSubnet(text)).toBe(prefix));

test("any subnet is nothing or canonical", () => {
  const cidr = fc.tuple(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()), fc.integer({ min: -1, max: 130 }));
  fc.assert(
    fc.property(
      fc.oneof(
        fc.anything(),
        cidr.map((pair) => pair.join("/")),
      ),
      (text) => {
        const prefix = parseSubnet(text);
        if (prefix) expect(parseSubnet(prefix)).toBe(prefix);
      },
    ),
  );
});

test.each<[unknown, string[]]>([
  ["eno1 eno2", ["eno1", "eno2"]],
  ["a,b;a", ["a", "b"]],
  [
    ["a", "b ", 7, ""],
    ["a", "b", "7"],
  ],
  ["", []],
  [undefined, []],
])("the names in %p are %p", (value, names) => expect(parseNames(value)).toEqual(names));

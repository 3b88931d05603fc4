import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { contains, familyOf, formatNetwork, networkOf, parseMac, parseNetwork, special } from "./addresses.ts";

const network = (text: string) => {
  const parsed = parseNetwork(text);
  if (!parsed) throw new Error(`${text} is no network`);
  return parsed;
};

describe("parseNetwork", () => {
  test.each([
    ["10.0.0.1/24", "10.0.0.1/24"],
    ["10.0.0.5", "10.0.0.5/32"],
    ["2001:0DB8:0:0::00FF/64", "2001:db8::ff/64"],
    [" fe80::1 ", "fe80::1/128"],
    ["::ffff:10.0.0.1/128", "::ffff:10.0.0.1/128"],
  ])("%s is %s", (text, form) => {
    expect(formatNetwork(network(text))).toBe(form);
  });

  test.each(["garbage", "fe80::1%eth0/64", "10.0.0.300/24", "10.0.0.1/33", "10.0.0.1/", "10.0.0.1/24/1", "10.1", ""])(
    "%p is none",
    (text) => {
      expect(parseNetwork(text)).toBeUndefined();
    },
  );

  test("whatever is read and written reads the same again", () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.nat(32), (address, length) => {
        const written = formatNetwork(network(`${address}/${length}`));
        expect(formatNetwork(network(written))).toBe(written);
        expect(familyOf(written)).toBe(address.includes(":") ? 6 : 4);
        expect(contains(networkOf(network(written)), network(written))).toBe(true);
      }),
    );
  });
});

describe("special", () => {
  test.each([
    ["10.9.0.0/24", "network"],
    ["10.9.0.255/24", "broadcast"],
    ["10.9.0.1/24", undefined],
    ["10.9.0.0/31", undefined],
    ["10.9.0.0/32", undefined],
    ["2001:db8::/64", "network"],
    ["2001:db8::/127", undefined],
    ["2001:db8::ffff:ffff:ffff:ffff/64", undefined],
  ] as const)("%s: %p", (text, kind) => {
    expect(special(network(text))).toBe(kind);
  });
});

test.each([
  ["10.0.0.0/16", "10.0.3.0/24", true],
  ["10.0.0.0/24", "10.0.0.0/24", true],
  ["10.0.0.0/24", "10.0.1.0/24", false],
  ["10.0.0.0/24", "10.0.0.0/16", false],
  ["0.0.0.0/0", "2001:db8::/64", false],
])("%s contains %s: %p", (outer, inner, expected) => {
  expect(contains(network(outer), network(inner))).toBe(expected);
});

test.each([
  ["bc-24-11-00-00-02", "BC:24:11:00:00:02"],
  ["bc24.1100.0003", "BC:24:11:00:00:03"],
  ["bc2411000004", "BC:24:11:00:00:04"],
  ["garbage", undefined],
])("MAC address %s is %p", (text, form) => {
  expect(parseMac(text)).toBe(form);
});

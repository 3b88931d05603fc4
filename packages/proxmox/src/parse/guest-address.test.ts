import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseCidr, parseGuestAddress } from "./guest-address.ts";

describe("parseGuestAddress", () => {
  test.each([
    ["10.0.0.5", 24, "10.0.0.5/24", "global"],
    ["169.254.1.1", 16, "169.254.1.1/16", "link-local"],
    ["fe80::1%eth0", 64, "fe80::1/64", "link-local"],
    ["::1", 128, "::1/128", "loopback"],
    ["127.0.0.1", 8, "127.0.0.1/8", "loopback"],
    ["0.0.0.0", 0, "0.0.0.0/32", "unspecified"],
    ["::", 0, "::/128", "unspecified"],
    ["224.0.0.1", 4, "224.0.0.1/4", "multicast"],
    ["ff02::1", 64, "ff02::1/64", "multicast"],
    ["255.255.255.255", 32, "255.255.255.255/32", "broadcast"],
    ["2001:DB8:0::1", 64, "2001:db8::1/64", "global"],
    ["fd00::5", 64, "fd00::5/64", "global"],
    ["10.0.0.0", 24, "10.0.0.0/24", "network"],
    ["10.0.0.255", 24, "10.0.0.255/24", "broadcast"],
    ["10.0.0.0", 31, "10.0.0.0/31", "global"],
    ["10.0.0.1", 31, "10.0.0.1/31", "global"],
    ["10.0.0.255", 32, "10.0.0.255/32", "global"],
    ["2001:db8::", 64, "2001:db8::/64", "network"],
    ["2001:db8::", 127, "2001:db8::/127", "global"],
    ["2001:db8::ffff:ffff:ffff:ffff", 64, "2001:db8::ffff:ffff:ffff:ffff/64", "global"],
    ["10.0.0.5", "24", "10.0.0.5/24", "global"],
    ["10.0.0.5", undefined, "10.0.0.5/32", "global"],
    ["10.0.0.5", 0, "10.0.0.5/32", "global"],
    ["10.0.0.5", 33, "10.0.0.5/32", "global"],
    ["2001:db8::5", -1, "2001:db8::5/128", "global"],
  ] as const)("%s with prefix %p is %s, %s", (text, prefix, address, scope) => {
    const parsed = parseGuestAddress(text, prefix);
    expect(parsed).toMatchObject({ address, scope, family: address.includes(":") ? 6 : 4 });
    expect(`${parsed?.host}/${address.split("/")[1]}`).toBe(address);
  });

  test.each([
    ["192.0.2.1/24"],
    ["10.1"],
    ["0x0a000001"],
    ["10.0.0.256"],
    ["::ffff:10.0.0.5"],
    ["web.example.com"],
    ["%eth0"],
    [""],
    [null],
    [42],
  ])("%p is no address", (text) => expect(parseGuestAddress(text, 24)).toBeNull());
});

test.each([
  ["10.0.0.5/24", "10.0.0.5/24"],
  [" 2001:DB8::5/64 ", "2001:db8::5/64"],
  ["fe80::1%eth0/64", "fe80::1/64"],
  ["10.0.0.5", "10.0.0.5/32"],
  ["10.0.0.5/24/8", null],
  ["10.0.0.5/", null],
  ["10.0.0.5/255.255.255.0", null],
  ["dhcp", null],
  [undefined, null],
])("parseCidr(%p) is %p", (text, address) => expect(parseCidr(text)?.address ?? null).toBe(address));

test("any text is nothing or canonical, and the canonical form stays", () => {
  const text = fc.oneof(fc.string(), fc.ipV4(), fc.ipV6(), fc.ipV4Extended(), fc.anything());
  fc.assert(
    fc.property(text, fc.oneof(fc.integer(), fc.string(), fc.constant(undefined)), (address, prefix) => {
      const parsed = parseGuestAddress(address, prefix);
      if (parsed) expect(parseCidr(parsed.address)).toEqual(parsed);
    }),
  );
});

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { canonical, canonicalOf, cleanText, wireValue } from "./canonical.ts";
import {
  address,
  boolean,
  choice,
  cidr,
  color,
  decimal,
  type Field,
  float,
  instant,
  integer,
  json,
  jsonList,
  mac,
  network,
  optionalText,
  reference,
  references,
  text,
} from "./kind.ts";

describe("canonical", () => {
  const equal: [string, Field, unknown, unknown][] = [
    ["a choice and its value", choice, { value: "active", label: "Active" }, "active"],
    ["no choice", choice, null, ""],
    ["a nested object and its id", reference("cluster"), { id: 5, name: "c" }, 5],
    ["no text and null", text(), "", null],
    ["blanks around a text", text(), " a b\u0085", "a b"],
    ["a text beyond its limit", text(3), "abcdef", "abc"],
    ["characters, not code units", text(2), "👍👍👍", "👍👍"],
    ["a limit that ends at a blank", text(3), "ab cd", "ab"],
    ["numbers and numeric texts", integer, "7", 7],
    ["decimals", decimal(2), 1.5, "1.50"],
    ["more decimals than NetBox keeps", decimal(2), 0.333333, 0.33],
    ["instants in two zones", instant, "2026-01-01T01:00:00+01:00", "2026-01-01T00:00:00.000000Z"],
    ["colours", color, "#FF5722", "ff5722"],
    ["IPv6 addresses", address, "2001:DB8:0::0001", "2001:db8::1"],
    ["an instant in milliseconds", instant, 1_767_225_600_000, "2026-01-01T00:00:00Z"],
    ["no instant and nothing", instant, Number.NaN, null],
    ["no number and nothing", integer, "", null],
    ["what is no number and nothing", float, "fast", null],
    ["numbers as they come", float, 12.345, "12.3450"],
    ["integers beyond 32 bits", integer, "9007199254740991", 9007199254740991],
    ["IPv4 addresses with a mask", cidr, "10.0.0.5/24", "10.0.0.5/24"],
    ["an address alone and its longest mask", cidr, "10.0.0.5", "10.0.0.5/32"],
    ["IPv6 addresses with a mask", cidr, "2001:DB8:0:0::1/64", "2001:db8::1/64"],
    ["an IPv6 address alone", cidr, "FE80::1", "fe80::1/128"],
    ["a network and one of its addresses", network, "10.1.2.3/16", "10.1.0.0/16"],
    ["IPv6 networks", network, "2001:db8::1/64", "2001:DB8::/64"],
    ["MAC addresses in all their forms", mac, "bc-24-11-00-00-0a", "BC:24:11:00:00:0A"],
    ["a bare MAC address", mac, "bc241100000a", "BC:24:11:00:00:0A"],
    ["sets in another order", references("vlan"), [{ id: 20 }, { id: 3 }], [3, 20]],
    ["sets with one twice", references("vlan"), [3, 3], [3]],
    ["the empty set and nothing", references("vlan"), [], null],
    ["empty JSON and nothing", json, {}, null],
    ["an empty JSON list and nothing", jsonList, [], null],
    ["JSON with texts that PostgreSQL refuses", json, { a: "x\0y\uD800" }, { a: "xy\uFFFD" }],
    ["JSON in another order", json, { a: 1, b: [{ d: 1, c: 2 }] }, { b: [{ c: 2, d: 1 }], a: 1 }],
  ];
  test.each(equal)("%s are equal", (_, field, left, right) => {
    expect(canonical(field, left)).toEqual(canonical(field, right));
  });

  const different: [string, Field, unknown, unknown][] = [
    ["zero and nothing", integer, 0, null],
    ["false and unknown", boolean, false, null],
    ["texts in another case", text(), "Web", "web"],
    ["addresses in networks of other sizes", cidr, "10.0.0.5/24", "10.0.0.5/25"],
    ["sets of other members", references("vlan"), [1, 2], [1, 3]],
    ["JSON lists in another order", jsonList, [1, 2], [2, 1]],
    ["what is no address and nothing", cidr, "dhcp", null],
    ["a reference to come and none", reference("cluster"), "cluster|name=c", null],
  ];
  test.each(different)("%s differ", (_, field, left, right) => {
    expect(canonical(field, left)).not.toEqual(canonical(field, right));
  });

  test("a scope id counts only in a scope of its type", () => {
    const field: Field = { ...reference("site"), when: ["scope_type", "dcim.site"] };
    expect(canonicalOf(field, "scope_id", { id: 1, scope_type: "dcim.site", scope_id: 4 })).toBe(4);
    expect(canonicalOf(field, "scope_id", { id: 1, scope_type: "dcim.region", scope_id: 4 })).toBeNull();
  });

  test("any text, once cleaned, stays as it is and within its limit", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 1, max: 12 }), (value, limit) => {
        const clean = cleanText(value, limit);
        expect(cleanText(clean, limit)).toBe(clean);
        expect([...clean].length).toBeLessThanOrEqual(limit);
      }),
    );
  });
});

describe("wireValue", () => {
  const cases: [string, Field, unknown, unknown][] = [
    ["clears text with an empty one", text(), null, ""],
    ["clears optional text with null", optionalText(), "", null],
    ["keeps the order of JSON", json, { b: 1, a: 2 }, { b: 1, a: 2 }],
    ["keeps what JSON says beyond PostgreSQL's texts", json, { a: [" x\0"] }, { a: [" x"] }],
    ["clears JSON", json, null, {}],
    ["clears a JSON list", jsonList, null, []],
    ["clears a set", references("vlan"), [], []],
    ["writes each of a set once", references("vlan"), [3, 1, 3], [3, 1]],
    ["writes addresses as NetBox does", cidr, "FD00::1/64", "fd00::1/64"],
    ["writes networks without host bits", network, "10.1.2.3/16", "10.1.0.0/16"],
    ["rounds decimals", decimal(2), 1.239, 1.24],
    ["writes instants in UTC", instant, "2026-01-01T01:00:00+01:00", "2026-01-01T00:00:00.000Z"],
  ];
  test.each(cases)("%s", (_, field, value, sent) => {
    expect(wireValue(field, value)).toEqual(sent);
  });

  const anything: [string, Field, fc.Arbitrary<unknown>][] = [
    ["text", text(12), fc.string({ unit: "binary" })],
    ["a number", float, fc.oneof(fc.double(), fc.string())],
    ["a decimal", decimal(2), fc.double({ min: -1e9, max: 1e9 })],
    ["an instant", instant, fc.oneof(fc.date(), fc.string(), fc.integer())],
    ["an address with its mask", cidr, fc.oneof(fc.ipV4Extended(), fc.ipV6(), fc.ipV4(), fc.string())],
    ["a network", network, fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })).map((parts) => parts.join("/"))],
    ["an IPv6 network", network, fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 })).map((parts) => parts.join("/"))],
    ["a MAC address", mac, fc.oneof(fc.string(), fc.stringMatching(/^([0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}$/))],
    ["JSON", json, fc.jsonValue()],
    ["a set", references("vlan"), fc.array(fc.integer({ min: 1 }))],
  ];
  test.each(anything)("%s, once written and read back, needs no second write", (_, field, values) => {
    fc.assert(
      fc.property(values, (value) => {
        const readBack = JSON.parse(JSON.stringify(wireValue(field, value) ?? null));
        expect(canonical(field, readBack)).toBe(canonical(field, value));
      }),
    );
  });
});

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { canonical, canonicalOf, cleanText, wireValue } from "./canonical.ts";
import {
  address,
  boolean,
  choice,
  color,
  decimal,
  type Field,
  instant,
  integer,
  json,
  optionalText,
  reference,
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
    ["JSON in another order", json, { a: 1, b: [{ d: 1, c: 2 }] }, { b: [{ c: 2, d: 1 }], a: 1 }],
  ];
  test.each(equal)("%s are equal", (_, field, left, right) => {
    expect(canonical(field, left)).toEqual(canonical(field, right));
  });

  const different: [string, Field, unknown, unknown][] = [
    ["zero and nothing", integer, 0, null],
    ["false and unknown", boolean, false, null],
    ["texts in another case", text(), "Web", "web"],
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
    ["rounds decimals", decimal(2), 1.239, 1.24],
    ["writes instants in UTC", instant, "2026-01-01T01:00:00+01:00", "2026-01-01T00:00:00.000Z"],
  ];
  test.each(cases)("%s", (_, field, value, sent) => {
    expect(wireValue(field, value)).toEqual(sent);
  });
});

import { expect, test } from "bun:test";
import fc from "fast-check";
import { parseHostname } from "./hostname.ts";

test.each([
  ["web", "web"],
  ["WEB.Example.com.", "web.example.com"],
  [" db_1 ", "db_1"],
  ["localhost", null],
  ["localhost.localdomain", null],
  ["LOCALHOST6", null],
  ["büro", null],
  ["a b", null],
  ["a..b", null],
  [`${"a".repeat(256)}`, null],
  ["", null],
  [null, null],
])("%p is %p", (text, name) => expect(parseHostname(text)).toBe(name));

test("any name is one that NetBox takes, and stays", () => {
  fc.assert(
    fc.property(fc.oneof(fc.anything(), fc.string(), fc.domain()), (text) => {
      const name = parseHostname(text);
      if (name === null) return;
      expect(parseHostname(name)).toBe(name);
      expect(name.length).toBeLessThanOrEqual(255);
    }),
  );
});

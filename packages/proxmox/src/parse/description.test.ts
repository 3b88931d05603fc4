import { expect, test } from "bun:test";
import fc from "fast-check";
import { parseDescription } from "./description.ts";

test.each([
  ["Web server", { description: "Web server", comments: "" }],
  ["\n\n  Web server  \n", { description: "Web server", comments: "" }],
  ["# Web\r\n\r\nOwner: ops", { description: "# Web", comments: "# Web\r\n\r\nOwner: ops" }],
  ["Büro-Server 🖥️\nzweite Zeile", { description: "Büro-Server 🖥️", comments: "Büro-Server 🖥️\nzweite Zeile" }],
  [" \n\t\n", null],
  ["", null],
  [undefined, null],
])("the note %p becomes %p", (note, description) => {
  expect(parseDescription(note)).toEqual(description);
});

test("a line of 200 characters is whole, a longer one is cut to 200 with its rest in the comments", () => {
  const whole = "ä".repeat(200);
  expect(parseDescription(whole)).toEqual({ description: whole, comments: "" });
  const long = "🖥".repeat(201);
  expect(parseDescription(long)).toEqual({ description: `${"🖥".repeat(199)}…`, comments: long });
});

test("any note keeps the bounds of NetBox", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 600 }), (note) => {
      const result = parseDescription(note);
      if (!result) return;
      expect([...result.description].length).toBeLessThanOrEqual(200);
      expect(result.description).not.toMatch(/[\r\n\0]/);
      expect(result.description.trim()).toBe(result.description);
      expect(result.comments.isWellFormed()).toBe(true);
    }),
  );
});

import { expect, test } from "bun:test";
import fc from "fast-check";
import { parseTagStyle, tagColor } from "./tag-style.ts";
import { parseTags } from "./tags.ts";

test.each([
  ["prod;web", ["prod", "web"]],
  ["prod,web db", ["prod", "web", "db"]],
  [" Web ; WEB;;db; ", ["web", "db"]],
  ["a+b;a-b;a_b", ["a+b", "a-b", "a_b"]],
  ["", []],
  [undefined, []],
])("the tags %p are %p", (text, tags) => {
  expect(parseTags(text)).toEqual(tags);
});

test("tags of any text are lower-case, each once, without separators", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const tags = parseTags(text);
      expect(new Set(tags).size).toBe(tags.length);
      for (const tag of tags) expect(/[\s,;]/.test(tag) || tag === "").toBe(false);
    }),
  );
});

test.each([
  ["color-map=prod:ff0000:ffffff;web:0f0", { prod: "ff0000", web: "00ff00" }],
  ["shape=full,color-map=PROD:#AbC,ordering=config", { prod: "aabbcc" }],
  [{ "color-map": "prod:ff0000;prod:00ff00;bad:xyz;:fff;db:12345", shape: "full" }, { prod: "ff0000" }],
  [{ ordering: "config" }, {}],
  ["", {}],
  [null, {}],
  [7, {}],
])("the tag style %p has the colours %p", (style, colors) => {
  expect(Object.fromEntries(parseTagStyle(style))).toEqual(colors);
});

test("a tag has the cluster's colour, or always the same of its own", () => {
  const colors = parseTagStyle("color-map=prod:ff0000");
  expect(tagColor("Prod", colors)).toBe("ff0000");
  expect(tagColor("web", colors)).toBe("2567a5");
});

test("no style makes it throw, and every colour is six hex digits", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.record({ "color-map": fc.string() })), fc.string(), (style, tag) => {
      const colors = parseTagStyle(style);
      for (const color of colors.values()) expect(color).toMatch(/^[0-9a-f]{6}$/);
      expect(tagColor(tag, colors)).toMatch(/^[0-9a-f]{6}$/);
    }),
  );
});

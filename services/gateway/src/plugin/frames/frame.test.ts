import { expect, test } from "bun:test";
import fc from "fast-check";
import { asciiJson, frameText } from "./frame.ts";

test("a frame is two lines and a blank one", () => {
  expect(frameText({ event: "complete", data: { ok: false, message: null, errors: [{ detail: "Å\u2028" }] } })).toBe(
    'event: complete\ndata: {"ok": false, "message": null, "errors": [{"detail": "\\u00c5\\u2028"}]}\n\n',
  );
});

test("whatever stands in a frame, it is one line of ASCII that means the same", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = asciiJson(value);
      expect(text).toMatch(/^[\x20-\x7e]*$/);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

import { expect, test } from "bun:test";
import { sentenceOf } from "./error-sentence.ts";

const base = { code: "netbox_refused", retryable: false };

test.each([
  [{ ...base, message: "NetBox refused it" }, "NetBox refused it."],
  [{ ...base, message: "NetBox refused web.", object: "web" }, "NetBox refused web."],
  [
    { ...base, message: "NetBox refused it.", object: "web", cause: "name: too long", next: "Shorten the name" },
    "web: NetBox refused it. It says: name: too long. Shorten the name.",
  ],
  [{ ...base, message: "NetBox says: full.", cause: "full" }, "NetBox says: full."],
  [{ ...base, message: "NetBox refused it.", object: "x" }, "x: NetBox refused it."],
  [{ ...base, message: "web-1 is gone.", object: "web" }, "web: web-1 is gone."],
  [{ ...base, message: "The machine 'web' is gone.", object: "web" }, "The machine 'web' is gone."],
])("%j", (error, sentence) => {
  expect(sentenceOf(error)).toBe(sentence);
});

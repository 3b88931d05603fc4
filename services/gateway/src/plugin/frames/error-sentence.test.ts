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
])("%j", (error, sentence) => {
  expect(sentenceOf(error)).toBe(sentence);
});

import { expect, test } from "bun:test";
import { wouldBe } from "./would.ts";

test.each([
  ["skipped", "would be created", "created"],
  ["skipped", "would be updated: name, vcpus", "updated"],
  ["skipped", "would be deleted", "deleted"],
  ["skipped", "would be deleted, but the listing is incomplete.", null],
  ["skipped", "It is a template.", null],
  ["skipped", undefined, null],
  ["created", "would be created", null],
] as const)("%s, %s", (outcome, reason, expected) => {
  expect(wouldBe({ outcome, ...(reason ? { reason } : {}) })).toBe(expected);
});

import { describe, expect, test } from "bun:test";
import type { DesiredTags } from "./desired.ts";
import { tagChange, tagsOnCreate } from "./tags.ts";

const row = (...slugs: string[]) => ({ id: 1, tags: slugs.map((slug, index) => ({ id: index + 1, slug })) });
const unknown = () => undefined;

describe("tagChange", () => {
  const cases: [string, DesiredTags, string[], string[], string[]][] = [
    ["adds to what is there", { add: ["proxbox", "web"] }, ["operator", "proxbox"], ["web"], []],
    ["takes off only what is ours", { add: ["a"], own: ["a", "b"] }, ["a", "b", "operator"], [], ["b"]],
    ["never takes off a foreign tag", { add: [], own: [] }, ["operator"], [], []],
    ["leaves a row alone that keeps its tags", { add: ["a"], keep: true }, ["operator"], [], []],
    ["leaves a row alone that gets them when made", { add: ["a"], onCreateOnly: true }, [], [], []],
    ["adds a tag once", { add: ["a", "a"] }, [], ["a"], []],
  ];
  test.each(cases)("%s", (_, desired, present, on, off) => {
    const change = tagChange(desired, row(...present), unknown);
    expect([...(change?.on ?? [])]).toEqual(on);
    expect((change?.off ?? []).map((tag) => tag.slug)).toEqual(off);
    expect(change === null).toBe(on.length + off.length === 0);
  });

  test("knows a tag that NetBox keeps under another slug", () => {
    expect(tagChange({ add: ["prod"] }, row("production-env"), (slug) => (slug === "prod" ? 1 : undefined))).toBeNull();
  });
});

test("a new object gets its tags and those of a first discovery", () => {
  expect(tagsOnCreate({ add: ["proxbox"], onCreate: ["proxbox-discovered-qemu", "proxbox"] })).toEqual([
    "proxbox",
    "proxbox-discovered-qemu",
  ]);
  expect(tagsOnCreate(undefined)).toEqual([]);
});

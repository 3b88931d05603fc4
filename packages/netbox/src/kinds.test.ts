import { describe, expect, test } from "bun:test";
import type { Kind } from "./kind.ts";
import { type KindName, kindNames, kindOf } from "./kinds.ts";

describe.each(kindNames)("kind %s", (name) => {
  const kind: Kind = kindOf(name);

  test("names only fields it has", () => {
    const named = [
      ...Object.keys(kind.identity),
      ...(kind.single ?? []),
      ...(kind.caseless ?? []),
      ...(kind.unique ?? []),
      ...(kind.together ?? []).flat(),
      ...Object.entries(kind.resets ?? {}).flatMap(([field, cleared]) => [field, ...cleared]),
      ...Object.keys(kind.counted ?? {}),
      ...(kind.otherwise ? [kind.otherwise.field] : []),
      ...(kind.parkable ? [kind.parkable] : []),
      ...Object.values(kind.fields).flatMap((field) => (field.when ? [field.when[0]] : [])),
    ];
    for (const field of named) expect(Object.keys(kind.fields)).toContain(field);
  });

  test("refers only to kinds before it, and to itself", () => {
    const before: string[] = kindNames.slice(0, kindNames.indexOf(name) + 1);
    for (const { to = [] } of Object.values(kind.fields)) for (const referred of to) expect(before).toContain(referred);
  });

  test("completes only a kind before it, of the same path and identity", () => {
    if (kind.completes === undefined) return;
    const completed = kindOf(kind.completes as KindName);
    expect(kindNames.indexOf(kind.completes as KindName)).toBeLessThan(kindNames.indexOf(name));
    expect(completed.path).toBe(kind.path);
    expect(completed.identity).toEqual(kind.identity);
    expect(completed.caseless).toEqual(kind.caseless);
  });

  test("is read by at least one filter", () => {
    expect(Object.values(kind.identity).some((filter) => filter !== null)).toBe(true);
  });
});

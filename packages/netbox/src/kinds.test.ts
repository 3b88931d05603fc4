import { describe, expect, test } from "bun:test";
import type { Kind } from "./kind.ts";
import { kindNames, kindOf } from "./kinds.ts";

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

  test("refers only to kinds before it", () => {
    const before: string[] = kindNames.slice(0, kindNames.indexOf(name));
    for (const { to } of Object.values(kind.fields)) if (to) expect(before).toContain(to);
  });

  test("is read by at least one filter", () => {
    expect(Object.values(kind.identity).some((filter) => filter !== null)).toBe(true);
  });
});

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { longestRequestLine, splitQuery, target } from "./query.ts";

const path = "/api/virtualization/virtual-machines/";

describe("splitQuery", () => {
  test("leaves a short query alone", () => {
    expect(splitQuery(path, { id: [1, 2], fields: "id" })).toEqual([{ id: [1, 2], fields: "id" }]);
  });

  test("asks for every combination once, each in a line that NetBox takes", () => {
    const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 64, unit: "grapheme" }), { maxLength: 120 });
    const ids = fc.uniqueArray(fc.integer({ min: 1, max: 10_000_000 }), { maxLength: 900 });
    fc.assert(
      fc.property(names, ids, (name, id) => {
        const queries = splitQuery(path, { name, id, fields: "id,name" });
        const asked = queries.flatMap((query) =>
          [query.name].flat().flatMap((first) => [query.id].flat().map((second) => `${first} ${second}`)),
        );
        expect(asked.length).toBe(name.length * id.length);
        expect(new Set(asked).size).toBe(asked.length);
        for (const query of queries) {
          expect(`GET ${target(path, query)}&limit=1000&start=1000000 HTTP/1.1`.length).toBeLessThanOrEqual(
            longestRequestLine,
          );
        }
      }),
      { numRuns: 30 },
    );
  });
});

test("target repeats a parameter for each of its values and escapes them", () => {
  expect(target("/api/x/", { name: ["a b", "c&d"], fields: "id,name" })).toBe(
    "/api/x/?name=a+b&name=c%26d&fields=id%2Cname",
  );
  expect(target("/api/x/", {})).toBe("/api/x/");
});

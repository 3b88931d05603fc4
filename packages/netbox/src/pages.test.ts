import { describe, expect, test } from "bun:test";
import { newReading, type Page, type Position, takePage } from "./pages.ts";

const path = "/api/extras/tags/";
const rows = (...ids: number[]) => ids.map((id) => ({ id }));

function read(first: Position, pages: Page[]): number[] {
  const reading = newReading();
  let position: Position | null = first;
  for (const page of pages) {
    if (position === null) throw new Error("a page after the last");
    position = takePage(path, position, page, reading);
  }
  expect(position).toBeNull();
  return reading.rows.map((row) => row.id);
}

describe("takePage", () => {
  test("reads by offset", () => {
    const pages = [
      { count: 3, next: `http://a${path}?limit=2&offset=2`, results: rows(2, 1) },
      { count: 3, next: null, results: rows(9) },
    ];
    expect(read({ offset: 0 }, pages)).toEqual([2, 1, 9]);
  });

  test("reads by id, below a path of its own behind a proxy", () => {
    const pages = [
      { count: null, next: `https://b/netbox${path}?limit=2&start=5`, results: rows(1, 4) },
      { count: null, next: null, results: rows(5) },
    ];
    expect(read({ start: 0 }, pages)).toEqual([1, 4, 5]);
  });

  const faults: [string, Position, Page[]][] = [
    [
      "a count that changes",
      { offset: 0 },
      [
        { count: 3, next: `${path}?offset=2`, results: rows(1, 2) },
        { count: 4, next: null, results: rows(3, 4) },
      ],
    ],
    [
      "a row twice",
      { offset: 0 },
      [
        { count: 3, next: `${path}?offset=2`, results: rows(1, 2) },
        { count: 3, next: null, results: rows(2) },
      ],
    ],
    ["too few rows", { offset: 0 }, [{ count: 3, next: null, results: rows(1, 2) }]],
    ["a gap", { offset: 0 }, [{ count: 9, next: `${path}?offset=5`, results: rows(1, 2) }]],
    ["another list", { offset: 0 }, [{ count: 9, next: "/api/dcim/sites/?offset=2", results: rows(1, 2) }]],
    ["an empty page before the last", { offset: 0 }, [{ count: 9, next: `${path}?offset=0`, results: [] }]],
    ["no count", { offset: 0 }, [{ count: null, next: null, results: rows(1) }]],
    ["ids out of order", { start: 0 }, [{ count: null, next: null, results: rows(4, 3) }]],
    ["a start that stands still", { start: 0 }, [{ count: null, next: `${path}?start=2`, results: rows(1, 2) }]],
  ];
  test.each(faults)("refuses %s", (_, position, pages) => {
    expect(() => read(position, pages)).toThrow("changed while it was read");
  });
});

import { expect, test } from "bun:test";
import fc from "fast-check";
import { parseVmids } from "./selection.ts";

test.each<[unknown, number[]]>([
  ["100,101, x", [100, 101]],
  ["100", [100]],
  [100, [100]],
  [
    [100, "101"],
    [100, 101],
  ],
  ["101;100 101", [101, 100]],
  ["0,-1,1.5,1e3,9999999999", []],
  [1.5, []],
  [["100,101", null], []],
  ["", []],
  [null, []],
])("%p is %p", (value, vmids) => expect(parseVmids(value)).toEqual(vmids));

test("nothing makes it throw, and every vmid is one, once", () => {
  const list = fc.array(fc.oneof(fc.integer(), fc.anything()));
  fc.assert(
    fc.property(
      fc.oneof(
        fc.anything(),
        fc.string(),
        list,
        list.map((parts) => parts.map(safely).join(",")),
      ),
      (value) => {
        const vmids = parseVmids(value);
        for (const vmid of vmids) expect(Number.isInteger(vmid) && vmid >= 1 && vmid <= 999_999_999).toBe(true);
        expect(new Set(vmids).size).toBe(vmids.length);
      },
    ),
  );
});

function safely(value: unknown): string {
  return typeof value === "number" ? String(value) : "x";
}

import { expect, test } from "bun:test";
import fc from "fast-check";
import { parseAgent } from "./agent.ts";

test.each([
  ["1", true],
  [1, true],
  [true, true],
  ["on", true],
  ["1,fstrim_cloned_disks=1", true],
  ["enabled=1,fstrim_cloned_disks=1", true],
  ["type=virtio,enabled=1", true],
  ["enabled=1,type=virtio", true],
  ["0", false],
  [0, false],
  ["0,type=virtio", false],
  ["enabled=0", false],
  ["type=virtio", false],
  ["", false],
  [undefined, false],
  ["enabled", false],
])("agent %p is %p", (option, enabled) => {
  expect(parseAgent(option)).toBe(enabled);
});

test("never throws", () => {
  fc.assert(fc.property(fc.anything(), (option) => typeof parseAgent(option) === "boolean"));
});

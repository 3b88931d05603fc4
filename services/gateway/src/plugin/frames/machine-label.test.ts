import { expect, test } from "bun:test";
import { machineOf, nameOf } from "./machine-label.ts";

test.each([
  ["web (qemu 100)", { name: "web", type: "qemu", vmid: 100 }],
  ["a (2) (lxc 4)", { name: "a (2)", type: "lxc", vmid: 4 }],
  ["two\nlines (qemu 7)", { name: "two\nlines", type: "qemu", vmid: 7 }],
  ["web (vmid 100)", null],
  ["web", null],
  ["", null],
])("the label %j of a machine", (name, expected) => {
  expect(machineOf({ kind: "virtual-machine", name })).toEqual(expected as ReturnType<typeof machineOf>);
});

test("what is no machine keeps its name", () => {
  expect(nameOf({ kind: "device", name: "pve (qemu 1)" })).toBe("pve (qemu 1)");
  expect(nameOf({ kind: "virtual-machine", name: "web (qemu 1)" })).toBe("web");
});

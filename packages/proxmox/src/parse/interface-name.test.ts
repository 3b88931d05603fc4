import { expect, test } from "bun:test";
import fc from "fast-check";
import { interfaceName } from "./interface-name.ts";

test.each([
  ["eth\0" + "0\n", "eth0"],
  ["  Ethernet 2 ", "Ethernet 2"],
  ["x".repeat(80), "x".repeat(64)],
  ["ü".repeat(80), "ü".repeat(64)],
  ["𝐞".repeat(80), "𝐞".repeat(64)],
  ["\0\n\t\u0085", "net3"],
  ["", "net3"],
  [undefined, "net3"],
  [7, "net3"],
])("%p is %p", (name, clean) => expect(interfaceName(name, "net3")).toBe(clean));

test("any name is one that NetBox takes", () => {
  fc.assert(
    fc.property(fc.oneof(fc.anything(), fc.string({ unit: "binary", maxLength: 200 })), (name) => {
      const clean = interfaceName(name, "net0");
      expect([...clean].length).toBeLessThanOrEqual(64);
      expect(clean).not.toMatch(/\p{Cc}|^\s|\s$|^$/u);
      expect(clean.isWellFormed()).toBe(true);
      expect(interfaceName(clean, "net0")).toBe(clean);
    }),
  );
});

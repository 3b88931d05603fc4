import { expect, test } from "bun:test";
import fc from "fast-check";
import { parseMac } from "./mac.ts";

test.each([
  ["bc:24:11:aa:bb:cc", "BC:24:11:AA:BB:CC"],
  [" BC-24-11-AA-BB-CC ", "BC:24:11:AA:BB:CC"],
  ["00:00:00:00:00:00", null],
  ["bc:24:11:aa:bb", null],
  ["bc:24:11:aa:bb:cc:dd", null],
  ["gc:24:11:aa:bb:cc", null],
  ["", null],
  [null, null],
  [7, null],
])("%p is %p", (text, mac) => expect(parseMac(text)).toBe(mac));

test("any text is nothing or canonical, and the canonical form stays", () => {
  const hex = fc.stringMatching(/^[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}$/);
  fc.assert(
    fc.property(fc.oneof(fc.anything(), fc.string(), hex), (text) => {
      const mac = parseMac(text);
      if (mac !== null) expect(parseMac(mac)).toBe(mac);
      expect(mac === null || /^([0-9A-F]{2}:){5}[0-9A-F]{2}$/.test(mac)).toBe(true);
    }),
  );
});

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseCloudInit } from "./cloud-init.ts";

const sentinel = "\n# truncated by proxbox-api at 10KB";

describe("parseCloudInit", () => {
  test("decodes the keys and fills what is missing with nothing", () => {
    expect(parseCloudInit({ ciuser: "ops", sshkeys: "ssh-ed25519%20AAAA%2Bb%3D%20ops%40host%0A" })).toEqual({
      ciuser: "ops",
      sshkeys: "ssh-ed25519 AAAA+b= ops@host",
      ipconfig0: "",
      sshkeysTruncated: false,
    });
    expect(parseCloudInit({ ipconfig0: "ip=dhcp" })?.ipconfig0).toBe("ip=dhcp");
  });

  test.each([[{}], [{ ciuser: "", sshkeys: " ", ipconfig0: "" }], [{ ipconfig1: "ip=dhcp", cipassword: "x" }]])(
    "%p has none",
    (config) => {
      expect(parseCloudInit(config)).toBeNull();
    },
  );

  test.each([
    ["100%", "100%"],
    ["%zz%4", "%zz%4"],
    ["%FF", "\uFFFD"],
    ["a%00b", "ab"],
    ["key+with+plus", "key+with+plus"],
  ])("the malformed keys %p are %p", (sshkeys, decoded) => {
    expect(parseCloudInit({ sshkeys })?.sshkeys).toBe(decoded);
  });

  test("keys of exactly 10 KiB are whole, longer ones are cut at a character's end and marked", () => {
    const whole = parseCloudInit({ sshkeys: "k".repeat(10_240) });
    expect(whole).toMatchObject({ sshkeys: "k".repeat(10_240), sshkeysTruncated: false });
    const cut = parseCloudInit({ sshkeys: encodeURIComponent(`${"k".repeat(10_239)}é and more`) });
    expect(cut).toMatchObject({ sshkeys: "k".repeat(10_239) + sentinel, sshkeysTruncated: true });
  });

  test("any text stays within the bound and is valid UTF-8", () => {
    const long = fc.string({ unit: "binary", maxLength: 8_000 });
    fc.assert(
      fc.property(fc.oneof(long, long.map(encodeSafely)), (sshkeys) => {
        const keys = parseCloudInit({ sshkeys })?.sshkeys ?? "";
        expect(Buffer.byteLength(keys)).toBeLessThanOrEqual(10_240 + sentinel.length);
        expect(Buffer.from(keys, "utf8").toString("utf8")).toBe(keys.toWellFormed());
      }),
      { numRuns: 50 },
    );
  });
});

function encodeSafely(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

import { expect, test } from "bun:test";
import fc from "fast-check";
import { createScrub } from "./scrub.ts";

test.each<[string, string]>([
  ["as it is", "got s3cr+t/=, no"],
  ["in an address", "got s3cr%2Bt%2F%3D, no"],
  ["by its shape", "got Authorization: Token 0123456789abcdef0123456789abcdef01234567"],
])("a secret is taken out %s", (_, said) => {
  expect(createScrub(() => ["s3cr+t/="]).text(said)).toMatch(/^got [^+%\d]*\[hidden\][^+%\d]*$/);
});

test("a short secret is taken out where it stands alone, and leaves words as they are", () => {
  const { text } = createScrub(() => ["s", "hid"]);
  expect(text("PVEAPIToken t=s: Is the server up? (hid)")).toBe("PVEAPIToken t=[hidden]: Is the server up? ([hidden])");
});

test("whatever the secret is, and whatever is said around it", () => {
  const secret = fc.string({ minLength: 8 }).filter((text) => !"[hidden]".includes(text));
  fc.assert(
    fc.property(secret, fc.string(), fc.string(), (own, before, after) => {
      const { text } = createScrub(() => [own]);
      expect(text(JSON.stringify({ said: before + own + after }))).not.toContain(JSON.stringify(own).slice(1, -1));
    }),
  );
});

test("an error that tells a secret keeps its name and code, and one that does not is itself", () => {
  const { thrown } = createScrub(() => ["hunter22"]);
  const telling = Object.assign(new TypeError("Header has invalid value: 'hunter22'"), { code: "ERR_HEADER" });
  const told = thrown(telling);
  expect(told).toMatchObject({
    name: "TypeError",
    code: "ERR_HEADER",
    message: "Header has invalid value: '[hidden]'",
  });
  expect((told as Error).stack).not.toContain("hunter22");
  const plain = new Error("connection refused");
  expect(thrown(plain)).toBe(plain);
  expect(thrown("hunter22")).toBe("[hidden]");
});

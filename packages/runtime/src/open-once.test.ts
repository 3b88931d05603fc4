import { expect, test } from "bun:test";
import { openOnce } from "./open-once.ts";

test("it is opened once for all who ask, and again after it failed", async () => {
  const answers = [Promise.reject(new Error("nobody there")), Promise.resolve("open")];
  let opened = 0;
  const get = openOnce(() => answers[opened++] ?? Promise.reject(new Error("opened too often")));
  expect(await Promise.allSettled([get(), get()])).toMatchObject([{ status: "rejected" }, { status: "rejected" }]);
  expect(opened).toBe(1);
  expect(await Promise.all([get(), get()])).toEqual(["open", "open"]);
  expect(await get()).toBe("open");
  expect(opened).toBe(2);
});

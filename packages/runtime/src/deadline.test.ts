import { expect, test } from "bun:test";
import { endedWithin, startDeadline } from "./deadline.ts";

test("a deadline aborts its signal, unless it is disposed", async () => {
  using late = startDeadline(20);
  const never = startDeadline(20);
  never[Symbol.dispose]();
  await Bun.sleep(60);
  expect(late.signal.reason).toMatchObject({ name: "TimeoutError" });
  expect(never.signal.aborted).toBe(false);
});

test("work is waited for, also after its signal; work that does not stop is left", async () => {
  const quiet = new AbortController().signal;
  expect(await endedWithin(Promise.resolve("done"), quiet, 0)).toBe("done");
  await expect(endedWithin(Promise.reject(new Error("failed")), quiet, 0)).rejects.toThrow("failed");
  const obedient = async () => {
    await Bun.sleep(30);
    return "just in time";
  };
  expect(await endedWithin(obedient(), AbortSignal.abort("stop"), 500)).toBe("just in time");
  await expect(endedWithin(Promise.withResolvers().promise, AbortSignal.abort("stop"), 20)).rejects.toBe("stop");
});

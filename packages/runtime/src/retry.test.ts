import { expect, test } from "bun:test";
import { ProxboxError } from "./errors.ts";
import { retry, sleep } from "./retry.ts";

const quick = { retries: 3, minDelayMs: 1, maxDelayMs: 2 };
const flaky = (more = {}) => new ProxboxError("flaky", "Not now.", { retryable: true, ...more });

test("an error that a retry can help is tried again, any other is not", async () => {
  const attempts: number[] = [];
  const work = async (attempt: number) => {
    attempts.push(attempt);
    if (attempt < 3) throw flaky();
    return "done";
  };
  expect(await retry(work, quick)).toBe("done");
  expect(attempts).toEqual([1, 2, 3]);
  let calls = 0;
  const broken = async () => {
    calls += 1;
    throw new ProxboxError("broken", "Never.");
  };
  await expect(retry(broken, quick)).rejects.toMatchObject({ code: "broken" });
  expect(calls).toBe(1);
});

test("the last error is thrown when the attempts are used up", async () => {
  let calls = 0;
  const work = async () => {
    calls += 1;
    throw flaky({ object: `attempt ${calls}` });
  };
  await expect(retry(work, quick)).rejects.toMatchObject({ object: "attempt 4" });
});

test("a bare failed fetch is retried when the policy says so", async () => {
  let calls = 0;
  const work = async () => {
    calls += 1;
    await fetch("http://127.0.0.1:9/");
  };
  await expect(retry(work, { ...quick, retries: 1, when: () => true })).rejects.toMatchObject({ code: "internal" });
  expect(calls).toBe(2);
});

test("the other side's wish to wait is kept, and told before each attempt", async () => {
  const told: number[] = [];
  const began = performance.now();
  const work = async (attempt: number) => {
    if (attempt === 1) throw flaky({ retryAfterMs: 80 });
  };
  await retry(work, { ...quick, onRetry: (_error, attempt) => told.push(attempt) });
  expect(performance.now() - began).toBeGreaterThanOrEqual(75);
  expect(told).toEqual([1]);
});

test("an aborted signal ends the waiting, but a result that is there is kept", async () => {
  const stop = new AbortController();
  const waiting = retry(() => Promise.reject(flaky({ retryAfterMs: 10_000 })), { ...quick, signal: stop.signal });
  setTimeout(() => stop.abort(), 20);
  await expect(waiting).rejects.toMatchObject({ name: "CancelledError" });
  const late = new AbortController();
  const work = async () => {
    late.abort();
    return "done";
  };
  expect(await retry(work, { ...quick, signal: late.signal })).toBe("done");
  await expect(sleep(10_000, stop.signal)).rejects.toMatchObject({ name: "CancelledError" });
});

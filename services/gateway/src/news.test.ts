import { expect, test } from "bun:test";
import { createNews } from "./news.ts";

test("everybody who waits is woken by the next change, and nobody by an earlier one", async () => {
  const news = createNews();
  const { signal } = new AbortController();
  news.tell();
  let woken = 0;
  const waiting = [news.next(signal), news.next(signal)].map((change) => change.then(() => (woken += 1)));
  await Bun.sleep(1);
  expect(woken).toBe(0);
  news.tell();
  await Promise.all(waiting);
  expect(woken).toBe(2);
});

test("who is called off waits no longer", async () => {
  const news = createNews();
  const stop = new AbortController();
  const waiting = news.next(stop.signal);
  stop.abort();
  await waiting;
  await news.next(stop.signal);
  expect(stop.signal.aborted).toBe(true);
});

import { describe, expect, test } from "bun:test";
import { type Control, control, startControl } from "./controller.ts";

/** What the model NetBox does with a request that begins while `inFlight` others are there. */
type Model = (at: number, inFlight: number, random: () => number) => { ms: number; refused: boolean };
type Seen = { at: number; limit: number; inFlight: number; refused: boolean; done: boolean };

/** Answers after about `ms`, and refuses whatever exceeds its capacity. */
const withCapacity =
  (capacity: (at: number) => number, ms: number): Model =>
  (at, inFlight, random) =>
    inFlight >= capacity(at) ? { ms: 2, refused: true } : { ms: ms * (0.8 + 0.4 * random()), refused: false };

/** Works on so many at a time; more in flight only wait for their turn. */
function withWorkers(workers: number, ms: number): Model {
  const free = new Array<number>(workers).fill(0);
  return (at, _, random) => {
    free.sort((left, right) => left - right);
    const end = Math.max(at, free[0] ?? at) + ms * (0.8 + 0.4 * random());
    const odd = random() < 0.01 ? 900 : 0;
    free[0] = end;
    return { ms: end - at + odd, refused: false };
  };
}

/**
 * Callers that always have work, permits by the controller's limit, and a model of NetBox. A word to the controller
 * takes effect after 5 ms; who is refused comes back after 0.1 to 3 s, as the NetBox client does.
 */
function simulate(model: Model, setup: { seconds: number; callers: number; state: Control; seed?: number }) {
  let seed = setup.seed ?? 1;
  const random = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
  let { state } = setup;
  let inFlight = 0;
  let wanting = setup.callers;
  let limit = state.limit;
  const seen: Seen[] = [];
  const queue: { at: number; run: (at: number) => void }[] = [];
  const later = (at: number, run: (at: number) => void) => {
    const index = queue.findIndex((entry) => entry.at > at);
    queue.splice(index < 0 ? queue.length : index, 0, { at, run });
  };
  const begin = (at: number) => {
    while (inFlight < limit && wanting > 0) {
      wanting -= 1;
      const { ms, refused } = model(at, inFlight, random);
      inFlight += 1;
      seen.push({ at, limit, inFlight, refused, done: false });
      later(at + ms, (ended) => end(ended, ms, refused));
    }
  };
  const end = (at: number, ms: number, refused: boolean) => {
    inFlight -= 1;
    if (refused) later(at + 100 + 2900 * random(), back);
    else wanting += 1;
    seen.push({ at, limit, inFlight, refused: false, done: !refused });
    const sample = { overload: refused, ms: Math.round(ms), objects: 50, write: true, kind: "virtual-machine" };
    later(at + 5, () => hear({ type: "sample", at: at + 5, sample }));
    begin(at);
  };
  const back = (at: number) => {
    wanting += 1;
    begin(at);
  };
  const hear = (event: Parameters<typeof control>[1]) => {
    state = control(state, event);
    limit = state.limit;
    begin(event.at);
  };
  for (let at = 500; at <= setup.seconds * 1000; at += 500) {
    later(at, () => hear({ type: "window", at, saturated: wanting > 0 }));
  }
  begin(0);
  for (let next = queue.shift(); next && next.at <= setup.seconds * 1000; next = queue.shift()) next.run(next.at);
  return { seen, state };
}

const bounds = { min: 1, max: 64 };
const within = (seen: Seen[], from: number, to: number) =>
  seen.filter((entry) => entry.at >= from * 1000 && entry.at < to * 1000);
const refusedShare = (seen: Seen[]) =>
  seen.filter((entry) => entry.refused).length / Math.max(1, seen.filter((entry) => entry.done).length);
const perSecond = (seen: Seen[], from: number, to: number) =>
  within(seen, from, to).filter((entry) => entry.done).length / (to - from);
const meanLimit = (seen: Seen[], from: number, to: number) => {
  const entries = within(seen, from, to);
  return entries.reduce((sum, entry) => sum + entry.limit, 0) / entries.length;
};

describe("a NetBox that refuses above its capacity", () => {
  const capacity = (at: number) => (at < 30_000 || at >= 60_000 ? 20 : 4);
  test.each([25, 100, 250])("of 20, then 4, then 20, at %i ms a request", (ms) => {
    for (const seed of [1, 2, 3]) {
      const state = startControl(2, bounds, 0);
      const { seen } = simulate(withCapacity(capacity, ms), { seconds: 120, callers: 48, state, seed });
      const outside = seen.filter((entry) => entry.at < 30_000 || entry.at >= 34_000);
      console.log(ms, seed, refusedShare(outside).toFixed(4), [5,10,20,30,34,40,50,60,70,80,90,100,120].map((to, i, a) => meanLimit(seen, a[i-1] ?? 0, to).toFixed(1)).join(" "));
      expect(refusedShare(outside)).toBeLessThan(0.02);
      expect(meanLimit(seen, 20, 30)).toBeWithin(16, 21);
      expect(meanLimit(seen, 34, 60)).toBeWithin(3, 5);
      expect(meanLimit(seen, 90, 120)).toBeWithin(16, 21);
    }
  });
});

describe("a NetBox that only works on so many at a time", () => {
  test.each([[2, 2, 20], [2, 2, 300], [2, 8, 100], [6, 2, 50]])("%i workers, begun with %i", (workers, begin, ms) => {
    for (const seed of [1, 2, 3]) {
      const { seen, state } = simulate(withWorkers(workers, ms), { seconds: 120, callers: 30, seed, state: startControl(begin, bounds, 0) });
      console.log(workers, begin, ms, seed, state.limit, [5,10,20,30,40,60,80,100,120].map((to, i, a) => meanLimit(seen, a[i-1] ?? 0, to).toFixed(1)).join(" "), perSecond(seen, 60,120) / (workers * 1000/ms));
    }
  });
});

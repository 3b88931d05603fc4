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
    free[0] = end;
    return { ms: end - at, refused: false };
  };
}

/**
 * Callers that always have work, permits by the controller's limit, and a model of NetBox. A word to the controller
 * takes effect after 5 ms; who is refused comes back after 0.1 to 3 s, as the NetBox client does.
 */
function simulate(
  model: Model,
  setup: { seconds: number; callers: number; state: Control; seed?: number; kind?: (at: number) => string },
) {
  let seed = setup.seed ?? 1;
  const random = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
  let { state } = setup;
  const { kind = () => "virtual-machine" } = setup;
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
    const sample = { overload: refused, ms: Math.round(ms), objects: 50, write: true, kind: kind(at) };
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
  seen.filter((entry) => entry.refused).length / seen.filter((entry) => entry.done).length;
const perSecond = (seen: Seen[], from: number, to: number) =>
  within(seen, from, to).filter((entry) => entry.done).length / (to - from);
const meanLimit = (seen: Seen[], from: number, to: number) => {
  const entries = within(seen, from, to);
  return entries.reduce((sum, entry) => sum + entry.limit, 0) / entries.length;
};

describe("a NetBox that refuses above its capacity: 20, then 4, then 20", () => {
  const capacity = (at: number) => (at < 30_000 || at >= 60_000 ? 20 : 4);
  test.each([25, 100, 250])("at %i ms a request", (ms) => {
    for (const seed of [1, 2, 3]) {
      const state = startControl(2, bounds, 0);
      const { seen } = simulate(withCapacity(capacity, ms), { seconds: 130, callers: 48, state, seed });
      expect(refusedShare(seen.filter((entry) => entry.at < 30_000 || entry.at >= 34_000))).toBeLessThan(0.02);
      expect(meanLimit(seen, 20, 30)).toBeWithin(15, 21);
      expect(meanLimit(seen, 34, 60)).toBeWithin(3.5, 4.5);
      expect(meanLimit(seen, 100, 130)).toBeWithin(15, 21);
      expect(perSecond(seen, 100, 130)).toBeGreaterThan((0.7 * 20 * 1000) / ms);
    }
  });
});

describe("a NetBox that works on so many at a time, where more in flight only wait", () => {
  test.each([
    [2, 2, 20],
    [2, 2, 300],
    [2, 8, 100],
    [6, 2, 50],
  ])("%i workers, begun with a limit of %i, %i ms a request", (workers, begin, ms) => {
    for (const seed of [1, 2, 3]) {
      const state = startControl(begin, bounds, 0);
      const { seen } = simulate(withWorkers(workers, ms), { seconds: 120, callers: 30, seed, state });
      expect(meanLimit(seen, 60, 120)).toBeWithin(workers - 0.5, workers + 1);
      expect(perSecond(seen, 60, 120)).toBeGreaterThan((0.9 * workers * 1000) / ms);
    }
  });
});

describe("work that changes its kind again and again", () => {
  const changing = (everyMs: number) => (at: number) => `kind-${Math.floor(at / everyMs)}`;

  test.each([
    [50, 2_000],
    [120, 3_000],
    [200, 5_000],
  ])("does not hold up the climb to a capacity of 20: %i ms a request, another kind every %i ms", (ms, everyMs) => {
    for (const seed of [1, 2, 3]) {
      const setup = { seconds: 60, callers: 48, state: startControl(2, bounds, 0), seed, kind: changing(everyMs) };
      const { seen } = simulate(
        withCapacity(() => 20, ms),
        setup,
      );
      expect(meanLimit(seen, 40, 60)).toBeWithin(15, 21);
    }
  });

  test("does not drive the limit far above what the workers can use", () => {
    for (const seed of [1, 2, 3]) {
      const setup = { seconds: 120, callers: 30, state: startControl(2, bounds, 0), seed, kind: changing(2_500) };
      const { seen } = simulate(withWorkers(4, 100), setup);
      expect(meanLimit(seen, 60, 120)).toBeWithin(3.5, 6);
    }
  });
});

describe("one word at a time", () => {
  const sample = { overload: false, ms: 20, objects: 50, write: true, kind: "virtual-machine" };
  const refusal = (at: number, ms = 2) => ({ type: "sample" as const, at, sample: { ...sample, overload: true, ms } });
  const many = (state: Control, at: number, ms: number, times = 20) =>
    Array.from({ length: times }).reduce<Control>(
      (before) => control(before, { type: "sample", at, sample: { ...sample, ms } }),
      state,
    );
  const windowEnds = (state: Control, at: number, saturated = true) =>
    control(state, { type: "window", at, saturated });

  test("a refusal cuts by a quarter at once, and at most every 0.7 s", () => {
    const once = control(startControl(20, bounds, 0), refusal(1000));
    expect(once.limit).toBe(15);
    expect(once.last).toEqual({ action: "cut", why: "NetBox refused a request with 20 in flight", at: 1000 });
    expect(control(once, refusal(1690)).limit).toBe(15);
    expect(control(once, refusal(1701)).limit).toBe(11);
  });

  test("a refusal of a request that began before the cut says nothing new, however late it comes", () => {
    const once = control(startControl(20, bounds, 0), refusal(1000));
    expect(control(once, refusal(15_000, 20_000)).limit).toBe(15);
  });

  test("never below the least nor above the most", () => {
    expect(startControl(100, bounds, 0).limit).toBe(64);
    const floor = control(startControl(2, { min: 2, max: 3 }, 0), refusal(1000));
    expect(floor).toMatchObject({ limit: 2, refusal: null });
    const top = windowEnds(many(startControl(3, { min: 3, max: 3 }, 0), 400, 20), 10_000);
    expect(top).toMatchObject({ limit: 3, last: { action: "hold", why: "3 is the most that is allowed" } });
  });

  test("without anyone waiting nothing is tried", () => {
    const state = windowEnds(many(startControl(2, bounds, 0), 400, 20), 500, false);
    expect(state).toMatchObject({ limit: 2, trial: null, last: { action: "hold", why: "nobody waits for a permit" } });
  });

  test("one more is tried; it is kept when each request takes as long as before", () => {
    const tried = windowEnds(many(startControl(2, bounds, 0), 400, 20), 500);
    expect(tried).toMatchObject({ limit: 3, last: { action: "raise" } });
    const kept = windowEnds(many(tried, 900, 20), 1000);
    expect(kept).toMatchObject({ limit: 3, trial: null, last: { action: "raise" } });
    expect(kept.last.why).toBe("3 in flight instead of 2: +50 % objects per second");
  });

  test("and given back when each takes so much longer that nothing is gained", () => {
    const tried = windowEnds(many(startControl(2, bounds, 0), 400, 20), 500);
    const back = windowEnds(many(tried, 900, 30), 1000);
    expect(back).toMatchObject({ limit: 2, trial: null, last: { action: "give-back" } });
    expect(windowEnds(many(back, 1400, 20), 1500).limit).toBe(2);
  });

  test("fewer than at the beginning are not tried: only a refusal leads below", () => {
    let state = startControl(3, { ...bounds, min: 1 }, 0);
    const limits = new Set<number>();
    for (let at = 500; at < 400_000; at += 500) {
      // However many are in flight, each takes as long: fewer never do as well, and more are as good as they look.
      state = windowEnds(many({ ...state, bounds: { min: 1, max: 3 } }, at - 100, 20), at);
      limits.add(state.limit);
    }
    expect([...limits].sort()).toEqual([2, 3]);
    const cut = control(
      { ...state, limit: 2, since: 0 },
      { type: "sample", at: 500_000, sample: { ...sample, overload: true } },
    );
    expect(cut.limit).toBe(1);
  });

  test("one request that took very long does not decide, nor do requests of another kind", () => {
    const tried = windowEnds(many(startControl(2, bounds, 0), 400, 20), 500);
    const odd = control(many(tried, 2000, 20, 10), { type: "sample", at: 2000, sample: { ...sample, ms: 1000 } });
    const other = { ...sample, kind: "cluster", ms: 400 };
    const mixed = Array.from({ length: 9 }).reduce<Control>(
      (state) => control(state, { type: "sample", at: 2000, sample: other }),
      odd,
    );
    expect(windowEnds(mixed, 2100)).toMatchObject({ limit: 3, trial: null });
  });

  test("a refused trial goes back to where it came from", () => {
    const tried = windowEnds(many(startControl(12, bounds, 0), 400, 20), 500);
    expect(tried.limit).toBe(15);
    expect(control(tried, refusal(600))).toMatchObject({ limit: 12, trial: null, refusal: { limit: 15 } });
  });
});

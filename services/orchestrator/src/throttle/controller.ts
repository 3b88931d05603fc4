import type { ThrottleSample, ThrottleView } from "@proxbox/contracts/messages";
import { initialPermits } from "@proxbox/contracts/streams";

/** The least and the most requests that may be in flight. */
export type Bounds = { min: number; max: number };

/** The milliseconds that the newest requests took, by what can be compared: one kind and about one size. */
type Load = Record<string, readonly number[]>;

/** When a step in one direction may be tried again, and how long to wait after the next one that is of no use. */
type Pause = { until: number; wait: number };

/** What the controller knows. Plain data; instants are milliseconds of one clock. */
export type Control = {
  /** How many requests may be in flight. */
  limit: number;
  bounds: Bounds;
  /** Since when the limit holds: a request that began earlier says nothing about it. */
  since: number;
  cutAt: number;
  /** What requests took under this limit, and those of the window that has not ended. */
  load: Load;
  window: Load;
  /** A step that is being tried: where it came from, what requests took there, how many windows it has had. */
  trial: { from: number; load: Load; windows: number } | null;
  /** The limit that was refused last, how often, since when there is peace and how many requests that were. */
  refusal: { limit: number; count: number; at: number; clean: number } | null;
  up: Pause;
  down: Pause;
  last: { action: ThrottleView["last"]["action"]; why: string; at: number };
};

/** What the controller hears: a request that ended, or the end of a window of about half a second. */
export type ControlEvent =
  | { type: "sample"; at: number; sample: Pick<ThrottleSample, "overload" | "ms" | "objects" | "write" | "kind"> }
  /** `saturated`: more requests wanted a permit than there are. */
  | { type: "window"; at: number; saturated: boolean };

const betweenCutsMs = 700;
const afterCutMs = 1_000;
const shortPauseMs = 5_000;
const longPauseMs = 60_000;
/** Of what a limit promises, raising by a quarter a quarter more, at least this share must show to be worth it. */
const worthwhile = 0.35;
/** For so many windows a trial may wait for its requests. */
const patience = 20;
/** So few pairs of requests can tell something, so many decide anyway; in between the difference must stand out. */
const fewest = 8;
const mostTimes = 100;
/** After so many requests that have no counterpart, none can be expected: the work has changed, or little was seen before. */
const unpaired = 24;
const doubt = 0.5;

/** The controller at the beginning, or when it takes over a limit that another one has found. */
export function startControl(limit: number, bounds: Bounds, at: number): Control {
  return {
    limit: clamp(limit, bounds),
    bounds,
    since: at,
    cutAt: Number.NEGATIVE_INFINITY,
    load: {},
    window: {},
    trial: null,
    refusal: null,
    up: { until: at, wait: shortPauseMs },
    // A limit that another one has found may be too high by now; the first one is low enough to begin with.
    down: { until: at + (limit > initialPermits.netbox ? shortPauseMs : longPauseMs), wait: shortPauseMs },
    last: { action: "start", why: `it begins with ${clamp(limit, bounds)} in flight`, at },
  };
}

/**
 * Looks for the smallest limit that gives about all of the throughput NetBox has. Pure.
 *
 * An overload cuts the limit at once, at most every 0.7 s: by a quarter, or back to where a trial came from. A change
 * is a trial: requests of the same kind and size are compared before and after. One more in flight must bring more
 * objects per second, one less must not cost any; else the step is given back. A limit that was refused is tried again
 * only after so many good requests that refusals stay near one in a hundred.
 */
export function control(state: Control, event: ControlEvent): Control {
  if (event.type === "window") return endWindow(state, event.at, event.saturated);
  if (event.sample.overload) return refused(state, event.at, event.at - event.sample.ms);
  const refusal = state.refusal && { ...state.refusal, clean: state.refusal.clean + 1 };
  if (event.at - event.sample.ms < state.since) return { ...state, refusal };
  return { ...state, refusal, window: added(state.window, loadOf(event.sample)) };
}

function refused(state: Control, at: number, begun: number): Control {
  const refusal = state.refusal && { ...state.refusal, count: state.refusal.count + 1, at, clean: 0 };
  if (at - state.cutAt < betweenCutsMs || begun < state.cutAt) return { ...state, refusal };
  const { limit, bounds, trial } = state;
  const less = trial && trial.from < limit ? trial.from : clamp(Math.floor(limit * 0.75), bounds);
  return {
    ...moved(state, less, at),
    trial: null,
    cutAt: at,
    // Where even one request is refused NetBox is not overloaded but down, and that says nothing about any limit.
    refusal: limit > bounds.min ? { limit, count: 1, at, clean: 0 } : null,
    up: { until: at + afterCutMs, wait: shortPauseMs },
    down: { until: at + longPauseMs, wait: shortPauseMs },
    last: { action: "cut", why: `NetBox refused a request with ${limit} in flight`, at },
  };
}

function endWindow(before: Control, at: number, saturated: boolean): Control {
  // With permits to spare, the limit was not what set the pace: such a window says nothing about it.
  const load = saturated ? added(before.load, before.window) : before.load;
  const state = { ...before, load, window: {} };
  if (state.trial) return judged(state, state.trial, at);
  const why = reasonToHold(state, before.window, at, saturated);
  if (why) return held(state, why, at);
  const target = at >= state.up.until ? higher(state, at) : state.limit;
  if (target > state.limit) return tried(state, target, `more in flight than ${state.limit} are tried`, at);
  if (at < state.down.until || lower(state) >= state.limit) return held(state, whyNotHigher(state, at), at);
  return tried(state, lower(state), `fewer in flight than ${state.limit} may do as well`, at);
}

function reasonToHold(state: Control, latest: Load, at: number, saturated: boolean): string | null {
  if (!saturated) return "nobody waits for a permit";
  if (at < state.cutAt + afterCutMs) return "it was cut a moment ago";
  // A trial is held against what is like the work of just now; of other work there may be no more.
  const alike = Object.keys(latest).map((key) => state.load[key]?.length ?? 0);
  if (sum(alike) < fewest) return `too few requests were seen with ${state.limit} in flight`;
  return null;
}

function whyNotHigher(state: Control, at: number): string {
  if (state.limit >= state.bounds.max) return `${state.limit} is the most that is allowed`;
  if (at < state.up.until) return `more in flight than ${state.limit} brought nothing`;
  return `${state.refusal?.limit} in flight were refused`;
}

/** Compares a trial with what was before, as soon as there is enough to compare. */
function judged(state: Control, trial: NonNullable<Control["trial"]>, at: number): Control {
  const { limit } = state;
  const { pairs, slower } = compared(trial.load, state.load);
  const ratio = limit / trial.from;
  const gain = ratio / slower;
  const needed = 1 + worthwhile * (ratio - 1);
  const windows = trial.windows + 1;
  const enough = pairs >= fewest;
  const isClear = enough && (Math.abs(gain - needed) > doubt / Math.sqrt(pairs) || pairs >= mostTimes);
  const changed = count(state.load) - pairs >= unpaired;
  if (!isClear && !changed && windows < patience) return { ...state, trial: { ...trial, windows } };
  if (!enough && changed && limit > trial.from) return begunAnew(state, trial, at);
  if (!enough) return givenBack(state, trial, `what ${limit} in flight would bring could not be seen`, at);
  // Whatever it brought, it was not refused.
  const seen = state.refusal && limit >= state.refusal.limit ? { ...state, refusal: null } : state;
  const change = `${gain < 1 ? "" : "+"}${Math.round((gain - 1) * 100)} % objects per second`;
  const why = `${limit} in flight instead of ${trial.from}: ${change}`;
  if (gain < needed) return givenBack(seen, trial, why, at);
  const raised = ratio > 1;
  return {
    ...seen,
    trial: null,
    up: raised ? { until: at, wait: shortPauseMs } : { until: at + seen.up.wait, wait: seen.up.wait },
    down: raised ? { until: at + longPauseMs, wait: shortPauseMs } : { until: at, wait: shortPauseMs },
    last: { action: raised ? "raise" : "give-back", why, at },
  };
}

function givenBack(state: Control, trial: NonNullable<Control["trial"]>, why: string, at: number): Control {
  const raised = state.limit > trial.from;
  const pause = raised ? state.up : state.down;
  const next = { until: at + pause.wait, wait: Math.min(longPauseMs, 2 * pause.wait) };
  return {
    ...moved(state, trial.from, at),
    ...(raised ? { up: next } : { down: next }),
    load: trial.load,
    trial: null,
    last: { action: raised ? "give-back" : "hold", why, at },
  };
}

/** Nothing speaks against the step: it may be tried again as soon as the new work has been seen without it. */
function begunAnew(state: Control, trial: NonNullable<Control["trial"]>, at: number): Control {
  const why = `the work changed while ${state.limit} in flight were tried`;
  return { ...moved(state, trial.from, at), trial: null, last: { action: "hold", why, at } };
}

function tried(state: Control, limit: number, why: string, at: number): Control {
  const action = limit > state.limit ? "raise" : "give-back";
  const trial = { from: state.limit, load: state.load, windows: 0 };
  return { ...moved(state, limit, at), trial, last: { action, why, at } };
}

function held(state: Control, why: string, at: number): Control {
  return state.last.action === "hold" && state.last.why === why
    ? state
    : { ...state, last: { action: "hold", why, at } };
}

function moved(state: Control, limit: number, at: number): Control {
  return { ...state, limit, since: at, load: {}, window: {} };
}

/** A quarter more, but not past what was refused, and that only when it is due; the present limit: not now. */
function higher(state: Control, at: number): number {
  const { limit, bounds, refusal } = state;
  const target = Math.min(bounds.max, limit + Math.max(1, Math.floor(limit / 4)));
  if (!refusal || target < refusal.limit) return target;
  if (limit < refusal.limit - 1) return refusal.limit - 1;
  const quiet = at - refusal.at;
  const due = quiet >= longPauseMs || (quiet >= shortPauseMs && refusal.clean >= 100 * Math.min(refusal.count, 4));
  return due ? Math.min(bounds.max, limit + 1) : limit;
}

/**
 * A quarter less, but without need not below what it begins with: one in flight halves a NetBox of two workers for as
 * long as it takes to see that (measured: a tenth of a run of 1,000 guests).
 */
function lower({ limit, bounds }: Control): number {
  return Math.max(bounds.min, Math.min(limit, initialPermits.netbox), limit - Math.max(1, Math.floor(limit / 4)));
}

function clamp(limit: number, bounds: Bounds): number {
  return Math.max(bounds.min, Math.min(bounds.max, limit));
}

function loadOf({ write, kind, objects, ms }: Pick<ThrottleSample, "ms" | "objects" | "write" | "kind">): Load {
  return { [`${write ? "write" : "read"} ${kind} ${Math.round(Math.log2(objects + 1))}`]: [ms] };
}

function added(left: Load, right: Load): Load {
  const both = { ...left };
  for (const [key, times] of Object.entries(right)) both[key] = [...(both[key] ?? []), ...times].slice(-mostTimes);
  return both;
}

function count(load: Load): number {
  return sum(Object.values(load).map((times) => times.length));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/**
 * How many requests of two loads can be compared, and how much longer the later ones took. By medians: NetBox has
 * single requests that take a second longer without a cause to be found, and one of them must not decide.
 */
function compared(earlier: Load, later: Load): { pairs: number; slower: number } {
  let pairs = 0;
  let was = 0;
  let is = 0;
  for (const [key, after] of Object.entries(later)) {
    const before = earlier[key] ?? [];
    const both = Math.min(before.length, after.length);
    pairs += both;
    was += both * median(before);
    is += both * median(after);
  }
  return { pairs, slower: was > 0 ? is / was : 1 };
}

function median(times: readonly number[]): number {
  const sorted = times.toSorted((left, right) => left - right);
  return ((sorted[(sorted.length - 1) >> 1] ?? 0) + (sorted[sorted.length >> 1] ?? 0)) / 2;
}

import type { WireError } from "@proxbox/contracts/errors";
import {
  addCounts,
  type Counts,
  type EndpointOutcome,
  endpointKey,
  noCounts,
  type ObjectOutcome,
  type ResultState,
  type StageResult,
  type StageSummary,
} from "@proxbox/contracts/messages";
import { maxEventBytes } from "@proxbox/contracts/streams";
import type { ItemReport } from "./stage.ts";

/** The data of a result. */
export type ResultData = StageResult["data"];

/** Which item a result is for, and what it took. */
export type ResultOf = { key: string; endpoint: number | null; ms: number; deliveries: number; state?: ResultState };

/** The result of an item from its report; `state` overrules what the report says, for items that were not worked. */
export function resultOf(of: ResultOf, report: ItemReport): ResultData {
  const { key, endpoint, ms, deliveries } = of;
  const { objects, error } = report;
  const state = of.state ?? stateOf(report);
  const numbers = { counts: countOf(objects), kinds: kindsOf(objects) };
  const data: ResultData = { key, endpoint, state, ...numbers, objects, omitted: 0, ms: Math.round(ms), deliveries };
  return fitResult(error ? { ...data, error } : data);
}

function stateOf({ objects, error }: ItemReport): ResultState {
  if (error || objects.some((object) => object.outcome === "failed")) return "failed";
  return objects.every((object) => object.outcome === "unchanged" || object.outcome === "skipped") ? "unchanged" : "ok";
}

/** How many objects had each outcome. */
export function countOf(objects: readonly ObjectOutcome[]): Counts {
  const counts = noCounts();
  for (const object of objects) counts[object.outcome] += 1;
  return counts;
}

function kindsOf(objects: readonly ObjectOutcome[]): Record<string, Counts> {
  const groups = Object.groupBy(objects, (object) => object.kind);
  return Object.fromEntries(Object.entries(groups).map(([kind, group = []]) => [kind, countOf(group)]));
}

/** Whether a result needs no second try. */
export function isGood(state: ResultState): boolean {
  return state === "ok" || state === "unchanged" || state === "skipped";
}

// The envelope around the data, and what JSON adds to texts that are cut by characters.
const room = maxEventBytes - 4_096;

/**
 * A result that fits into one event: unchanged objects go first, then texts are shortened, then further objects go.
 * `omitted` counts the objects left out; the counts still include them.
 */
export function fitResult(data: ResultData, bytes = room): ResultData {
  if (sizeOf(data) <= bytes) return data;
  const changed = data.objects.filter((object) => object.outcome !== "unchanged");
  const shorter = { ...data, objects: changed, omitted: data.omitted + data.objects.length - changed.length };
  if (sizeOf(shorter) <= bytes) return shorter;
  const objects = changed.map(shorten);
  const terse = { ...shorter, objects };
  let excess = sizeOf(terse) - bytes;
  while (excess > 0 && objects.length > 0) {
    excess -= sizeOf(objects.pop()) + 1;
    terse.omitted += 1;
  }
  return terse;
}

function shorten(object: ObjectOutcome): ObjectOutcome {
  const { kind, name, outcome, id, error } = object;
  return {
    kind,
    name: name.slice(0, 100),
    outcome,
    ...(id === undefined ? {} : { id }),
    ...(error ? { error: shortenError(error) } : {}),
  };
}

function shortenError(error: WireError): WireError {
  const texts = ["message", "object", "field", "cause", "next"] as const;
  const short = texts.flatMap((name) =>
    error[name] === undefined ? [] : [[name, error[name].slice(0, 300)] as const],
  );
  return { ...error, ...Object.fromEntries(short) };
}

function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? "");
}

/** What an attempt was about: the endpoints it covered and those left out, and since when it has been going. */
export type AttemptScope = {
  endpoints: readonly { id: number; name: string }[];
  blocked: readonly { endpoint: number; name: string; because: string }[];
  ms: number;
};

const mostErrors = 20;

/** What stands after an attempt, from the newest result of every item. */
export function summarise(results: readonly ResultData[], scope: AttemptScope): StageSummary {
  const kinds: Record<string, Counts> = {};
  let counts = noCounts();
  for (const result of results) {
    counts = addCounts(counts, result.counts);
    for (const [kind, some] of Object.entries(result.kinds)) kinds[kind] = addCounts(kinds[kind] ?? noCounts(), some);
  }
  const errors = results.flatMap(errorsOf).slice(0, mostErrors).map(shortenError);
  return {
    ok: results.every((result) => isGood(result.state)),
    items: results.length,
    counts,
    kinds,
    endpoints: endpointOutcomes(results, scope),
    errors,
    ms: Math.max(0, Math.round(scope.ms)),
  };
}

/** The error of an endpoint that is left out because an earlier stage could do nothing for it. */
export function blockedError(because: string): WireError {
  const next = "Correct that, then replay the stage that failed; this one follows by itself.";
  return { code: "endpoint_blocked", message: because, next, retryable: true };
}

/** Whether a stage failed as a whole: it had endpoints, and nothing could be done for any of them. */
export function failedAsWhole({ endpoints }: StageSummary): boolean {
  return endpoints.length > 0 && endpoints.every(({ state }) => state === "failed" || state === "blocked");
}

function errorsOf(result: ResultData): WireError[] {
  const ofObjects = result.objects.flatMap((object) => (object.error ? [object.error] : []));
  return result.error ? [result.error, ...ofObjects] : ofObjects;
}

function endpointOutcomes(results: readonly ResultData[], scope: AttemptScope): EndpointOutcome[] {
  const blocked = scope.blocked.map(
    ({ endpoint, name, because }): EndpointOutcome => ({
      endpoint,
      name,
      state: "blocked",
      error: shortenError(blockedError(because)),
    }),
  );
  const worked = scope.endpoints.map(({ id, name }): EndpointOutcome => {
    const own = results.filter((result) => result.endpoint === id);
    const whole = own.find((result) => result.key === endpointKey(id));
    const bad = own.filter((result) => result.state === "failed" || result.state === "cancelled");
    const state = whole?.state === "failed" ? "failed" : bad.length > 0 ? "partial" : "ok";
    const [error] = (whole?.state === "failed" ? [whole] : bad).flatMap(errorsOf);
    return { endpoint: id, name, state, ...(error ? { error: shortenError(error) } : {}) };
  });
  return [...worked, ...blocked].sort((left, right) => left.endpoint - right.endpoint);
}

import type { WireError } from "@proxbox/contracts/errors";
import type { ObjectOutcome, StageSummary, Would } from "@proxbox/contracts/messages";
import type { StageName } from "@proxbox/contracts/stages";
import type { ResultData, RunFact } from "./run-facts.ts";
import { stageWords } from "./stage-words.ts";

/** An error that was seen. */
export type SeenError = {
  error: WireError;
  /** What it happened to; null: it ended a batch, an endpoint or the stage. */
  object: Pick<ObjectOutcome, "kind" | "name" | "id"> | null;
  /** Whether a result told it, or only the end of the stage. */
  from: "result" | "end";
};

/** How far a stage is, as a stream has seen it. Small whatever the size of the estate. */
export type StageTally = {
  stage: StageName;
  /** 0: not begun. A replay opens the next one. */
  attempt: number;
  phase: "waiting" | "working" | "done" | "failed" | "cancelled" | "blocked";
  /** How many batches of work it has; null until they are listed. */
  batches: number | null;
  /** How many of them have a result. */
  done: number;
  failedObjects: number;
  /** Batches that ended early, with an error of their own. */
  brokenBatches: number;
  /** Rows that were marked as stale. */
  stale: number;
  /** What a dry run would have done to the stage's own objects. */
  would: Readonly<Record<Would, number>>;
  /** The first errors; those that speak for more than one object come first. */
  errors: readonly SeenError[];
  summary: StageSummary | null;
  startedAt: string | null;
  endedAt: string | null;
};

/** How many errors are kept of a stage, for its last words. */
const mostErrors = 20;

/** A stage of which nothing was heard. */
export function newTally(stage: StageName): StageTally {
  return {
    stage,
    attempt: 0,
    phase: "waiting",
    batches: null,
    done: 0,
    failedObjects: 0,
    brokenBatches: 0,
    stale: 0,
    would: { created: 0, updated: 0, deleted: 0 },
    errors: [],
    summary: null,
    startedAt: null,
    endedAt: null,
  };
}

/** Takes up what an event says of the stage. What is told late of an attempt that is over changes nothing. Pure. */
export function tallyAfter(before: StageTally, fact: Extract<RunFact, { of: "stage" | "result" }>): StageTally {
  if (fact.attempt < before.attempt) return before;
  const isNew = fact.attempt > before.attempt;
  if (!isNew && isOver(before)) return before;
  const tally = isNew ? { ...newTally(before.stage), attempt: fact.attempt } : before;
  if (fact.of === "result") return withResult(tally, fact.result);
  const { data, at } = fact;
  switch (fact.fact) {
    case "replay":
      return { ...tally, phase: "waiting" };
    case "commanded":
    case "started":
      return { ...tally, phase: "working", startedAt: tally.startedAt ?? at };
    case "manifest":
      return { ...tally, phase: "working", batches: data.manifest?.count ?? null };
    case "blocked":
      return withErrors({ ...tally, phase: "blocked", endedAt: at }, [
        atEnd(blockedError(before.stage, data.because ?? [])),
      ]);
    case "done":
    case "failed":
    case "cancelled": {
      const summary = data.summary ?? null;
      const blocked =
        summary?.endpoints.flatMap(({ state, error }) => (state === "blocked" && error ? [error] : [])) ?? [];
      const errors = [...(data.error ? [data.error] : []), ...blocked].map(atEnd);
      return withErrors({ ...tally, phase: fact.fact, summary, endedAt: at }, errors);
    }
  }
}

/** Whether nothing more comes of its attempt. */
export function isOver({ phase }: StageTally): boolean {
  return phase !== "waiting" && phase !== "working";
}

/** Whether all that is wrong with a stage are single objects: no endpoint is missing and every batch was worked to its end. */
export function lacksObjectsOnly(tally: StageTally): boolean {
  const whole = tally.summary?.endpoints.every(({ state }) => state === "ok" || state === "partial") ?? false;
  return tally.phase === "done" && whole && tally.brokenBatches === 0;
}

/** The errors of a result: its own first, then those of its objects. */
function errorsOf({ error, objects }: ResultData): SeenError[] {
  const ofObjects = objects.flatMap(({ kind, name, id, error, outcome }): SeenError[] =>
    outcome === "failed" && error
      ? [{ error, object: { kind, name, ...(id === undefined ? {} : { id }) }, from: "result" }]
      : [],
  );
  return error ? [{ error, object: null, from: "result" }, ...ofObjects] : ofObjects;
}

function withResult(tally: StageTally, result: ResultData): StageTally {
  const stale = result.key.startsWith("stale_") ? result.counts.updated : 0;
  return withErrors(
    {
      ...tally,
      phase: "working",
      done: tally.done + 1,
      failedObjects: tally.failedObjects + result.counts.failed,
      brokenBatches: tally.brokenBatches + (result.error ? 1 : 0),
      stale: tally.stale + stale,
      would: withWould(tally, result),
    },
    errorsOf(result),
  );
}

function withWould({ stage, would }: StageTally, { objects }: ResultData): StageTally["would"] {
  const own = objects.filter(({ kind }) => stageWords[stage].kinds.includes(kind)).map(({ would }) => would);
  const more = (which: Would) => would[which] + own.filter((one) => one === which).length;
  return { created: more("created"), updated: more("updated"), deleted: more("deleted") };
}

function withErrors(tally: StageTally, more: readonly SeenError[]): StageTally {
  const isKnown = ({ error, object }: SeenError) =>
    object === null && tally.errors.some((seen) => seen.object === null && seen.error.message === error.message);
  const all = [...tally.errors, ...more.filter((one) => !isKnown(one))];
  const ordered = [...all.filter(({ object }) => object === null), ...all.filter(({ object }) => object !== null)];
  return more.length === 0 ? tally : { ...tally, errors: ordered.slice(0, mostErrors) };
}

function atEnd(error: WireError): SeenError {
  return { error, object: null, from: "end" };
}

function blockedError(stage: StageName, because: readonly string[]): WireError {
  const causes = because.length > 0 ? `${because.join(" and ")} failed` : "a stage before it failed";
  return {
    code: "endpoint_blocked",
    message: `Stage ${stage} was not begun, because ${causes}.`,
    next: "Correct that first; then ask for it again.",
    retryable: true,
  };
}

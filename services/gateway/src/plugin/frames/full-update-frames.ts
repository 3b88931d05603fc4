import type { StageName } from "@proxbox/contracts/stages";
import { toWireError } from "@proxbox/runtime/errors";
import { doneText } from "./done-text.ts";
import { sentenceOf } from "./error-sentence.ts";
import type { PluginFrame } from "./frame.ts";
import { fullUpdateResult } from "./full-update-result.ts";
import { createLists } from "./object-lists.ts";
import { partFrames } from "./part-frames.ts";
import type { RunFact } from "./run-facts.ts";
import { cancelledText, createProgress, outcomeOf } from "./run-progress.ts";
import type { FrameMaker, StageStream } from "./stage-frames.ts";
import { inPlace, isComplete, ownCounts } from "./stage-result.ts";
import { isOver, type StageTally } from "./stage-tally.ts";
import { stageWords } from "./stage-words.ts";
import { errorDetail, failedFrames, failureText } from "./told-errors.ts";

/** What the stream of a full update is about. */
export type FullUpdateStream = Omit<StageStream, "step"> & {
  /** The run, which the stream calls its operation. */
  run: string;
};

const step = "full-update";

/**
 * The frames of `/full-update/stream` (replaced program 0.0.19 to 0.0.30). Clients of it take any frame named `error` for the
 * end, so that there is none before the end of a run that failed.
 */
export function fullUpdateFrames({ run, stages, netboxUrl, tolerant }: FullUpdateStream): FrameMaker {
  const progress = createProgress(stages);
  const lists = createLists(netboxUrl);
  const begun = new Set<StageName>();

  function ending({ fact, reason }: Extract<RunFact, { of: "run" }>): PluginFrame[] {
    const tallies = progress.tallies();
    if (fact === "cancelled") return failedFrames(step, cancelledText("The full update", reason), tallies);
    const outcome = outcomeOf(tallies, fact === "done", tolerant);
    if (outcome === "failed") {
      const text = failureText(tallies, `The full update failed: ${reason ?? "no reason was told."}`);
      const [first] = tallies.flatMap(({ errors }) => errors);
      return [...(first ? [errorDetail(step, first)] : []), ...failedFrames(step, text, tallies)];
    }
    const result = fullUpdateResult(progress.tally, lists, { stages, degraded: outcome === "degraded" });
    const lacks = outcome === "degraded" ? ` ${failureText(tallies, "")}` : "";
    return [
      {
        event: "complete",
        data: { ok: true, message: `${doneText("The full update", tallies, progress.isDry())}${lacks}`, result },
      },
    ];
  }

  function ofStage(fact: Exclude<RunFact, { of: "run" | "request" }>): PluginFrame[] {
    const tally = progress.tally(fact.stage);
    if (fact.of === "result") lists.take(fact.stage, fact.result);
    const isNew = tally.phase === "working" && !begun.has(fact.stage);
    if (isNew) begun.add(fact.stage);
    return [
      ...(isNew ? [startedFrame(fact.stage)] : []),
      ...partFrames(fact, tally, netboxUrl),
      ...(begun.has(fact.stage) && fact.of === "stage" && isOver(tally) ? [endedFrame(tally, progress.isDry())] : []),
    ];
  }

  const stands = (message: string): PluginFrame => ({ event: "step", data: { step, status: "progress", message } });
  return {
    begin: () => [bootstrapFrame, operationFrame(run), discoveryFrame(run, stages)],
    of: (event) => {
      const fact = progress.take(event);
      if (fact === null) return [];
      if (fact.of !== "run") return ofStage(fact);
      if (fact.fact === "cancelling")
        return [stands(`The full update is being called off${fact.reason ? `: ${fact.reason}` : "."}`)];
      return fact.fact === "running" ? [] : progress.end(ending(fact));
    },
    silence: () => (progress.hasEnded() ? [] : [stands(progress.standing())]),
    broken: (error) => {
      if (progress.hasEnded()) return [];
      const wire = toWireError(error, "full update");
      return progress.end([errorDetail(step, { error: wire, object: null }), ...failedFrames(step, sentenceOf(wire))]);
    },
  };
}

/** Nothing is made before the stages: what they rest on is made, and reported, by the first of them. */
const bootstrapFrame: PluginFrame = {
  event: "bootstrap_done",
  data: {
    ok: true,
    skipped: true,
    reason: "Stage devices makes the tags, roles and types that are missing, and reports them.",
    warnings: [],
    created: [],
    patched: [],
    unchanged: [],
  },
};

function operationFrame(run: string): PluginFrame {
  return {
    event: "step",
    data: { step: "stream", status: "started", message: `The full update begins: operation_id=${run}` },
  };
}

function discoveryFrame(run: string, stages: readonly StageName[]): PluginFrame {
  const data = {
    event: "discovery",
    phase: step,
    status: "discovered",
    message: `The full update has ${stages.length} stages.`,
    count: stages.length,
    items: stages.map((stage) => ({ name: stageWords[stage].step, type: "stage" })),
    progress: { current: 0, total: stages.length, percent: 0 },
    metadata: { operation_id: run },
  };
  return { event: "discovery", data };
}

function startedFrame(stage: StageName): PluginFrame {
  const { step } = stageWords[stage];
  return { event: "step", data: { step, status: "started", message: `${step} begins.` } };
}

function endedFrame(tally: StageTally, isDry: boolean): PluginFrame {
  const { step, form } = stageWords[tally.stage];
  const { created, updated } = ownCounts(tally);
  const isGood = isComplete(tally);
  const data = {
    step,
    status: isGood ? "completed" : "failed",
    message: isGood ? doneText(step, [tally], isDry) : failureText([tally], `${step} failed.`),
    result: form === "jobs" ? { created, updated } : { count: inPlace(ownCounts(tally)) },
    duration_seconds: secondsOf(tally),
  };
  return { event: "step", data };
}

function secondsOf({ summary, startedAt, endedAt }: StageTally): number {
  const ms = summary?.ms ?? Date.parse(endedAt ?? "") - Date.parse(startedAt ?? "");
  return Number.isFinite(ms) ? Math.max(0, Math.round(ms)) / 1_000 : 0;
}

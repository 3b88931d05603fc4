import type { StageName } from "@proxbox/contracts/stages";
import { toWireError } from "@proxbox/runtime/errors";
import type { RunStreamEvent } from "../../runs/run-events.ts";
import { doneText } from "./done-text.ts";
import { sentenceOf } from "./error-sentence.ts";
import type { PluginFrame } from "./frame.ts";
import { partFrames } from "./part-frames.ts";
import type { RunFact } from "./run-facts.ts";
import { cancelledText, createProgress, outcomeOf } from "./run-progress.ts";
import { degradation, stageResult } from "./stage-result.ts";
import { mainStage } from "./stage-words.ts";
import { failedFrames, failureText } from "./told-errors.ts";

/** Makes the frames of one plugin stream from the events of a run, in order. After `complete` it makes none. */
export type FrameMaker = {
  /** What is sent at once. */
  begin(): PluginFrame[];
  /** What an event of the run says; the event that ends the run ends with the one `complete`. */
  of(event: RunStreamEvent): PluginFrame[];
  /** A frame for when nothing was sent for a while: where the run stands. */
  silence(): PluginFrame[];
  /** The end of a stream that cannot go on. */
  broken(error: unknown): PluginFrame[];
};

/** What a stream of one stage is about. */
export type StageStream = {
  /** `step` of the path that was asked for, such as `virtual-disks`. */
  step: string;
  /** The stages of the run; more than one where the path means more, as machines with their interfaces. */
  stages: readonly StageName[];
  /** Address of NetBox, for links to objects; null: none is entered. */
  netboxUrl: string | null;
  /** End well, as `degraded`, when single objects failed. */
  tolerant: boolean;
};

/** The frames of a stage's stream (replaced program 0.0.19 to 0.0.30: `<path>/stream`). */
export function stageFrames({ step, stages, netboxUrl, tolerant }: StageStream): FrameMaker {
  const progress = createProgress(stages);
  const main = mainStage(step, stages);

  function ending({ fact, reason }: Extract<RunFact, { of: "run" }>): PluginFrame[] {
    const tallies = progress.tallies();
    if (fact === "cancelled") return failedFrames(step, cancelledText(step, reason), tallies);
    const outcome = outcomeOf(tallies, fact === "done", tolerant);
    if (outcome === "failed")
      return failedFrames(step, failureText(tallies, `${step} failed: ${reason ?? "no reason was told."}`), tallies);
    const result = {
      ...stageResult(progress.tally(main)),
      ...(outcome === "degraded" ? degradation(main, tallies) : {}),
    };
    const lacks = outcome === "degraded" ? ` ${failureText(tallies, "")}` : "";
    const message = `${doneText(step, [progress.tally(main)], progress.isDry())}${lacks}`;
    return [
      { event: "step", data: { step, status: "completed", message, result } },
      { event: "complete", data: { ok: true, message, result } },
    ];
  }

  const stands = (message: string): PluginFrame => ({ event: "step", data: { step, status: "progress", message } });
  return {
    begin: () => [{ event: "step", data: { step, status: "started", message: `${step} begins.` } }],
    of: (event) => {
      const fact = progress.take(event);
      if (fact === null) return [];
      if (fact.of !== "run") return partFrames(fact, progress.tally(fact.stage), netboxUrl);
      if (fact.fact === "cancelling")
        return [stands(`${step} is being called off${fact.reason ? `: ${fact.reason}` : "."}`)];
      return fact.fact === "running" ? [] : progress.end(ending(fact));
    },
    silence: () => (progress.hasEnded() ? [] : [stands(progress.standing())]),
    broken: (error) =>
      progress.hasEnded() ? [] : progress.end(failedFrames(step, sentenceOf(toWireError(error, step)))),
  };
}

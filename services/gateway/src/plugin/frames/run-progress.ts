import type { StageName } from "@proxbox/contracts/stages";
import type { RunStreamEvent } from "../../runs/run-events.ts";
import type { PluginFrame } from "./frame.ts";
import { factOf, type RunFact } from "./run-facts.ts";
import { isComplete } from "./stage-result.ts";
import { isOver, lacksObjectsOnly, newTally, type StageTally, tallyAfter } from "./stage-tally.ts";

/** How far a run is, as one stream has seen it. */
export type RunProgress = {
  /** Takes up an event and says what it means; null when it means nothing to the stream, or the stream is at its end. */
  take(event: RunStreamEvent): Exclude<RunFact, { of: "request" }> | null;
  tally(stage: StageName): StageTally;
  tallies(): StageTally[];
  /** Where the run stands, in a sentence. */
  standing(): string;
  /** Whether the run was asked to write nothing. */
  isDry(): boolean;
  /** Marks the stream as ended, with its last frames. */
  end(frames: PluginFrame[]): PluginFrame[];
  hasEnded(): boolean;
};

/** Follows the stages of a run. */
export function createProgress(stages: readonly StageName[]): RunProgress {
  const tallies = new Map(stages.map((stage) => [stage, newTally(stage)]));
  let isDry = false;
  let calledOff: string | null = null;
  let isRunning = false;
  let ended = false;
  return {
    take: (event) => {
      const fact = ended ? null : factOf(event);
      if (!fact) return null;
      if (fact.of === "request") {
        isDry = fact.isDry;
        return null;
      }
      if (fact.of === "run") {
        isRunning = true;
        // Why a run was called off is told when it is, not when it has stopped.
        if (fact.fact === "cancelling") calledOff = fact.reason;
        return fact.fact === "cancelled" ? { ...fact, reason: fact.reason ?? calledOff } : fact;
      }
      const before = tallies.get(fact.stage);
      if (!before) return null;
      isRunning = true;
      if (fact.of === "progress") return fact;
      const after = tallyAfter(before, fact);
      tallies.set(fact.stage, after);
      return after === before ? null : fact;
    },
    tally: (stage) => tallies.get(stage) ?? newTally(stage),
    tallies: () => [...tallies.values()],
    standing: () => standingOf([...tallies.values()], isRunning),
    isDry: () => isDry,
    end: (frames) => {
      ended = true;
      return frames;
    },
    hasEnded: () => ended,
  };
}

/** How a run ended: `degraded` when it is to be taken for done although single objects are missing. */
export type RunOutcome = "ok" | "degraded" | "failed";

/**
 * Whether a run that is over is good. It is when every stage is complete; in tolerant mode also when all that is wrong are
 * single objects of stages that were worked to their end.
 */
export function outcomeOf(tallies: readonly StageTally[], isDone: boolean, tolerant: boolean): RunOutcome {
  if (isDone && tallies.every(isComplete)) return "ok";
  return tolerant && tallies.every((tally) => isComplete(tally) || lacksObjectsOnly(tally)) ? "degraded" : "failed";
}

/** That a run was called off, and why. */
export function cancelledText(what: string, reason: string | null): string {
  return `${what} was cancelled${reason ? `: ${reason.replace(/[.\s]+$/, "")}` : ""}. What was written stays; ask for it again to go on.`;
}

function standingOf(tallies: readonly StageTally[], isRunning: boolean): string {
  if (!isRunning) return "It waits for its turn: runs write the same NetBox, so they are worked one after another.";
  const working = tallies.find(({ phase }) => phase === "working");
  const over = tallies.filter(isOver).length;
  const stages = tallies.length > 1 ? `${over} of ${tallies.length} stages are over. ` : "";
  if (!working)
    return `${stages}${over === tallies.length ? "The run is being closed." : "The next stage is about to begin."}`;
  const { stage, batches, done, failedObjects } = working;
  const failed = failedObjects > 0 ? `, ${failedObjects} objects failed` : "";
  const known = batches === null ? "what there is to do is being listed" : `${done} of ${batches} batches are done`;
  return `${stages}Stage ${stage}: ${known}${failed}.`;
}

import { summaryText } from "./done-text.ts";
import type { PluginFrame } from "./frame.ts";
import { endFrames, progressOf, resultFrames } from "./item-frames.ts";
import type { RunFact } from "./run-facts.ts";
import { isComplete, ownCounts, phaseNumbers } from "./stage-result.ts";
import { isOver, type StageTally } from "./stage-tally.ts";
import { stageWords } from "./stage-words.ts";
import { errorDetail } from "./told-errors.ts";

/**
 * The frames of what happens within a stage, between its first and its last `step`: what there is to do, each batch with its
 * objects, errors that speak for more than one object, and the sum. Pure.
 * @param tally the stage after the fact
 */
export function partFrames(
  fact: Exclude<RunFact, { of: "run" | "request" }>,
  tally: StageTally,
  netboxUrl: string | null,
): PluginFrame[] {
  if (fact.of === "result") return resultFrames(tally, fact.result, netboxUrl);
  const { phase } = stageWords[tally.stage];
  if (fact.of === "progress") {
    const { message } = fact;
    const data = { event: "substep", phase, substep: "progress", status: "processing", message };
    return message ? [{ event: "substep", data }] : [];
  }
  if (fact.fact === "manifest") return [discovery(tally, fact.data.manifest?.keys ?? [])];
  if (!isOver(tally)) return [];
  // What a result told was told with it.
  const errors = tally.errors.filter(({ from }) => from === "end").map((seen) => errorDetail(phase, seen));
  return [...errors, ...(tally.summary ? [phaseSummary(tally)] : []), ...endFrames(tally.stage)];
}

/** Most batches that `discovery` names: the plugin shows a frame in full up to 600 characters. */
const mostNamed = 5;

function discovery(tally: StageTally, keys: readonly string[]): PluginFrame {
  const count = tally.batches ?? 0;
  const items = keys.slice(0, mostNamed).map((name) => ({ name, item_type: "batch" }));
  const data = {
    event: "discovery",
    phase: stageWords[tally.stage].phase,
    status: "discovered",
    message:
      count === 1
        ? `Stage ${tally.stage} has one batch of work.`
        : `Stage ${tally.stage} has ${count} batches of work.`,
    count,
    items,
    progress: progressOf(tally),
    metadata: { batches: count, named: items.length },
  };
  return { event: "discovery", data };
}

function phaseSummary(tally: StageTally): PluginFrame {
  const result = phaseNumbers(tally);
  const leftAlone = result.skipped - ownCounts(tally).unchanged;
  const data = {
    event: "phase_summary",
    phase: stageWords[tally.stage].phase,
    status: isComplete(tally) ? "completed" : "completed_with_errors",
    message: summaryText(tally, { failed: result.failed, leftAlone }),
    result,
  };
  return { event: "phase_summary", data };
}

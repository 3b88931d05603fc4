import type { Problem } from "@proxbox/contracts/http";
import type { StageName } from "@proxbox/contracts/stages";
import type { RunStreamEvent } from "../../runs/run-events.ts";
import { failureStatus } from "../failure-status.ts";
import { fullUpdateResult, resultKeyOf } from "./full-update-result.ts";
import { createLists, listStages } from "./object-lists.ts";
import type { RunFact } from "./run-facts.ts";
import { cancelledText, createProgress, outcomeOf, type RunOutcome, type RunProgress } from "./run-progress.ts";
import type { StageStream } from "./stage-frames.ts";
import { degradation, inPlace, ownCounts, stageResult } from "./stage-result.ts";
import { mainStage } from "./stage-words.ts";
import { failureText } from "./told-errors.ts";

/** An answer to a request without a stream. */
export type RunAnswer = { status: number; body: unknown };

/** Makes the answer of a request without a stream from the events of its run. */
export type AnswerMaker = {
  /** Takes up an event; the answer once the run is over, else null. */
  take(event: RunStreamEvent): RunAnswer | null;
};

/** The answer of a stage's path without `/stream`: a list of objects, or numbers (replaced program 0.0.19 to 0.0.30). */
export function stageAnswer({ step, stages, netboxUrl, tolerant }: StageStream): AnswerMaker {
  const lists = createLists(netboxUrl);
  const main = mainStage(step, stages);
  return answering({ what: step, stages, tolerant }, lists, (progress, outcome) => {
    const tally = progress.tally(main);
    const lacking = outcome === "degraded" ? degradation(main, progress.tallies()) : null;
    if (!listStages.includes(main)) return { ...stageResult(tally), ...lacking };
    const list = lists.of(main);
    const cut = lists.isCut(main) ? { truncated: true } : null;
    return lacking || cut
      ? { [resultKeyOf(main) ?? main]: list, count: inPlace(ownCounts(tally)), ...lacking, ...cut }
      : list;
  });
}

/** The answer of `/full-update`: the result of its stream, and a status. */
export function fullUpdateAnswer({ stages, netboxUrl, tolerant }: Omit<StageStream, "step">): AnswerMaker {
  const lists = createLists(netboxUrl);
  return answering({ what: "The full update", stages, tolerant }, lists, (progress, outcome) => ({
    status: "completed",
    ...fullUpdateResult(progress.tally, lists, { stages, degraded: outcome === "degraded" }),
  }));
}

type Asked = { what: string; stages: readonly StageName[]; tolerant: boolean };

function answering(
  { what, stages, tolerant }: Asked,
  lists: ReturnType<typeof createLists>,
  body: (progress: RunProgress, outcome: RunOutcome) => unknown,
): AnswerMaker {
  const progress = createProgress(stages);
  return {
    take: (event) => {
      const fact = progress.take(event);
      if (fact?.of === "result") lists.take(fact.stage, fact.result);
      if (fact?.of !== "run" || fact.fact === "running" || fact.fact === "cancelling") return null;
      if (fact.fact === "cancelled") return refusal(what, fact, progress, "cancelled");
      const outcome = outcomeOf(progress.tallies(), fact.fact === "done", tolerant);
      return outcome === "failed" ? refusal(what, fact, progress) : { status: 200, body: body(progress, outcome) };
    },
  };
}

function refusal(
  what: string,
  { reason }: Extract<RunFact, { of: "run" }>,
  progress: RunProgress,
  ended?: "cancelled",
): RunAnswer {
  const tallies = progress.tallies();
  const [first] = tallies.flatMap(({ errors }) => errors);
  const text = ended
    ? cancelledText(what, reason)
    : failureText(tallies, `${what} failed: ${reason ?? "no reason was told."}`);
  const code = ended ?? first?.error.code ?? "internal";
  const next = ended ? undefined : first?.error.next;
  const body: Problem = { detail: text, message: text, python_exception: null, code, ...(next ? { next } : {}) };
  return { status: failureStatus(code), body };
}

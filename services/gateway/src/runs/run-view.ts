import type { AttemptView, RunView, StageView } from "@proxbox/contracts/http";
import { foldRun, isOver, type RunState, type StageState, type StoredEvent } from "@proxbox/contracts/runs";
import { parseEventSubject } from "@proxbox/contracts/subjects";

/** A run as it is shown, with every attempt of every stage. Pure; the events are those it was folded from, in order. */
export function viewOfRun(run: RunState, events: readonly StoredEvent[], lastEventId: string): RunView {
  const { id, phase, request, generation, createdAt, startedAt, endedAt, reason } = run;
  const stages = run.stages.map((stage) => viewOfStage(stage, events));
  const ok = isOver(run) ? run.stages.every((stage) => stage.ok === true) : null;
  return { id, phase, ok, request, generation, stages, createdAt, startedAt, endedAt, reason, lastEventId };
}

/** Every attempt of a stage, as it ended or stands. Pure. */
export function attemptsOf(stage: StageState, events: readonly StoredEvent[]): AttemptView[] {
  return Array.from({ length: stage.attempt }, (_, index) => index + 1).map((attempt) => {
    const known = events.filter(({ subject }) => !isLaterAttempt(subject, stage.stage, attempt));
    const then = known.reduce(foldRun, null)?.stages.find((entry) => entry.stage === stage.stage);
    return viewOfAttempt(then ?? stage);
  });
}

function viewOfStage(stage: StageState, events: readonly StoredEvent[]): StageView {
  return { stage: stage.stage, ...viewOfAttempt(stage), attempts: attemptsOf(stage, events) };
}

function viewOfAttempt({ stage: _, error, ...rest }: StageState): AttemptView {
  return { ...rest, error: error ?? null };
}

function isLaterAttempt(subject: string, stage: string, attempt: number): boolean {
  const address = parseEventSubject(subject);
  return address?.type === "stage" && address.stage === stage && address.attempt > attempt;
}

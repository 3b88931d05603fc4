import type { AttemptMode, BlockedEndpoint, EndpointOutcome } from "./messages.ts";
import { isOver, isStageOver, isWorking, type RunState, type StageState } from "./runs.ts";
import { predecessorsOf, type StageName } from "./stages.ts";

/** What the orchestrator must do next for a run. Every action is published once by its subject, so repeating is harmless. */
export type RunAction =
  | { action: "start" }
  | { action: "command"; stage: StageName; attempt: number; mode: AttemptMode; blocked: BlockedEndpoint[] }
  | { action: "block"; stage: StageName; attempt: number; because: StageName[] }
  | { action: "cancel"; stage: StageName; attempt: number }
  | { action: "end"; fact: "done" | "failed" | "cancelled"; ok: boolean; reason?: string };

/**
 * What has to happen next; empty when the run is over or has to wait. Pure: the same state gives the same actions.
 * A stage runs when its predecessors are over; a predecessor that failed as a whole blocks it, and an endpoint that
 * failed in a predecessor is left out of it and made up for when a replay has brought that endpoint back.
 */
export function decide(run: RunState): RunAction[] {
  if (isOver(run)) return [];
  if (run.phase === "queued") return [{ action: "start" }];
  if (run.phase === "cancelling") return decideCancelled(run);
  const strict = run.request.mode === "strict";
  if (strict && run.stages.some(isWorking)) return [];
  const actions: RunAction[] = [];
  let waits = false;
  for (const stage of run.stages) {
    const next = decideStage(run, stage);
    if (next === "wait") waits = true;
    else if (next) actions.push(next);
    if (strict && (waits || actions.at(-1)?.action === "command")) break;
  }
  return actions.length > 0 || waits ? actions : [endOf(run)];
}

/** A command that no coordinator has begun is called off here: its service may not even be up. */
function decideCancelled(run: RunState): RunAction[] {
  const working = run.stages.filter(isWorking);
  if (working.length === 0) return [{ action: "end", fact: "cancelled", ok: false }];
  return working
    .filter((stage) => stage.phase === "commanded")
    .map(({ stage, attempt }) => ({ action: "cancel", stage, attempt }));
}

function decideStage(run: RunState, stage: StageState): RunAction | "wait" | null {
  if (isWorking(stage)) return "wait";
  const hasRun = isStageOver(stage) && stage.phase !== "blocked";
  const before = run.stages.filter((other) => predecessorsOf(stage.stage).includes(other.stage));
  if (!before.every(isStageOver)) return hasRun ? null : "wait";
  const broken = before.filter((other) => other.phase !== "done").map((other) => other.stage);
  const attempt = Math.max(stage.attempt, 1);
  if (broken.length > 0) {
    return isStageOver(stage) ? null : { action: "block", stage: stage.stage, attempt, because: broken };
  }
  const blocked = blockedBy(before);
  if (!hasRun) return { action: "command", stage: stage.stage, attempt, mode: stage.mode, blocked };
  return isFreed(stage, blocked)
    ? { action: "command", stage: stage.stage, attempt: attempt + 1, mode: "failed-only", blocked }
    : null;
}

/** Whether an endpoint that was left out of a stage is no longer blocked. */
function isFreed(stage: StageState, blocked: BlockedEndpoint[]): boolean {
  const still = new Set(blocked.map((entry) => entry.endpoint));
  return (stage.summary?.endpoints ?? []).some(({ endpoint, state }) => state === "blocked" && !still.has(endpoint));
}

function blockedBy(before: StageState[]): BlockedEndpoint[] {
  const found = new Map<number, BlockedEndpoint>();
  for (const { stage, summary } of before) {
    for (const outcome of summary?.endpoints ?? []) {
      if (outcome.state !== "failed" && outcome.state !== "blocked") continue;
      const { endpoint, name } = outcome;
      found.set(endpoint, { endpoint, name, because: whyBlocked(stage, outcome) });
    }
  }
  return [...found.values()].sort((left, right) => left.endpoint - right.endpoint);
}

function whyBlocked(stage: StageName, outcome: EndpointOutcome): string {
  const { state, name, error } = outcome;
  // What blocked a stage blocks those after it: the first cause is told, not the chain.
  if (state === "blocked" && error) return error.message;
  const verdict = `Stage ${stage} ${state === "failed" ? "failed" : "was blocked"} for ${name}`;
  return error ? `${verdict}: ${error.message}` : `${verdict}.`;
}

function endOf(run: RunState): RunAction {
  const wrong = run.stages.filter((stage) => !stage.ok).map(({ stage, phase }) => `${stage} ${wordFor(phase)}`);
  const known = run.stages.map((stage): string => stage.stage);
  wrong.push(...run.request.stages.filter((name) => !known.includes(name)).map((name) => `${name} is no stage`));
  if (wrong.length === 0) return { action: "end", fact: "done", ok: true };
  return { action: "end", fact: "failed", ok: false, reason: `${wrong.join(", ")}.` };
}

function wordFor(phase: StageState["phase"]): string {
  return phase === "done" ? "is incomplete" : phase === "failed" ? "failed" : `was ${phase}`;
}

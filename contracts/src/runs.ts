import type {
  AttemptMode,
  BlockedEndpoint,
  EndpointOutcome,
  RunEvent,
  RunRequest,
  StageEvent,
  StageSummary,
} from "./messages.ts";
import { isStage, predecessorsOf, type StageName, stageNames } from "./stages.ts";
import { parseEventSubject } from "./subjects.ts";

/** Where a stage of a run stands. `replaying`: its next attempt was asked for and is not commanded yet. */
export type StagePhase =
  | "pending"
  | "replaying"
  | "commanded"
  | "running"
  | "done"
  | "failed"
  | "cancelled"
  | "blocked";

/** One stage of a run, as its events tell it. */
export type StageState = {
  stage: StageName;
  phase: StagePhase;
  /** The newest attempt that was commanded or asked for; 0: none yet. */
  attempt: number;
  mode: AttemptMode;
  /** Only when over: whether everything that should be there is there. */
  ok: boolean | null;
  items: number | null;
  summary: StageSummary | null;
  error: StageEvent["data"]["error"] | null;
  /** Stages whose failure blocks this one. */
  because: string[];
  startedAt: string | null;
  endedAt: string | null;
};

/** Where a run stands: `queued` until its turn, `cancelling` until its stages have stopped. */
export type RunPhase = "queued" | "running" | "cancelling" | "done" | "failed" | "cancelled";

/** A run, folded from its events. */
export type RunState = {
  id: string;
  phase: RunPhase;
  request: RunRequest;
  generation: number;
  stages: StageState[];
  createdAt: string;
  startedAt: string | null;
  endedAt: string | null;
  reason: string | null;
};

/** What the orchestrator must do next for a run. Every action is published once by its subject, so repeating is harmless. */
export type RunAction =
  | { action: "start" }
  | { action: "command"; stage: StageName; attempt: number; mode: AttemptMode; blocked: BlockedEndpoint[] }
  | { action: "block"; stage: StageName; attempt: number; because: string[] }
  | { action: "end"; fact: "done" | "failed" | "cancelled"; ok: boolean };

/** An event of a run together with the subject it stands on. */
export type StoredEvent = { subject: string; event: RunEvent | StageEvent };

/**
 * Folds one event into a run. Pure; events must come in stream order, and an unknown one changes nothing.
 * Returns null until the run's `created` event has been seen.
 */
export function foldRun(state: RunState | null, stored: StoredEvent): RunState | null {
  const address = parseEventSubject(stored.subject);
  if (!address) return state;
  if (address.type === "run")
    return foldRunFact(state, address.run, address.generation, address.fact, stored.event as RunEvent);
  if (address.type !== "stage" || !state || !isStage(address.stage)) return state;
  const name = address.stage;
  const event = stored.event as StageEvent;
  const stages = state.stages.map((stage) =>
    stage.stage === name && address.attempt >= stage.attempt
      ? foldStageFact(stage, address.attempt, address.fact, event)
      : stage,
  );
  if (address.fact !== "replay") return { ...state, stages };
  return {
    ...state,
    stages,
    phase: isOver(state) ? "queued" : state.phase,
    generation: isOver(state) ? state.generation + 1 : state.generation,
    endedAt: null,
    reason: null,
  };
}

/** Whether a run has ended (a replay may open it again). */
export function isOver(run: RunState): boolean {
  return run.phase === "done" || run.phase === "failed" || run.phase === "cancelled";
}

/** Whether a stage's newest attempt has ended or will never start. */
export function isStageOver(stage: StageState): boolean {
  return stage.phase === "done" || stage.phase === "failed" || stage.phase === "cancelled" || stage.phase === "blocked";
}

/**
 * What has to happen next. Pure: the same state gives the same actions.
 * A stage runs when its predecessors are over; a predecessor that failed as a whole blocks it, and an endpoint that
 * failed in a predecessor is left out of it and made up for when a replay has brought that endpoint back.
 */
export function decide(run: RunState): RunAction[] {
  if (isOver(run)) return [];
  const working = run.stages.filter((stage) => stage.phase === "commanded" || stage.phase === "running");
  if (run.phase === "cancelling") return working.length > 0 ? [] : [{ action: "end", fact: "cancelled", ok: false }];
  if (run.phase === "queued") return [{ action: "start" }];
  const actions: RunAction[] = [];
  let open = 0;
  for (const stage of run.stages) {
    if (run.request.mode === "strict" && open > 0) break;
    const next = decideStage(run, stage);
    if (next === "wait") open += 1;
    else if (next) {
      actions.push(next);
      if (next.action === "command") open += 1;
    }
  }
  if (actions.length > 0 || open > 0) return actions;
  const ok = run.stages.every((stage) => stage.phase === "done" && stage.ok);
  return [{ action: "end", fact: ok ? "done" : "failed", ok }];
}

function decideStage(run: RunState, stage: StageState): RunAction | "wait" | null {
  if (stage.phase === "commanded" || stage.phase === "running") return "wait";
  const before = run.stages.filter((other) => predecessorsOf(stage.stage).includes(other.stage));
  if (before.some((other) => !isStageOver(other)))
    return isStageOver(stage) && stage.phase !== "blocked" ? null : "wait";
  const broken = before.filter((other) => other.phase !== "done").map((other) => other.stage);
  if (broken.length > 0) {
    if (stage.phase === "replaying" || stage.phase === "pending")
      return { action: "block", stage: stage.stage, attempt: Math.max(stage.attempt, 1), because: broken };
    return null;
  }
  const blocked = blockedBy(before);
  if (stage.phase === "replaying")
    return { action: "command", stage: stage.stage, attempt: stage.attempt, mode: stage.mode, blocked };
  if (stage.phase === "pending" || stage.phase === "blocked") {
    return {
      action: "command",
      stage: stage.stage,
      attempt: stage.phase === "blocked" ? Math.max(stage.attempt, 1) : stage.attempt + 1,
      mode: "full",
      blocked,
    };
  }
  const freed = (stage.summary?.endpoints ?? []).some(
    (outcome) => outcome.state === "blocked" && !blocked.some((entry) => entry.endpoint === outcome.endpoint),
  );
  return freed
    ? { action: "command", stage: stage.stage, attempt: stage.attempt + 1, mode: "failed-only", blocked }
    : null;
}

function blockedBy(before: StageState[]): BlockedEndpoint[] {
  const found = new Map<number, BlockedEndpoint>();
  for (const stage of before) {
    for (const outcome of stage.summary?.endpoints ?? []) {
      if (outcome.state !== "failed" && outcome.state !== "blocked") continue;
      found.set(outcome.endpoint, {
        endpoint: outcome.endpoint,
        name: outcome.name,
        because: reasonOf(stage.stage, outcome),
      });
    }
  }
  return [...found.values()].sort((left, right) => left.endpoint - right.endpoint);
}

function reasonOf(stage: StageName, outcome: EndpointOutcome): string {
  const cause = outcome.error ? ` (${outcome.error.message})` : "";
  return `stage ${stage} ${outcome.state === "failed" ? "failed" : "was blocked"} for ${outcome.name}${cause}`;
}

function foldRunFact(
  state: RunState | null,
  run: string,
  generation: number,
  fact: string,
  event: RunEvent,
): RunState | null {
  if (fact === "created") {
    const request = event.data.request;
    if (state || !request) return state;
    return {
      id: run,
      phase: "queued",
      request,
      generation: 0,
      stages: stageNames.filter((name) => request.stages.includes(name)).map(newStage),
      createdAt: event.ts,
      startedAt: null,
      endedAt: null,
      reason: null,
    };
  }
  if (!state || generation < state.generation) return state;
  if (fact === "running")
    return isOver(state)
      ? state
      : {
          ...state,
          phase: state.phase === "cancelling" ? "cancelling" : "running",
          startedAt: state.startedAt ?? event.ts,
        };
  if (fact === "cancelling")
    return isOver(state) ? state : { ...state, phase: "cancelling", reason: event.data.reason ?? null };
  const phase = fact === "done" ? "done" : fact === "failed" ? "failed" : "cancelled";
  return { ...state, phase, endedAt: event.ts, reason: event.data.reason ?? state.reason };
}

function newStage(stage: StageName): StageState {
  return {
    stage,
    phase: "pending",
    attempt: 0,
    mode: "full",
    ok: null,
    items: null,
    summary: null,
    error: null,
    because: [],
    startedAt: null,
    endedAt: null,
  };
}

function foldStageFact(stage: StageState, attempt: number, fact: string, event: StageEvent): StageState {
  const next = { ...stage, attempt };
  switch (fact) {
    case "replay":
      return {
        ...next,
        phase: "replaying",
        mode: event.data.mode ?? "failed-only",
        ok: null,
        error: null,
        because: [],
        endedAt: null,
      };
    case "commanded":
      // The coordinator may be quicker than the orchestrator's word that it gave the command.
      if (attempt === stage.attempt && !["pending", "replaying", "blocked"].includes(stage.phase)) return stage;
      return {
        ...next,
        phase: "commanded",
        mode: event.data.mode ?? "full",
        ok: null,
        error: null,
        because: [],
        items: null,
        startedAt: event.ts,
        endedAt: null,
      };
    case "manifest":
      return { ...next, phase: "running", items: event.data.manifest?.count ?? null };
    case "started":
      return { ...next, phase: "running", startedAt: event.ts };
    case "done":
    case "failed":
    case "cancelled":
      return {
        ...next,
        phase: fact,
        ok: fact === "done" && event.data.summary?.ok === true,
        summary: event.data.summary ?? stage.summary,
        error: event.data.error ?? null,
        endedAt: event.ts,
      };
    case "blocked":
      return { ...next, phase: "blocked", ok: false, because: event.data.because ?? [], endedAt: event.ts };
    default:
      return stage;
  }
}

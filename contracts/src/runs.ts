import type { AttemptMode, RunEvent, RunRequest, StageEvent, StageSummary } from "./messages.ts";
import { type StageName, stageNames } from "./stages.ts";
import { parseEventSubject, type RunFact, type StageFact } from "./subjects.ts";

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
  /** Of the newest attempt that ended; null when it ended without one. */
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
  /** How many replays have opened it again after its end. */
  generation: number;
  stages: StageState[];
  createdAt: string;
  /** Of the present generation. */
  startedAt: string | null;
  endedAt: string | null;
  reason: string | null;
};

/** An event of a run together with the subject it stands on. */
export type StoredEvent = { subject: string; event: RunEvent | StageEvent };

/**
 * Folds one event into a run. Pure; events must come in stream order, and one that is unknown, late or repeated
 * changes nothing. Returns null until the run's `created` event has been seen.
 */
export function foldRun(state: RunState | null, stored: StoredEvent): RunState | null {
  const address = parseEventSubject(stored.subject);
  if (address?.type === "run") {
    const event = stored.event as RunEvent;
    if (address.fact === "created") return state ?? newRun(address.run, event);
    // A fact of an earlier generation was overtaken by the replay that opened the next one.
    return state && address.generation === state.generation ? foldRunFact(state, address.fact, event) : state;
  }
  if (address?.type !== "stage" || !state) return state;
  const { stage: name, attempt, fact } = address;
  const current = state.stages.find((stage) => stage.stage === name);
  const next = current && foldStageFact(current, attempt, fact, stored.event as StageEvent);
  if (!next || next === current) return state;
  const run = { ...state, stages: state.stages.map((stage) => (stage === current ? next : stage)) };
  return fact === "replay" && isOver(run) ? reopen(run) : run;
}

/** Whether a run has ended (a replay may open it again). */
export function isOver(run: RunState): boolean {
  return run.phase === "done" || run.phase === "failed" || run.phase === "cancelled";
}

/** Whether a stage's newest attempt has ended or cannot start. */
export function isStageOver(stage: StageState): boolean {
  return hasEnded(stage) || stage.phase === "blocked";
}

/** Whether a domain service has, or will take, the newest attempt of a stage. */
export function isWorking(stage: StageState): boolean {
  return stage.phase === "commanded" || stage.phase === "running";
}

function hasEnded(stage: StageState): boolean {
  return stage.phase === "done" || stage.phase === "failed" || stage.phase === "cancelled";
}

function newRun(id: string, event: RunEvent): RunState | null {
  const request = event.data.request;
  if (!request) return null;
  return {
    id,
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

function foldRunFact(run: RunState, fact: Exclude<RunFact, "created">, event: RunEvent): RunState {
  if (isOver(run)) return run;
  if (fact === "running") {
    return { ...run, phase: run.phase === "queued" ? "running" : run.phase, startedAt: run.startedAt ?? event.ts };
  }
  if (fact === "cancelling") {
    const stages = run.stages.map((stage) => (stage.phase === "replaying" ? calledOff(stage, event.ts) : stage));
    return { ...run, stages, phase: "cancelling", reason: event.data.reason ?? null };
  }
  const ended: RunState = { ...run, phase: fact, endedAt: event.ts, reason: event.data.reason ?? run.reason };
  // A replay that was stored while the end was being decided counts as one that came right after it.
  return ended.stages.some((stage) => stage.phase === "replaying") ? reopen(ended) : ended;
}

function reopen(run: RunState): RunState {
  return { ...run, phase: "queued", generation: run.generation + 1, startedAt: null, endedAt: null, reason: null };
}

function calledOff(stage: StageState, at: string): StageState {
  return { ...stage, phase: "cancelled", ok: false, endedAt: at };
}

function foldStageFact(stage: StageState, attempt: number, fact: StageFact, event: StageEvent): StageState {
  if (attempt < stage.attempt) return stage;
  const isNew = attempt > stage.attempt;
  if (fact === "replay") {
    return isNew ? { ...opened(stage, attempt), phase: "replaying", mode: event.data.mode ?? "failed-only" } : stage;
  }
  // The first ending of an attempt stands, and what is said of it afterwards is late.
  if (!isNew && hasEnded(stage)) return stage;
  const at = event.ts;
  const open = isNew || !isWorking(stage) ? opened(stage, attempt) : stage;
  switch (fact) {
    case "commanded":
      // The coordinator may be quicker than the orchestrator's word that it gave the command.
      return {
        ...open,
        phase: open.phase === "running" ? "running" : "commanded",
        mode: event.data.mode ?? open.mode,
        startedAt: open.startedAt ?? at,
      };
    case "manifest":
      return {
        ...open,
        phase: "running",
        items: event.data.manifest?.count ?? null,
        startedAt: open.startedAt ?? at,
      };
    case "started":
      return { ...open, phase: "running", startedAt: at };
    case "blocked":
      if (isWorking(open)) return stage;
      return { ...open, phase: "blocked", ok: false, because: event.data.because ?? [], endedAt: at };
    case "cancelled":
    case "failed":
    case "done":
      return {
        ...open,
        phase: fact,
        ok: fact === "done" && event.data.summary?.ok === true,
        // Not the one of an earlier attempt: what that said of its endpoints need not be so any more.
        summary: event.data.summary ?? null,
        error: event.data.error ?? null,
        endedAt: at,
      };
  }
}

/** The stage at the beginning of an attempt; the summary of the one before stands until this one ends. */
function opened(stage: StageState, attempt: number): StageState {
  return { ...newStage(stage.stage), attempt, mode: stage.mode, summary: stage.summary };
}

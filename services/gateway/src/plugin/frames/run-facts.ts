import type { WireError } from "@proxbox/contracts/errors";
import { streamEventNames } from "@proxbox/contracts/http";
import type { StageEvent, StageResult } from "@proxbox/contracts/messages";
import { isStage, type StageName } from "@proxbox/contracts/stages";
import type { StageFact } from "@proxbox/contracts/subjects";
import type { RunStreamEvent } from "../../runs/run-events.ts";

/** The data of a result. */
export type ResultData = StageResult["data"];

/** What an event of a run says, as far as a plugin stream tells it on. */
export type RunFact =
  | { of: "request"; isDry: boolean }
  | { of: "run"; fact: "running" | "cancelling" | "done" | "failed" | "cancelled"; reason: string | null }
  | { of: "stage"; stage: StageName; attempt: number; fact: StageFact; at: string; data: StageEvent["data"] }
  | { of: "result"; stage: StageName; attempt: number; result: ResultData }
  | { of: "progress"; stage: StageName; message: string };

/** Reads an event of a run; null for one that says nothing here, or cannot be read. Pure. */
export function factOf({ name, data }: Pick<RunStreamEvent, "name" | "data">): RunFact | null {
  const told = parse(data);
  if (!told) return null;
  const [group, fact] = name.split(".");
  if (name === "run.created") return { of: "request", isDry: told.request?.options?.dry_run === true };
  if (group === "run") return isRunFact(fact) ? { of: "run", fact, reason: told.reason ?? null } : null;
  const { stage, attempt = 1 } = told;
  if (!stage || !isStage(stage)) return null;
  if (name === streamEventNames.result)
    return told.counts && told.objects ? { of: "result", stage, attempt, result: told as ResultData } : null;
  if (name === streamEventNames.progress) return { of: "progress", stage, message: told.message ?? "" };
  return group === "stage"
    ? { of: "stage", stage, attempt, fact: fact as StageFact, at: told.ts ?? "", data: told }
    : null;
}

type Told = Partial<ResultData> &
  StageEvent["data"] & {
    stage?: string;
    attempt?: number;
    ts?: string;
    reason?: string;
    request?: { options?: { dry_run?: boolean } };
    message?: string;
    error?: WireError;
  };

const runFacts = ["running", "cancelling", "done", "failed", "cancelled"] as const;

function isRunFact(fact: string | undefined): fact is (typeof runFacts)[number] {
  return runFacts.some((known) => known === fact);
}

function parse(data: string): Told | null {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === "object" && value !== null ? (value as Told) : null;
  } catch {
    return null;
  }
}

import type { StageEvent, StageResult } from "@proxbox/contracts/messages";
import type { RunStreamEvent } from "../gateway-client.ts";

/** How far one stage is, as its events tell it. */
export type StageProgress = {
  stage: string;
  total: number;
  done: number;
  objects: number;
  failed: number;
  startedAt: number;
  /** How and when it ended; null while it works. */
  ended: { how: string; at: number } | null;
};

type Told = { stage: string; ts: string };

/** Folds an event into the progress of the run's stages. Pure; instants are milliseconds. */
export function foldProgress(
  stages: ReadonlyMap<string, StageProgress>,
  event: RunStreamEvent,
): ReadonlyMap<string, StageProgress> {
  const told = event.data as Told & Partial<StageEvent["data"]> & Partial<StageResult["data"]>;
  const at = Date.parse(told.ts);
  const before = stages.get(told.stage) ?? {
    stage: told.stage,
    total: 0,
    done: 0,
    objects: 0,
    failed: 0,
    startedAt: at,
    ended: null,
  };
  const set = (more: Partial<StageProgress>) => new Map(stages).set(told.stage, { ...before, ...more });
  switch (event.event) {
    case "stage.started":
      return set({ startedAt: at });
    case "stage.manifest":
      return set({ total: told.manifest?.count ?? 0 });
    case "item.result": {
      const counts = told.counts;
      const objects = counts ? Object.values(counts).reduce((sum, count) => sum + count, 0) : 0;
      return set({
        done: before.done + 1,
        objects: before.objects + objects,
        failed: before.failed + (counts?.failed ?? 0),
      });
    }
    case "stage.done":
    case "stage.failed":
    case "stage.cancelled":
    case "stage.blocked":
      return set({ ended: { how: event.event.slice("stage.".length), at } });
    default:
      return stages;
  }
}

/** One line for a stage: bar, items, objects, rate and the time that is left at this rate. */
export function progressLine(progress: StageProgress, now: number): string {
  const { stage, total, done, objects, failed, startedAt, ended } = progress;
  const seconds = Math.max(0.001, ((ended?.at ?? now) - startedAt) / 1000);
  const width = 24;
  const filled = total === 0 ? (ended ? width : 0) : Math.round((done / total) * width);
  const left = total > done && done > 0 ? `${Math.ceil((seconds / done) * (total - done))} s left` : "";
  const state = ended ? `${ended.how} in ${seconds.toFixed(1)} s` : left;
  return [
    stage.padEnd(18),
    `${"█".repeat(filled)}${"░".repeat(width - filled)}`,
    `${done}/${total} items`.padStart(14),
    `${objects} objects`.padStart(13),
    `${Math.round(objects / seconds)}/s`.padStart(8),
    failed > 0 ? `${failed} failed` : "",
    state,
  ]
    .join("  ")
    .trimEnd();
}

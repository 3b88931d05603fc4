import type { RunIndexEntry } from "@proxbox/contracts/run-index";
import { defaultStages } from "@proxbox/contracts/stages";

type ActiveRun = { id: string; kind: string; started_at: string };

/** What `GET /sync/active` answers: the oldest run that is not over, and all of them. Nothing is refused because of one. */
export type ActiveRuns = {
  active: boolean;
  started_at: string | null;
  id: string | null;
  kind: string | null;
  runs: ActiveRun[];
};

/** The runs that are at work or wait for it, the oldest first. Pure. */
export function activeRuns(runs: readonly RunIndexEntry[]): ActiveRuns {
  const open = runs.filter(({ phase }) => phase === "queued" || phase === "running" || phase === "cancelling");
  const active = open
    .map((run) => ({ id: run.id, kind: kindOf(run), started_at: run.startedAt ?? run.createdAt }))
    .sort((left, right) => left.started_at.localeCompare(right.started_at));
  const { id = null, kind = null, started_at = null } = active[0] ?? {};
  return { active: active.length > 0, started_at, id, kind, runs: active };
}

const everyStage = defaultStages({ sync_mode_sdn: "disabled" });

function kindOf({ stages }: RunIndexEntry): string {
  const names = stages.map(({ stage }) => stage);
  return everyStage.every((stage) => names.includes(stage)) ? "full-update" : names.join(",");
}

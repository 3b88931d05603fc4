import { type Static, Type } from "@sinclair/typebox";
import { Counts, RunMode } from "./messages.ts";
import type { RunState } from "./runs.ts";

const closed = { additionalProperties: false };
const text = Type.Union([Type.String(), Type.Null()]);
const flag = Type.Union([Type.Boolean(), Type.Null()]);
const phases = <T extends string>(...values: T[]) => Type.Union(values.map((value) => Type.Literal(value)));

/**
 * A run in a list: what PBX_RUN keeps under `run.<id>` so that nobody has to read every event to list runs.
 * It may be a moment behind the events, which are the truth.
 */
export const RunIndexEntry = Type.Object(
  {
    id: Type.String(),
    phase: phases("queued", "running", "cancelling", "done", "failed", "cancelled"),
    mode: RunMode,
    origin: Type.String(),
    generation: Type.Integer({ minimum: 0 }),
    createdAt: Type.String(),
    startedAt: text,
    endedAt: text,
    reason: text,
    stages: Type.Array(
      Type.Object(
        {
          stage: Type.String(),
          phase: phases("pending", "replaying", "commanded", "running", "done", "failed", "cancelled", "blocked"),
          attempt: Type.Integer({ minimum: 0 }),
          ok: flag,
          items: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]),
          counts: Type.Union([Counts, Type.Null()]),
        },
        closed,
      ),
    ),
    seq: Type.Integer({ minimum: 0, description: "Sequence in PBX_EVT up to which the run was folded." }),
  },
  { $id: "RunIndexEntry", ...closed },
);
export type RunIndexEntry = Static<typeof RunIndexEntry>;

/** The index entry of a run that was folded up to a sequence of PBX_EVT. */
export function indexEntryOf(run: RunState, seq: number): RunIndexEntry {
  const { id, phase, generation, createdAt, startedAt, endedAt, reason } = run;
  const { mode, origin } = run.request;
  const stages = run.stages.map(({ stage, phase, attempt, ok, items, summary }) => ({
    stage,
    phase,
    attempt,
    ok,
    items,
    counts: summary?.counts ?? null,
  }));
  return { id, phase, mode, origin, generation, createdAt, startedAt, endedAt, reason, stages, seq };
}

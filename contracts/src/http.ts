import { type Static, type TSchema, Type } from "@sinclair/typebox";
import { WireError } from "./errors.ts";
import { AttemptMode, ResultState, RunMode, RunRequest, StageResult, StageSummary, ThrottleView } from "./messages.ts";
import { RunIndexEntry } from "./run-index.ts";
import { stageNames } from "./stages.ts";
import { SyncOptionsInput } from "./sync-options.ts";

const closed = { additionalProperties: false };
const open = { additionalProperties: true };
const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const instant = Type.String({ description: "UTC instant, ISO 8601." });
const literals = <T extends string>(...values: T[]) => Type.Union(values.map((value) => Type.Literal(value)));
const StageNameText = Type.Union(stageNames.map((name) => Type.Literal(name)));

/** Body of `POST /runs`. Everything may be left out: then every stage of every enabled endpoint runs, as a graph. */
export const RunOrder = Type.Object(
  {
    mode: Type.Optional(RunMode),
    stages: Type.Optional(
      Type.Array(StageNameText, { minItems: 1, uniqueItems: true, description: "Only these; default: all." }),
    ),
    options: Type.Optional(SyncOptionsInput),
  },
  { $id: "RunOrder", ...closed },
);
export type RunOrder = Static<typeof RunOrder>;

/** Answer of `POST /runs` and of `POST /runs/{id}/cancel`: the run, and where to follow it. */
export const RunAccepted = Type.Object(
  {
    id: Type.String(),
    phase: literals("queued", "running", "cancelling", "done", "failed", "cancelled"),
    request: RunRequest,
    links: Type.Object({ self: Type.String(), events: Type.String(), ws: Type.String() }, closed),
  },
  { $id: "RunAccepted", ...closed },
);
export type RunAccepted = Static<typeof RunAccepted>;

/** Answer of `GET /runs`, newest first. */
export const RunList = Type.Object({ runs: Type.Array(RunIndexEntry) }, { $id: "RunList", ...closed });
export type RunList = Static<typeof RunList>;

const attemptFields = {
  attempt: Type.Integer({ minimum: 0, description: "0: none yet." }),
  phase: literals("pending", "replaying", "commanded", "running", "done", "failed", "cancelled", "blocked"),
  mode: AttemptMode,
  ok: nullable(Type.Boolean({ description: "Everything that should be there is there; null while it is open." })),
  items: nullable(Type.Integer({ minimum: 0 })),
  summary: nullable(StageSummary),
  error: nullable(WireError),
  because: Type.Array(Type.String(), { description: "The stages whose failure blocks this one." }),
  startedAt: nullable(instant),
  endedAt: nullable(instant),
};

/** One attempt of a stage, as it ended or stands. */
export const AttemptView = Type.Object(attemptFields, { $id: "AttemptView", ...closed });
export type AttemptView = Static<typeof AttemptView>;

/** A stage: its newest attempt, and every attempt from the first on. */
export const StageView = Type.Object(
  { stage: Type.String(), ...attemptFields, attempts: Type.Array(AttemptView) },
  { $id: "StageView", ...closed },
);
export type StageView = Static<typeof StageView>;

/** Answer of `GET /runs/{id}`. */
export const RunView = Type.Object(
  {
    id: Type.String(),
    phase: literals("queued", "running", "cancelling", "done", "failed", "cancelled"),
    ok: nullable(Type.Boolean({ description: "Whether every stage is ok; null while the run is open." })),
    request: RunRequest,
    generation: Type.Integer({ minimum: 0, description: "How many replays have opened the run again." }),
    stages: Type.Array(StageView),
    createdAt: instant,
    startedAt: nullable(instant),
    endedAt: nullable(instant),
    reason: nullable(Type.String()),
    lastEventId: Type.String({ description: "Follow the events after this view by this Last-Event-ID." }),
  },
  { $id: "RunView", ...closed },
);
export type RunView = Static<typeof RunView>;

/** Answer of `GET /runs/{id}/stages/{stage}/attempts/{n}`: a page of results, in the order in which they came. */
export const AttemptResults = Type.Object(
  {
    run: Type.String(),
    stage: Type.String(),
    attempt: AttemptView,
    results: Type.Array(
      Type.Composite([
        StageResult.properties.data,
        Type.Object({ id: Type.String({ description: "Its Last-Event-ID." }), ts: instant }),
      ]),
    ),
    next: nullable(Type.Integer({ description: "`after` of the next page; null: there is none." })),
  },
  { $id: "AttemptResults", ...closed },
);
export type AttemptResults = Static<typeof AttemptResults>;

/** Query of that page; unknown parameters are ignored, here and everywhere. */
export const AttemptResultsQuery = Type.Object(
  {
    after: Type.Optional(Type.Integer({ minimum: 0, description: "`next` of the page before." })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, description: "Results on a page; default 100." })),
    state: Type.Optional(ResultState),
  },
  open,
);

/** Query of `GET /runs`. */
export const RunListQuery = Type.Object(
  { limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, description: "Default 50." })) },
  open,
);

/** Query of `/runs/{id}/events` and `/runs/{id}/ws`. */
export const FollowQuery = Type.Object(
  {
    last_event_id: Type.Optional(Type.String({ description: "For those who cannot send the header Last-Event-ID." })),
    follow: Type.Optional(Type.Boolean({ description: "Stay when the run is over, for a replay of it." })),
  },
  open,
);

/** Body of `POST /runs/{id}/stages/{stage}/replay`. */
export const ReplayOrder = Type.Object(
  { mode: Type.Optional(AttemptMode) },
  { $id: "ReplayOrder", description: "Default: failed-only.", ...closed },
);

/** Answer of a replay: the attempt that will run. */
export const ReplayAccepted = Type.Object(
  { run: Type.String(), stage: Type.String(), attempt: Type.Integer(), mode: AttemptMode },
  { $id: "ReplayAccepted", ...closed },
);
export type ReplayAccepted = Static<typeof ReplayAccepted>;

/**
 * Names of the events of a run's stream besides `run.<fact>` and `stage.<fact>`. `gap`: events between the one named by
 * Last-Event-ID and this place are no longer stored. `reset`: that id belongs to another life of the stream, and everything
 * is told again.
 */
export const streamEventNames = { result: "item.result", progress: "progress", gap: "gap", reset: "reset" } as const;

/** A frame of `/runs/{id}/ws`; SSE carries the same three as `id:`, `event:` and `data:`. */
export const StreamFrame = Type.Object(
  {
    id: nullable(Type.String({ description: "<epoch>-<sequence>." })),
    event: Type.String(),
    data: Type.Unknown({ description: "run, stage, attempt, ts, by and what the event tells." }),
  },
  { $id: "StreamFrame", ...closed },
);
export type StreamFrame = Static<typeof StreamFrame>;

/** What a client may say on `/runs/{id}/ws`. */
export const SocketCommand = Type.Object({ type: Type.Literal("cancel") }, { $id: "SocketCommand", ...closed });

/** Answer of `GET /throttle`. */
export const ThrottleReport = Type.Object(
  { resources: Type.Array(ThrottleView), message: nullable(Type.String()) },
  { $id: "ThrottleReport", ...closed },
);
export type ThrottleReport = Static<typeof ThrottleReport>;

/** Body of every refusal but that of a malformed request. */
export const Problem = Type.Object(
  {
    detail: Type.Unknown({ description: "The sentence, or an object with code and message." }),
    message: Type.String(),
    python_exception: Type.Null({ description: "Always null; older clients look for it." }),
    code: Type.Optional(Type.String()),
    next: Type.Optional(Type.String({ description: "What to do about it." })),
  },
  { $id: "Problem", ...closed },
);
export type Problem = Static<typeof Problem>;

/** One field at fault. */
export const FieldFault = Type.Object(
  {
    type: Type.String(),
    loc: Type.Array(Type.Union([Type.String(), Type.Integer()]), { description: "Where: body, query or path first." }),
    msg: Type.String(),
    input: Type.Optional(Type.Unknown()),
  },
  closed,
);
export type FieldFault = Static<typeof FieldFault>;

/** Body of a 422. */
export const InvalidRequest = Type.Object(
  { detail: Type.Array(FieldFault), message: Type.String(), python_exception: Type.Null() },
  { $id: "InvalidRequest", ...closed },
);
export type InvalidRequest = Static<typeof InvalidRequest>;

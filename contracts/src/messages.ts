import { type Static, Type } from "@sinclair/typebox";
import { Envelope } from "./envelope.ts";
import { WireError } from "./errors.ts";
import { SyncOptions } from "./sync-options.ts";

const closed = { additionalProperties: false };
const count = Type.Integer({ minimum: 0 });
const literals = <T extends string>(...values: T[]) => Type.Union(values.map((value) => Type.Literal(value)));

/** `strict`: one stage at a time in table order. `graph`: each as soon as its predecessors are over. */
export const RunMode = literals("strict", "graph");
export type RunMode = Static<typeof RunMode>;

/** `full`: every item again. `failed-only`: the items without a good result in an earlier attempt. */
export const AttemptMode = literals("full", "failed-only");
export type AttemptMode = Static<typeof AttemptMode>;

/** An endpoint that a stage must leave out, and why. */
export const BlockedEndpoint = Type.Object(
  { endpoint: Type.Integer(), name: Type.String(), because: Type.String() },
  closed,
);
export type BlockedEndpoint = Static<typeof BlockedEndpoint>;

/** The order to run one attempt of a stage; kept in PBX_CMD, where a replay reads it back. */
export const StageCommand = Envelope(
  Type.Object(
    {
      domain: Type.String(),
      mode: AttemptMode,
      options: SyncOptions,
      blocked: Type.Array(BlockedEndpoint, { description: "Endpoints whose predecessor stage failed." }),
      replayOf: Type.Optional(Type.Integer({ description: "Stream sequence of the command that is replayed." })),
    },
    closed,
  ),
  "StageCommand",
);
export type StageCommand = Static<typeof StageCommand>;

/** Data kept in the object store because it is too big for a message. */
export const BlobReference = Type.Object({ bucket: Type.String(), name: Type.String(), digest: Type.String() }, closed);
export type BlobReference = Static<typeof BlobReference>;

/** One unit of work, about 50 guests, one cluster or one endpoint. Its body's shape belongs to the stage. */
export const StageItem = Envelope(
  Type.Object(
    {
      key: Type.String(),
      domain: Type.String(),
      endpoint: Type.Union([Type.Integer(), Type.Null()], {
        description: "The Proxmox endpoint it belongs to, if one.",
      }),
      options: SyncOptions,
      body: Type.Unknown(),
    },
    closed,
  ),
  "StageItem",
);
export type StageItem = Static<typeof StageItem>;

/** What became of one object. */
export const Outcome = literals("created", "updated", "unchanged", "deleted", "failed", "skipped");
export type Outcome = Static<typeof Outcome>;

/** Why a virtual machine is not called what Proxmox calls its guest. */
export const RenamedMachine = Type.Object(
  {
    cluster: Type.String({ description: "The Proxmox cluster." }),
    original_name: Type.String({ description: "What Proxmox calls it." }),
    resolved_name: Type.String({ description: "What NetBox calls it." }),
    vmid: Type.Integer(),
    suffix_index: Type.Integer({ minimum: 1, description: "The number behind the name; 1: none." }),
    operator_renamed: Type.Boolean({ description: "Whether a person chose the name in NetBox." }),
  },
  closed,
);
export type RenamedMachine = Static<typeof RenamedMachine>;

/** What a dry run would have done to an object. */
export const Would = literals("created", "updated", "deleted");
export type Would = Static<typeof Would>;

/** One NetBox object and what became of it, and why. */
export const ObjectOutcome = Type.Object(
  {
    kind: Type.String({ description: "Kind of object, e.g. virtual-machine." }),
    name: Type.String(),
    outcome: Outcome,
    id: Type.Optional(Type.Integer({ description: "NetBox id." })),
    fields: Type.Optional(Type.Array(Type.String(), { description: "Fields that changed." })),
    reason: Type.Optional(Type.String({ description: "Why it was skipped, or a note." })),
    would: Type.Optional(Would),
    error: Type.Optional(WireError),
    renamed: Type.Optional(RenamedMachine),
  },
  closed,
);
export type ObjectOutcome = Static<typeof ObjectOutcome>;

/** How many objects had each outcome. */
export const Counts = Type.Object(
  { created: count, updated: count, unchanged: count, deleted: count, failed: count, skipped: count },
  closed,
);
export type Counts = Static<typeof Counts>;

/** `failed` also when only some of its objects failed: such an item is worked again by a failed-only replay. */
export const ResultState = literals("ok", "unchanged", "failed", "cancelled", "skipped", "blocked");
export type ResultState = Static<typeof ResultState>;

/** The one result of an item. */
export const StageResult = Envelope(
  Type.Object(
    {
      key: Type.String(),
      endpoint: Type.Union([Type.Integer(), Type.Null()]),
      state: ResultState,
      counts: Counts,
      kinds: Type.Record(Type.String(), Counts),
      objects: Type.Array(ObjectOutcome),
      omitted: Type.Integer({
        minimum: 0,
        description: "Unchanged objects left out because the message would be too big.",
      }),
      error: Type.Optional(WireError),
      ms: Type.Integer({ minimum: 0 }),
      deliveries: Type.Integer({ minimum: 0 }),
    },
    closed,
  ),
  "StageResult",
);
export type StageResult = Static<typeof StageResult>;

/** The items of one attempt: their number and keys, or where the keys are. */
export const Manifest = Type.Object(
  { count, keys: Type.Optional(Type.Array(Type.String())), keysRef: Type.Optional(BlobReference) },
  closed,
);
export type Manifest = Static<typeof Manifest>;

/** How one endpoint fared in a stage. `failed`: nothing of it could be done; `partial`: some items or objects failed. */
export const EndpointOutcome = Type.Object(
  {
    endpoint: Type.Integer(),
    name: Type.String(),
    state: literals("ok", "partial", "failed", "blocked"),
    error: Type.Optional(WireError),
  },
  closed,
);
export type EndpointOutcome = Static<typeof EndpointOutcome>;

/** What stands after an attempt, good results of earlier attempts included. */
export const StageSummary = Type.Object(
  {
    ok: Type.Boolean({ description: "Everything that should be there is there." }),
    items: count,
    counts: Counts,
    kinds: Type.Record(Type.String(), Counts),
    endpoints: Type.Array(EndpointOutcome),
    errors: Type.Array(WireError, { description: "The first errors; all of them are in the results." }),
    ms: count,
  },
  closed,
);
export type StageSummary = Static<typeof StageSummary>;

/** A fact about one attempt of a stage; which fact stands in the subject. */
export const StageEvent = Envelope(
  Type.Object(
    {
      manifest: Type.Optional(Manifest),
      summary: Type.Optional(StageSummary),
      error: Type.Optional(WireError),
      mode: Type.Optional(AttemptMode),
      because: Type.Optional(Type.Array(Type.String(), { description: "The stages that block this one." })),
    },
    closed,
  ),
  "StageEvent",
);
export type StageEvent = Static<typeof StageEvent>;

/** What was asked of a run. */
export const RunRequest = Type.Object(
  {
    mode: RunMode,
    stages: Type.Array(Type.String(), { minItems: 1 }),
    options: SyncOptions,
    origin: Type.String({ description: "Who asked: api, plugin, schedule, cli." }),
  },
  closed,
);
export type RunRequest = Static<typeof RunRequest>;

/** A fact about a run; which fact stands in the subject. */
export const RunEvent = Envelope(
  Type.Object(
    { request: Type.Optional(RunRequest), ok: Type.Optional(Type.Boolean()), reason: Type.Optional(Type.String()) },
    closed,
  ),
  "RunEvent",
);
export type RunEvent = Static<typeof RunEvent>;

/** Best-effort word from a replica at work; losing one loses nothing. */
export const ProgressEvent = Envelope(
  Type.Object({ message: Type.String(), done: Type.Optional(count), total: Type.Optional(count) }, closed),
  "ProgressEvent",
);
export type ProgressEvent = Static<typeof ProgressEvent>;

/** One NetBox request as the throttle controller sees it (core NATS). */
export const ThrottleSample = Type.Object(
  {
    status: Type.Integer({ description: "HTTP status; 0 for a connection that broke or timed out." }),
    overload: Type.Boolean(),
    ms: Type.Integer({ minimum: 0 }),
    waitedMs: Type.Integer({ minimum: 0, description: "How long it waited for its permit." }),
    objects: count,
    write: Type.Boolean(),
    kind: Type.String(),
    batch: Type.Integer({ minimum: 0, description: "Present batch size of this kind." }),
    replica: Type.String(),
  },
  { $id: "ThrottleSample", additionalProperties: false },
);
export type ThrottleSample = Static<typeof ThrottleSample>;

/** What the controller last decided and saw; kept in PBX_CFG for every gateway. */
export const ThrottleView = Type.Object(
  {
    resource: Type.String(),
    limit: Type.Integer(),
    min: Type.Integer(),
    max: Type.Integer(),
    inFlight: count,
    waiting: count,
    requestsPerSecond: Type.Number(),
    objectsPerSecond: Type.Number(),
    refusedPerSecond: Type.Number(),
    refused: Type.Integer({ description: "Refusals since the controller started." }),
    latency: Type.Object({ p50: Type.Number(), p90: Type.Number(), base: Type.Number() }, closed),
    batches: Type.Record(Type.String(), Type.Integer()),
    last: Type.Object(
      { action: literals("start", "raise", "cut", "hold", "give-back"), why: Type.String(), at: Type.String() },
      closed,
    ),
    controller: Type.String(),
    at: Type.String(),
  },
  { $id: "ThrottleView", additionalProperties: false },
);
export type ThrottleView = Static<typeof ThrottleView>;

/** The zero of counting. */
export function noCounts(): Counts {
  return { created: 0, updated: 0, unchanged: 0, deleted: 0, failed: 0, skipped: 0 };
}

/** The sum of two counts; neither is changed. */
export function addCounts(left: Counts, right: Counts): Counts {
  return {
    created: left.created + right.created,
    updated: left.updated + right.updated,
    unchanged: left.unchanged + right.unchanged,
    deleted: left.deleted + right.deleted,
    failed: left.failed + right.failed,
    skipped: left.skipped + right.skipped,
  };
}

/** The result key that speaks for a whole endpoint: under it, `failed` means that nothing of the endpoint could be done. */
export function endpointKey(endpoint: number): string {
  return `endpoint-${endpoint}`;
}

/** The result key under which a stage's `finish` reports. */
export const finishKey = "finish";

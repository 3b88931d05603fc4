import type { WireError } from "@proxbox/contracts/errors";
import {
  addCounts,
  type Counts,
  type EndpointOutcome,
  noCounts,
  type ObjectOutcome,
  type StageEvent,
  type StageSummary,
} from "@proxbox/contracts/messages";
import type { StageName } from "@proxbox/contracts/stages";
import type { StageFact } from "@proxbox/contracts/subjects";
import type { ResultData } from "../src/plugin/frames/run-facts.ts";
import type { RunStreamEvent } from "../src/runs/run-events.ts";

/** One batch of a stage as a test tells it. */
export type Batch = {
  key: string;
  objects?: readonly ObjectOutcome[];
  error?: WireError;
  state?: ResultData["state"];
  endpoint?: number | null;
};

let seq = 0;

/** An event of a run, as the hub gives it. */
export function told(name: string, data: object = {}): RunStreamEvent {
  seq += 1;
  const known = { run: "r1", stage: null, attempt: 0, ts: "2026-11-21T14:00:00.000Z", by: "vms/a" };
  const over = name === "run.done" || name === "run.failed" || name === "run.cancelled" ? true : null;
  return { seq, id: `e-${seq}`, name, data: JSON.stringify({ ...known, ...data }), over };
}

/** A fact about a stage. */
export function stageTold(
  stage: StageName,
  fact: StageFact,
  data: StageEvent["data"] = {},
  attempt = 1,
): RunStreamEvent {
  return told(`stage.${fact}`, { stage, attempt, ...data });
}

/** The result of a batch. */
export function batchTold(stage: StageName, batch: Batch, attempt = 1): RunStreamEvent {
  return told("item.result", { stage, attempt, ...resultOf(batch) });
}

/** All that is told of one attempt of a stage, from its command to its end. */
export function stageStory(
  stage: StageName,
  batches: readonly Batch[],
  { endpoints = [], end = "done", error }: { endpoints?: EndpointOutcome[]; end?: StageFact; error?: WireError } = {},
): RunStreamEvent[] {
  const results = batches.map(resultOf);
  const manifest = { count: batches.length, keys: batches.map(({ key }) => key) };
  return [
    stageTold(stage, "commanded", { mode: "full" }),
    stageTold(stage, "started", { mode: "full" }),
    stageTold(stage, "manifest", { manifest }),
    ...batches.map((batch) => batchTold(stage, batch)),
    stageTold(stage, end, { summary: summaryOf(results, endpoints), ...(error ? { error } : {}) }),
  ];
}

/** A whole run of stages, which ends as they did. */
export function runStory(stages: readonly RunStreamEvent[][], end?: "done" | "failed" | "cancelled", reason?: string) {
  const ok = stages.every((events) => JSON.parse(events.at(-1)?.data ?? "{}").summary?.ok === true);
  return [
    told("run.created", { request: { stages: [] } }),
    told("run.running"),
    ...stages.flat(),
    told(`run.${end ?? (ok ? "done" : "failed")}`, { ok, ...(reason ? { reason } : {}) }),
  ];
}

function resultOf({ key, objects = [], error, state, endpoint = 1 }: Batch): ResultData {
  const counts = countsOf(objects);
  const kinds = Object.groupBy(objects, ({ kind }) => kind);
  return {
    key,
    endpoint,
    state: state ?? (error || counts.failed > 0 ? "failed" : "ok"),
    counts,
    kinds: Object.fromEntries(Object.entries(kinds).map(([kind, some = []]) => [kind, countsOf(some)])),
    objects: [...objects],
    omitted: 0,
    ...(error ? { error } : {}),
    ms: 12,
    deliveries: 1,
  };
}

function summaryOf(results: readonly ResultData[], endpoints: EndpointOutcome[]): StageSummary {
  const kinds: Record<string, Counts> = {};
  for (const result of results)
    for (const [kind, counts] of Object.entries(result.kinds))
      kinds[kind] = addCounts(kinds[kind] ?? noCounts(), counts);
  return {
    ok: results.every(({ state }) => state !== "failed" && state !== "cancelled"),
    items: results.length,
    counts: results.map(({ counts }) => counts).reduce(addCounts, noCounts()),
    kinds,
    endpoints,
    errors: results.flatMap(({ error }) => (error ? [error] : [])),
    ms: 1_500,
  };
}

function countsOf(objects: readonly ObjectOutcome[]): Counts {
  const counts = noCounts();
  for (const { outcome } of objects) counts[outcome] += 1;
  return counts;
}

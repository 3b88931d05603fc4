import { decode, encode } from "@proxbox/contracts/envelope";
import { finishKey, StageCommand, StageEvent, type StageSummary } from "@proxbox/contracts/messages";
import { isStage } from "@proxbox/contracts/stages";
import { resultSubject, type StageFact, stageEventSubject } from "@proxbox/contracts/subjects";
import { collectResults, type Patience } from "./collect.ts";
import type { Delivery, Verdict } from "./deliveries.ts";
import { envelopeOf, type Place } from "./envelopes.ts";
import { CancelledError, SyncError, toWireError } from "./errors.ts";
import { listItems, readResult } from "./manifest.ts";
import { readLast } from "./reader.ts";
import { failedAsWhole, type ResultData, summarise } from "./results.ts";
import type { ItemReport, Stage, StageContext } from "./stage.ts";
import { type StageHost, type StageOrder, stageContext } from "./stage-context.ts";
import { storeResult } from "./store-result.ts";

const usualPatience: Patience = { quietMs: 60_000, cancelMs: 30_000 };

/**
 * Brings one attempt of a stage to its end: started, manifest, a result for every item, finish, and one closing fact.
 * All of it is in the stream, so when this process stops another one goes on where it was.
 */
export async function coordinate(
  host: StageHost,
  delivery: Delivery,
  stopping: AbortSignal,
  patience: Patience = usualPatience,
): Promise<Verdict> {
  const place = placeOf(delivery.subject);
  const tell = (fact: StageFact, data: StageEvent["data"]) => tellFact(host, place, fact, data);
  let order: StageOrder;
  try {
    order = orderOf(decode(StageCommand, delivery.data));
  } catch (error) {
    await tell("failed", { error: toWireError(error, `stage ${place.stage}`) });
    return "term";
  }
  if (await isOver(host, place)) return "ack";
  const stage = host.stages.get(place.stage);
  // A replica of an older release leaves what it does not know to a newer one.
  if (!stage && !delivery.last) return { againInMs: 5_000 };

  using cancellation = await host.cancellations.follow(place.run);
  const ends = { stopping, cancelled: cancellation.signal };
  const started = await startedAt(host, place, order);
  try {
    if (!stage) throw new SyncError("stage_unknown", `No replica knows the stage ${place.stage}.`);
    const { summary, error } = await conduct(host, stage, order, ends, patience, started);
    const fact = ends.cancelled.aborted ? "cancelled" : error ? "failed" : "done";
    await tell(fact, { summary, ...(error ? { error } : {}) });
    host.metrics.stageSeconds.observe({ stage: place.stage }, summary.ms / 1_000);
    return "ack";
  } catch (thrown) {
    if (ends.cancelled.aborted) {
      await tell("cancelled", {});
      return "ack";
    }
    if (stopping.aborted) {
      host.log.info({ event: "stage.released", ...place }, "Another replica goes on with the stage.");
      return { againInMs: 0 };
    }
    await tell("failed", { error: toWireError(thrown, `stage ${place.stage}`) });
    return "ack";
  }
}

type Ends = { stopping: AbortSignal; cancelled: AbortSignal };

async function conduct(
  host: StageHost,
  stage: Stage,
  order: StageOrder,
  ends: Ends,
  patience: Patience,
  started: number,
): Promise<{ summary: StageSummary; error?: StageEvent["data"]["error"] }> {
  const signal = AbortSignal.any([ends.stopping, ends.cancelled]);
  if (signal.aborted) throw new CancelledError("The stage was called off before it began.");
  const ctx = await stageContext(host, order, signal);
  const { items, standing } = await listItems(host, stage, order, ctx);
  ctx.log.info({ event: "stage.listed", items: items.length, standing: standing.length }, "The items are listed.");
  const collected = await collectResults(host, stage, order, items, ends, patience);
  const results = [...collected.values(), ...standing];
  if (stage.finish && !ends.cancelled.aborted) results.push(await finish(host, stage, results, ctx));
  const scope = { endpoints: ctx.endpoints, blocked: order.blocked, ms: Date.now() - started };
  const summary = summarise(results, scope);
  if (!failedAsWhole(summary)) return { summary };
  const [first] = summary.endpoints.flatMap(({ error }) => error ?? []);
  const nothing = new SyncError("endpoints_failed", "Nothing could be done for any Proxmox endpoint.");
  return { summary, error: first ?? toWireError(nothing, `stage ${stage.name}`) };
}

async function finish(host: StageHost, stage: Stage, results: ResultData[], ctx: StageContext): Promise<ResultData> {
  const subject = resultSubject(ctx.run, ctx.stage, ctx.attempt, finishKey);
  const before = await readLast(host.bus, subject);
  if (before) return readResult(before);
  const began = performance.now();
  let report: ItemReport;
  try {
    report = (await stage.finish?.(results, ctx)) ?? { objects: [] };
  } catch (thrown) {
    if (ctx.signal.aborted) throw thrown;
    report = { objects: [], error: toWireError(thrown, `the end of stage ${stage.name}`) };
  }
  await storeResult(
    host,
    ctx,
    { key: finishKey, endpoint: null, ms: performance.now() - began, deliveries: 1 },
    report,
  );
  const stored = await readLast(host.bus, subject);
  if (!stored)
    throw new SyncError("result_lost", `The result of ${subject} is not in the stream.`, { retryable: true });
  return readResult(stored);
}

function placeOf(subject: string): Place {
  const [, , , run = "", stage = "", attempt = ""] = subject.split(".");
  return { run, stage, attempt: Number(attempt) };
}

function orderOf({ run, stage, attempt, traceparent, data }: StageCommand): StageOrder {
  if (!isStage(stage)) throw new SyncError("stage_unknown", `There is no stage ${stage}.`);
  const place = { run, stage, attempt, ...(traceparent ? { traceparent } : {}) };
  return { place, mode: data.mode, options: data.options, blocked: data.blocked };
}

async function isOver(host: StageHost, { run, stage, attempt }: Place): Promise<boolean> {
  const ends = ["done", "failed", "cancelled"] as const;
  const facts = ends.map((fact) => readLast(host.bus, stageEventSubject(run, stage, attempt, fact)));
  return (await Promise.all(facts)).some((fact) => fact !== null);
}

/** When the attempt began, in milliseconds since 1970: by its first coordinator. */
async function startedAt(host: StageHost, place: Place, { mode }: StageOrder): Promise<number> {
  await tellFact(host, place, "started", { mode });
  const message = await readLast(host.bus, stageEventSubject(place.run, place.stage, place.attempt, "started"));
  return message?.time.getTime() ?? Date.now();
}

const endEvents = { done: "stage.done", failed: "stage.failed", cancelled: "stage.cancelled" } as const;

async function tellFact(host: StageHost, place: Place, fact: StageFact, data: StageEvent["data"]): Promise<void> {
  const { run, stage, attempt } = place;
  const subject = stageEventSubject(run, stage, attempt, fact);
  const message = encode(StageEvent, envelopeOf(subject, place, host.author, data));
  if (!(await host.bus.publishOnce(subject, message))) return;
  const facts = { run, stage, attempt, ...(data.summary ? { ms: data.summary.ms, ...data.summary.counts } : {}) };
  if (fact === "started") host.log.info({ event: "stage.started", ...facts }, `Stage ${stage} has started.`);
  if (!(fact in endEvents)) return;
  host.metrics.stages.inc({ stage, fact });
  const event = endEvents[fact as keyof typeof endEvents];
  if (fact === "failed")
    host.log.error({ event, ...facts, err: data.error }, data.error?.message ?? "The stage failed.");
  else host.log.info({ event, ...facts, ok: data.summary?.ok ?? false }, `Stage ${stage} is ${fact}.`);
}

import { check, decode } from "@proxbox/contracts/envelope";
import { StageItem } from "@proxbox/contracts/messages";
import { isStage } from "@proxbox/contracts/stages";
import { resultSubject } from "@proxbox/contracts/subjects";
import { endedWithin, startDeadline } from "./deadline.ts";
import type { Delivery, Verdict } from "./deliveries.ts";
import type { Place } from "./envelopes.ts";
import { CancelledError, type ProxboxError, SyncError, toError, toWireError } from "./errors.ts";
import { readLast } from "./reader.ts";
import type { ResultOf } from "./results.ts";
import { retry } from "./retry.ts";
import type { ItemReport } from "./stage.ts";
import { type StageHost, stageContext } from "./stage-context.ts";
import { storeResult } from "./store-result.ts";

/** How long one item may take, in milliseconds, overload waited out included. */
export const itemDeadlineMs = 10 * 60_000;

const graceMs = 10_000;

/** How often an item is given out before an error that another try may help fails it. */
const mostTries = 5;

/** The signals that end the work on an item, each for another reason. */
type Ends = { stopping: AbortSignal; cancelled: AbortSignal; late: AbortSignal };

/**
 * Does one item and stores its result exactly once. The item may be done more than once (when a replica dies), so
 * work must be idempotent. Overload is waited out with the item in hand; another error that a retry can help gives the
 * item back, unless it was given out often already; any other error becomes a failed result.
 */
export async function workItem(
  host: StageHost,
  delivery: Delivery,
  stopping: AbortSignal,
  deadlineMs = itemDeadlineMs,
): Promise<Verdict> {
  const started = performance.now();
  const place = placeOf(delivery.subject);
  const of = (state?: ResultOf["state"]): ResultOf => ({
    key: place.key,
    endpoint: item?.data.endpoint ?? null,
    ms: performance.now() - started,
    deliveries: delivery.deliveries,
    ...(state ? { state } : {}),
  });
  let item: StageItem | undefined;
  try {
    item = decode(StageItem, delivery.data);
  } catch (error) {
    await storeResult(host, place, of(), { objects: [], error: toWireError(error, `item ${place.key}`) });
    return "term";
  }
  const at = { ...place, ...(item.traceparent ? { traceparent: item.traceparent } : {}) };
  if (await readLast(host.bus, resultSubject(at.run, at.stage, at.attempt, at.key))) return "ack";

  using cancellation = await host.cancellations.follow(at.run);
  using deadline = startDeadline(deadlineMs);
  const ends: Ends = { stopping, cancelled: cancellation.signal, late: deadline.signal };
  host.metrics.itemsAtWork.inc({ stage: at.stage });
  try {
    if (ends.cancelled.aborted) throw new CancelledError("The run was cancelled.");
    const signal = AbortSignal.any(Object.values(ends));
    // Work that does not obey its signal must not keep the item, and with it the stage, for ever.
    const report = await endedWithin(work(host, at, item, signal), signal, graceMs);
    await storeResult(host, at, of(), report);
    return "ack";
  } catch (thrown) {
    const error = toError(thrown);
    const again = whatNext(error, ends, delivery);
    if (again === "cancelled") {
      await storeResult(host, at, of("cancelled"), { objects: [] });
      return "ack";
    }
    if (again === "failed") {
      const failure = ends.late.aborted ? tooLate(at.key, deadlineMs, error) : error;
      await storeResult(host, at, of(), { objects: [], error: toWireError(failure, `item ${at.key}`) });
      return "ack";
    }
    const event = ends.stopping.aborted ? "item.released" : "item.retry";
    const facts = { run: at.run, stage: at.stage, attempt: at.attempt, item: at.key, endpoint: item.data.endpoint };
    host.metrics.retries.inc({ what: "item" });
    host.log.info({ event, ...facts, deliveries: delivery.deliveries, err: error }, "The item will be worked again.");
    return again;
  } finally {
    host.metrics.itemsAtWork.dec({ stage: at.stage });
  }
}

function whatNext(error: ProxboxError, ends: Ends, { deliveries }: Delivery) {
  if (ends.cancelled.aborted) return "cancelled";
  if (ends.late.aborted) return "failed";
  if (ends.stopping.aborted) return { againInMs: 0 };
  // Stopped by none of our signals: a part of the work was, such as a request that ran into its own timeout.
  const worthIt = error.retryable || error instanceof CancelledError;
  if (!worthIt || deliveries >= mostTries) return "failed";
  return { againInMs: Math.min(30_000, 500 * 2 ** deliveries) * (0.5 + Math.random() / 2) };
}

async function work(host: StageHost, place: ItemPlace, item: StageItem, signal: AbortSignal): Promise<ItemReport> {
  const stage = host.stages.get(place.stage);
  if (!stage || !isStage(place.stage)) {
    const sentence = `This replica does not know the stage ${place.stage}.`;
    throw new SyncError("stage_unknown", sentence, {
      retryable: true,
      next: "Update every replica to the same release.",
    });
  }
  const body = check(stage.body, item.data.body);
  const order = {
    place: { ...place, stage: place.stage },
    mode: "full" as const,
    options: item.data.options,
    blocked: [],
  };
  const ctx = await stageContext(host, order, signal);
  const log = ctx.log.child({ item: place.key, endpoint: item.data.endpoint });
  const itemContext = { ...ctx, log, item: { key: place.key, endpoint: item.data.endpoint } };
  log.debug({ event: "item.started" }, "Working on the item.");
  return retry(() => stage.work(body, itemContext), {
    retries: Number.POSITIVE_INFINITY,
    minDelayMs: 100,
    maxDelayMs: 3_000,
    signal,
    when: (error) => error.overload,
    onRetry: (error, attempts) => {
      host.metrics.retries.inc({ what: "overload" });
      log.debug(
        { event: "item.retry", attempts, err: error },
        "The other side is overloaded; waiting with the item in hand.",
      );
    },
  });
}

type ItemPlace = Place & { key: string };

function placeOf(subject: string): ItemPlace {
  const [, , , run = "", stage = "", attempt = "", key = ""] = subject.split(".");
  return { run, stage, attempt: Number(attempt), key };
}

function tooLate(key: string, deadlineMs: number, cause: ProxboxError): SyncError {
  return new SyncError("item_deadline", `Item ${key} was not done within ${Math.round(deadlineMs / 60_000)} minutes.`, {
    cause,
    retryable: true,
    next: "Look for what was slow in the log of this run, then replay the stage with failed-only.",
  });
}

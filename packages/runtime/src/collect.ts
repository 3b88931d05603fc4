import { encode } from "@proxbox/contracts/envelope";
import { endpointKey, finishKey, StageItem } from "@proxbox/contracts/messages";
import { domainOf } from "@proxbox/contracts/stages";
import { filters, itemSubject } from "@proxbox/contracts/subjects";
import { envelopeOf } from "./envelopes.ts";
import { CancelledError } from "./errors.ts";
import { expectedKeys, readResult } from "./manifest.ts";
import { readEvents, readStored, type StoredMessage } from "./reader.ts";
import { blockedError, type ResultData } from "./results.ts";
import { sleep } from "./retry.ts";
import type { Stage, StageItemSpec } from "./stage.ts";
import type { StageHost, StageOrder } from "./stage-context.ts";
import { storeResult } from "./store-result.ts";

/** How patient a coordinator is, in milliseconds. */
export type Patience = {
  /** Without any new result for so long, items without a result are queued again in case the server lost them. */
  quietMs: number;
  /** How long items in hand may take to end after their run was cancelled. */
  cancelMs: number;
};

/**
 * What ends the collecting early: the process stops (another one goes on), or the run is cancelled (it is brought to an
 * end).
 */
export type CollectEnds = { stopping: AbortSignal; cancelled: AbortSignal };

/**
 * Sees to it that every item of an attempt gets its result, and returns them by key. It knows nothing that is not in
 * the stream: settled items are stored, those without a result queued, and then results are counted until all are
 * there. A cancelled run ends the same way, its open items with the result `cancelled`.
 * Throws CancelledError when the process stops first.
 */
export async function collectResults(
  host: StageHost,
  stage: Stage,
  order: StageOrder,
  items: readonly StageItemSpec[],
  ends: CollectEnds,
  patience: Patience,
): Promise<Map<string, ResultData>> {
  const { run, attempt } = order.place;
  const filter = filters.resultsOf(run, stage.name, attempt);
  const missing = new Set(expectedKeys(items, stage, order).filter((key) => key !== finishKey));
  const results = new Map<string, ResultData>();
  const take = (message: StoredMessage) => {
    const result = readResult(message);
    if (missing.delete(result.key)) results.set(result.key, result);
    return message.seq + 1;
  };
  let startSeq = 1;
  for await (const message of readStored(host.bus, { filter, signal: ends.stopping })) startSeq = take(message);
  await storeSettled(host, order, items, missing);
  const queue = itemQueue(host, stage, order, items);
  await queue.fill(missing, AbortSignal.any([ends.stopping, ends.cancelled]));

  const over = new AbortController();
  const tending = tend(host, order, items, queue, missing, { ...ends, over: over.signal }, patience).catch((error) => {
    over.abort(error);
    throw error;
  });
  try {
    const signal = AbortSignal.any([ends.stopping, over.signal]);
    if (missing.size > 0) {
      for await (const message of readEvents(host.bus, { filter, startSeq, signal })) {
        take(message);
        if (missing.size === 0) break;
      }
    }
  } finally {
    over.abort();
    await tending;
  }
  if (missing.size > 0) throw new CancelledError(`Stage ${stage.name} was left to another replica.`);
  return results;
}

async function storeSettled(
  host: StageHost,
  order: StageOrder,
  items: readonly StageItemSpec[],
  missing: ReadonlySet<string>,
): Promise<void> {
  const of = (key: string, endpoint: number | null) => ({ key, endpoint, ms: 0, deliveries: 0 });
  for (const spec of items) {
    if (!("report" in spec) || !missing.has(spec.key)) continue;
    await storeResult(host, order.place, of(spec.key, spec.endpoint), spec.report);
  }
  for (const { endpoint, because } of order.blocked) {
    const key = endpointKey(endpoint);
    if (!missing.has(key)) continue;
    const error = blockedError(because);
    await storeResult(host, order.place, { ...of(key, endpoint), state: "blocked" }, { objects: [], error });
  }
}

type ItemQueue = {
  /** Queues every item that is missing its result; one that is queued already is not queued twice. */
  fill(missing: ReadonlySet<string>, signal: AbortSignal): Promise<void>;
  /** Whether an item has been queued by this coordinator. */
  has(key: string): boolean;
};

const batch = 50;

function itemQueue(host: StageHost, stage: Stage, order: StageOrder, items: readonly StageItemSpec[]): ItemQueue {
  const { place, options } = order;
  const domain = domainOf(stage.name);
  const queued = new Set<string>();
  const open = items.flatMap((spec) => ("body" in spec ? [spec] : []));
  const publish = async ({ key, endpoint, body }: (typeof open)[number]) => {
    const subject = itemSubject(domain, place.run, stage.name, place.attempt, key);
    const data = { key, domain, endpoint, options, body };
    await host.bus.publishOnce(subject, encode(StageItem, envelopeOf(subject, place, host.author, data)));
    queued.add(key);
  };
  return {
    fill: async (missing, signal) => {
      const wanted = open.filter(({ key }) => missing.has(key));
      for (let from = 0; from < wanted.length && !signal.aborted; from += batch) {
        await Promise.all(wanted.slice(from, from + batch).map(publish));
      }
    },
    has: (key) => queued.has(key),
  };
}

/** What has to happen while results are awaited: items that were lost, and runs that are cancelled. */
async function tend(
  host: StageHost,
  order: StageOrder,
  items: readonly StageItemSpec[],
  queue: ItemQueue,
  missing: ReadonlySet<string>,
  ends: CollectEnds & { over: AbortSignal },
  patience: Patience,
): Promise<void> {
  const over = AbortSignal.any([ends.over, ends.stopping]);
  const wake = AbortSignal.any([over, ends.cancelled]);
  for (let before = missing.size; !wake.aborted; before = missing.size) {
    await sleep(patience.quietMs, wake).catch(() => {});
    if (!wake.aborted && missing.size === before) await queue.fill(missing, wake);
  }
  if (over.aborted) return;
  const open = () => items.filter(({ key }) => missing.has(key));
  await cancelItems(
    host,
    order,
    open().filter(({ key }) => !queue.has(key)),
  );
  await sleep(patience.cancelMs, over).catch(() => {});
  if (!over.aborted) await cancelItems(host, order, open());
}

async function cancelItems(host: StageHost, order: StageOrder, items: readonly StageItemSpec[]): Promise<void> {
  for (const { key, endpoint } of items) {
    const of = { key, endpoint, ms: 0, deliveries: 0, state: "cancelled" as const };
    await storeResult(host, order.place, of, { objects: [] });
  }
}

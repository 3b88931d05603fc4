import { check, decode, encode } from "@proxbox/contracts/envelope";
import { endpointKey, finishKey, type Manifest, StageEvent, StageResult } from "@proxbox/contracts/messages";
import { filters, isToken, stageEventSubject } from "@proxbox/contracts/subjects";
import { envelopeOf } from "./envelopes.ts";
import { SyncError, toWireError } from "./errors.ts";
import { readLast, readStored, type StoredMessage } from "./reader.ts";
import { isGood, type ResultData, resultOf } from "./results.ts";
import type { Stage, StageContext, StageItemSpec } from "./stage.ts";
import type { StageHost, StageOrder } from "./stage-context.ts";

/** What an attempt has to do: its items, and the good results of earlier attempts that stand. */
export type Listing = { items: StageItemSpec[]; standing: ResultData[] };

/**
 * The listing as it is kept in the object store beside the manifest, so that another coordinator does not list again.
 */
type StoredListing = { items: StageItemSpec[]; standing: string[] };

/**
 * The items of an attempt: listed by the stage and written down as its manifest once; afterwards always the written
 * ones.
 * Throws what the stage throws while listing, SyncError when its items cannot be used or their list was lost.
 */
export async function listItems(host: StageHost, stage: Stage, order: StageOrder, ctx: StageContext): Promise<Listing> {
  const earlier = order.mode === "failed-only" ? await earlierResults(host, order) : new Map<string, ResultData>();
  const good = new Map([...earlier].filter(([, result]) => isGood(result.state)));
  const subject = stageEventSubject(ctx.run, ctx.stage, ctx.attempt, "manifest");
  let manifest = await storedManifest(host, subject);
  if (!manifest) {
    const specs = await stage.items(ctx);
    refuseUnusable(specs, stage, order);
    // What is settled while listing is news in every attempt.
    const stands = (spec: StageItemSpec) => "body" in spec && good.has(spec.key);
    const listing = {
      items: specs.filter((spec) => !stands(spec)),
      standing: specs.filter(stands).map(({ key }) => key),
    };
    manifest = await storeManifest(host, stage, order, subject, listing);
  }
  const listing = (await host.blobs.getJson(manifest.keysRef?.name ?? "")) as StoredListing | null;
  if (!listing) {
    throw new SyncError("items_lost", `The list of items of stage ${ctx.stage} is not in the object store any more.`, {
      retryable: true,
      next: "Replay the stage.",
    });
  }
  return { items: listing.items, standing: listing.standing.flatMap((key) => good.get(key) ?? []) };
}

/** Every key of an attempt that gets a result. */
export function expectedKeys(items: readonly StageItemSpec[], stage: Stage, order: StageOrder): string[] {
  const blocked = order.blocked.map(({ endpoint }) => endpointKey(endpoint));
  return [...items.map(({ key }) => key), ...blocked, ...(stage.finish ? [finishKey] : [])];
}

/** The data of a stored result; one that cannot be read counts as failed. */
export function readResult(message: StoredMessage): ResultData {
  try {
    return decode(StageResult, message.data).data;
  } catch (error) {
    const key = message.subject.split(".").at(-1) ?? "";
    return resultOf({ key, endpoint: null, ms: 0, deliveries: 0 }, { objects: [], error: toWireError(error) });
  }
}

async function earlierResults(host: StageHost, { place }: StageOrder): Promise<Map<string, ResultData>> {
  const newest = new Map<string, ResultData>();
  for (let attempt = 1; attempt < place.attempt; attempt += 1) {
    const filter = filters.resultsOf(place.run, place.stage, attempt);
    for await (const message of readStored(host.bus, { filter })) {
      const result = readResult(message);
      newest.set(result.key, result);
    }
  }
  return newest;
}

async function storedManifest(host: StageHost, subject: string): Promise<Manifest | null> {
  const message = await readLast(host.bus, subject);
  return message ? (decode(StageEvent, message.data).data.manifest ?? null) : null;
}

const mostInlineBytes = 64 * 1024;

async function storeManifest(
  host: StageHost,
  stage: Stage,
  order: StageOrder,
  subject: string,
  listing: StoredListing,
): Promise<Manifest> {
  const { run, attempt } = order.place;
  const keysRef = await host.blobs.putJson(`items.${run}.${stage.name}.${attempt}.${crypto.randomUUID()}`, listing);
  const keys = expectedKeys(listing.items, stage, order);
  const inline = JSON.stringify(keys).length <= mostInlineBytes;
  const manifest: Manifest = { count: keys.length, keysRef, ...(inline ? { keys } : {}) };
  const event = envelopeOf(subject, order.place, host.author, { manifest });
  await host.bus.publishOnce(subject, encode(StageEvent, event));
  // Another coordinator of the same attempt may have been first; then its list is the one.
  return (await storedManifest(host, subject)) ?? manifest;
}

const largestItemBytes = 900_000;

function refuseUnusable(specs: readonly StageItemSpec[], stage: Stage, order: StageOrder): void {
  const seen = new Set<string>();
  for (const key of expectedKeys(specs, stage, order)) {
    if (!isToken(key)) throw unusable(stage, key, "is no legal key; make it with itemKey");
    if (seen.has(key)) throw unusable(stage, key, "is listed twice");
    seen.add(key);
  }
  for (const spec of specs) {
    if (!("body" in spec)) continue;
    check(stage.body, spec.body);
    if (JSON.stringify(spec.body).length > largestItemBytes) {
      throw unusable(stage, spec.key, "is too big for a message; keep what it needs in the object store");
    }
  }
}

function unusable(stage: Stage, key: string, why: string): SyncError {
  return new SyncError("bad_items", `The item "${key}" of stage ${stage.name} ${why}.`, {
    object: `stage ${stage.name}`,
  });
}

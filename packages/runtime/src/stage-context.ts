import { type Author, encode } from "@proxbox/contracts/envelope";
import { type AttemptMode, type BlockedEndpoint, ProgressEvent } from "@proxbox/contracts/messages";
import type { StageName } from "@proxbox/contracts/stages";
import { progressSubject } from "@proxbox/contracts/subjects";
import type { SyncOptions } from "@proxbox/contracts/sync-options";
import type { Blobs } from "./blobs.ts";
import type { Bus } from "./bus.ts";
import type { Cancellations } from "./cancellations.ts";
import type { Environment } from "./config.ts";
import type { Endpoints } from "./endpoints.ts";
import { envelopeOf, type Place } from "./envelopes.ts";
import { SyncError } from "./errors.ts";
import type { Logger } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { Permits } from "./permits.ts";
import type { Samples } from "./samples.ts";
import type { Shared } from "./shared.ts";
import type { Stage, StageContext } from "./stage.ts";

/** What a domain service has, and shares between its coordinators and workers. */
export type StageHost = {
  stages: ReadonlyMap<string, Stage>;
  bus: Bus;
  blobs: Blobs;
  permits: Permits;
  samples: Samples;
  metrics: Metrics;
  endpoints: Endpoints;
  cancellations: Cancellations;
  shared: Shared;
  env: Environment;
  author: Author;
  log: Logger;
};

/** Which attempt of which stage, and how it was asked for. */
export type StageOrder = {
  place: Place & { stage: StageName };
  mode: AttemptMode;
  options: SyncOptions;
  blocked: readonly BlockedEndpoint[];
};

/** Makes the context of a stage or item. Throws SyncError `netbox_not_configured` without a NetBox endpoint. */
export async function stageContext(host: StageHost, order: StageOrder, signal: AbortSignal): Promise<StageContext> {
  const { run, stage, attempt } = order.place;
  const { endpoints: configured, shared, author, log, bus, blobs, permits, samples, metrics } = host;
  const { proxmox, netbox } = await configured.enabled();
  if (!netbox) {
    throw new SyncError("netbox_not_configured", "There is no enabled NetBox endpoint to write to.", {
      next: "Add one with POST /netbox/endpoint or push it from the plugin.",
    });
  }
  const asked = order.options.proxmox_endpoint_ids;
  const blocked = new Set(order.blocked.map(({ endpoint }) => endpoint));
  const endpoints = proxmox.filter(({ id }) => !blocked.has(id) && (asked?.includes(id) ?? true));
  return {
    run,
    stage,
    attempt,
    mode: order.mode,
    options: order.options,
    signal,
    log: log.child({ run, stage, attempt }),
    replica: author.replica,
    author,
    env: host.env,
    endpoints,
    configured: proxmox.map(({ id, name }) => ({ id, name })),
    netbox,
    bus,
    blobs,
    permits,
    samples,
    metrics,
    progress: progressTeller(bus, order.place, author),
    shared: (key, create) => shared.get(key, create),
  };
}

const progressPauseMs = 1_000;

function progressTeller(bus: Bus, place: Place, author: Author): StageContext["progress"] {
  let toldAt = 0;
  return (message, done, total) => {
    const now = Date.now();
    const complete = done !== undefined && done === total;
    if (now - toldAt < progressPauseMs && !complete) return;
    toldAt = now;
    const subject = progressSubject(place.run, place.stage, place.attempt, author.replica);
    const numbers = { ...(done === undefined ? {} : { done }), ...(total === undefined ? {} : { total }) };
    bus.tell(subject, encode(ProgressEvent, envelopeOf(subject, place, author, { message, ...numbers })));
  };
}

import { join } from "node:path";
import type { Author } from "@proxbox/contracts/envelope";
import type { WireError } from "@proxbox/contracts/errors";
import type { AttemptMode, ObjectOutcome, StageResult } from "@proxbox/contracts/messages";
import { type Domain, type StageName, stagesOf } from "@proxbox/contracts/stages";
import { isToken } from "@proxbox/contracts/subjects";
import type { SyncOptions } from "@proxbox/contracts/sync-options";
import type { Static, TSchema } from "@sinclair/typebox";
import type { Blobs } from "./blobs.ts";
import type { Bus } from "./bus.ts";
import type { Environment } from "./config.ts";
import type { NetBoxEndpoint, ProxmoxEndpoint } from "./endpoints.ts";
import { ConfigError, SyncError } from "./errors.ts";
import type { Logger } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { Permits } from "./permits.ts";
import type { Samples } from "./samples.ts";

/** What came of an item: every object it looked at, and the error that ended it early, if one did. */
export type ItemReport = { objects: ObjectOutcome[]; error?: WireError };

/**
 * One item of a stage: either work to be done, or one that is settled already (an endpoint that does not answer,
 * prerequisites made while listing). `key` is unique within the stage and the same from run to run; see `itemKey`.
 */
export type StageItemSpec<B = unknown> =
  | { key: string; endpoint: number | null; body: B }
  | { key: string; endpoint: number | null; report: ItemReport };

/** Everything a stage may use. */
export type StageContext = {
  run: string;
  stage: StageName;
  attempt: number;
  mode: AttemptMode;
  options: SyncOptions;
  /** Aborted when the run is cancelled, the item's time is over or the process stops. */
  signal: AbortSignal;
  log: Logger;
  replica: string;
  author: Author;
  /** Enabled, asked for by the options, not blocked. */
  endpoints: ProxmoxEndpoint[];
  /** Every enabled endpoint, also those that this stage leaves alone. */
  configured: readonly Pick<ProxmoxEndpoint, "id" | "name">[];
  netbox: NetBoxEndpoint;
  bus: Bus;
  blobs: Blobs;
  permits: Permits;
  samples: Samples;
  metrics: Metrics;
  /** The settings of the process, for packages that have settings of their own. */
  env: Environment;
  /** Tells watchers of the run how far this is; at most one message a second is sent, the last one always. */
  progress(message: string, done?: number, total?: number): void;
  /** A value that is made once per process and key and disposed with the service, such as a client. */
  shared<T>(key: string, create: () => T): T;
};

/** The context of one item. */
export type ItemContext = StageContext & { item: { key: string; endpoint: number | null } };

/** A stage: what it works on, how one item is done, and what is left to do when all are. */
export type StageDefinition<B extends TSchema> = {
  name: StageName;
  /** The shape of an item's body; checked before it is sent and before it is worked. */
  body: B;
  /** Lists the items. Throwing fails the stage. */
  items(ctx: StageContext): Promise<StageItemSpec<Static<B>>[]>;
  /** Does one item; must be idempotent. A retryable error is tried again, any other fails the item. */
  work(body: Static<B>, ctx: ItemContext): Promise<ItemReport>;
  /** Runs once all items have a result, good ones of earlier attempts included; its report is one more result. */
  finish?(results: StageResult["data"][], ctx: StageContext): Promise<ItemReport>;
};

/** Any stage, as the runtime handles it. */
export type Stage = StageDefinition<TSchema>;

/** Declares a stage. The types of its body follow from the schema. */
export function defineStage<B extends TSchema>(definition: StageDefinition<B>): Stage {
  return definition as unknown as Stage;
}

/**
 * An item key from its parts, which may be any texts: joined by "_" where that is a legal token and shows where the
 * parts end, else a hash of them. Different parts never give the same key.
 */
export function itemKey(...parts: (string | number)[]): string {
  const texts = parts.map(String);
  const key = texts.join("_");
  if (isToken(key) && !texts.some((text) => text.includes("_")) && !key.startsWith("h-")) return key;
  return `h-${new Bun.CryptoHasher("sha256").update(JSON.stringify(texts)).digest("hex").slice(0, 16)}`;
}

/** The endpoint of an item. Throws SyncError `endpoint_gone` when it was disabled or removed meanwhile. */
export function endpointOf(ctx: ItemContext): ProxmoxEndpoint {
  const endpoint = ctx.endpoints.find((candidate) => candidate.id === ctx.item.endpoint);
  if (endpoint) return endpoint;
  throw new SyncError(
    "endpoint_gone",
    `Proxmox endpoint ${ctx.item.endpoint} was removed or disabled during the run.`,
    {
      object: `item ${ctx.item.key}`,
      next: "Start a new run.",
    },
  );
}

/**
 * Loads `<dir>/<stage>/stage.ts` for every stage of a domain; each exports its definition as `stage`.
 * Throws ConfigError when one is missing or defines another stage.
 */
export async function loadStages(domain: Domain, dir: string): Promise<Stage[]> {
  return Promise.all(stagesOf(domain).map((name) => loadStage(name, join(dir, name, "stage.ts"))));
}

async function loadStage(name: StageName, file: string): Promise<Stage> {
  if (!(await Bun.file(file).exists())) {
    throw new ConfigError("stage_missing", `The stage ${name} is in the stage table, but ${file} does not exist.`);
  }
  const { stage } = (await import(file)) as { stage?: Stage };
  if (stage?.name === name) return stage;
  throw new ConfigError("stage_missing", `${file} must export a stage named ${name} as "stage".`);
}

import type { Author } from "@proxbox/contracts/envelope";
import type { Domain } from "@proxbox/contracts/stages";
import { openBlobs } from "./blobs.ts";
import type { Bus } from "./bus.ts";
import { watchCancellations } from "./cancellations.ts";
import type { Environment } from "./config.ts";
import { openEndpoints } from "./endpoints.ts";
import type { Logger } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import { createPermits } from "./permits.ts";
import { createSamples } from "./samples.ts";
import type { ServiceConfig } from "./settings.ts";
import { createShared } from "./shared.ts";
import type { Stage } from "./stage.ts";
import type { StageHost } from "./stage-context.ts";
import type { Vault } from "./vault.ts";

/** What a domain service is made of. */
export type StageServiceParts = {
  domain: Domain;
  stages: readonly Stage[];
  config: ServiceConfig;
  env: Environment;
  log: Logger;
  bus: Bus;
  vault: Vault;
  /** What the service does beside its stages; resolves when the signal is aborted and what it had in hand is done. */
  listen?: ((host: StageHost, draining: AbortSignal) => Promise<void>) | undefined;
};

/** Makes what the coordinators and workers of a domain service share. Disposing it disposes the clients made in it. */
export function openStageHost(parts: StageServiceParts, metrics: Metrics): StageHost & AsyncDisposable {
  const { domain, config, env, log, bus } = parts;
  const author: Author = { svc: domain, replica: config.PROXBOX_REPLICA, build: config.PROXBOX_BUILD };
  const requestTimeoutMs = config.PROXBOX_NETBOX_TIMEOUT_SECONDS * 1_000;
  const shared = createShared(log);
  const cancellations = watchCancellations(bus, log);
  return {
    stages: new Map(parts.stages.map((stage) => [stage.name, stage])),
    bus,
    blobs: openBlobs(bus),
    permits: createPermits(bus, { requestTimeoutMs, log, metrics }),
    samples: createSamples(bus, author.replica),
    metrics,
    env,
    endpoints: openEndpoints(bus, parts.vault),
    cancellations,
    shared,
    author,
    log,
    [Symbol.asyncDispose]: async () => {
      await cancellations[Symbol.asyncDispose]();
      await shared[Symbol.asyncDispose]();
    },
  };
}

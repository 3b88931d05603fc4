import { consumerNames, names } from "@proxbox/contracts/streams";
import { openBucket } from "./buckets.ts";
import { type Bus, busOptions, connectBus } from "./bus.ts";
import { coordinate } from "./coordinator.ts";
import { type DeliveryOptions, handleDeliveries } from "./deliveries.ts";
import { createHealth, serveHealth } from "./health.ts";
import { createLogger, type Logger } from "./log.ts";
import { createLogForward } from "./log-forward.ts";
import { createMetrics } from "./metrics.ts";
import { sleep } from "./retry.ts";
import { readServiceConfig } from "./settings.ts";
import { loadStages } from "./stage.ts";
import type { StageHost } from "./stage-context.ts";
import { openStageHost, type StageServiceParts } from "./stage-host.ts";
import { ensureStreams, keepStreams, streamChoices } from "./streams.ts";
import { openVault } from "./vault.ts";
import { version } from "./version.ts";
import { workItem } from "./worker.ts";

/**
 * A running domain service. Disposing it drains: it takes nothing new, gives its stages to other replicas at once, and
 * lets the items in hand end for PROXBOX_DRAIN_SECONDS before it gives them back too.
 */
export type StageService = AsyncDisposable & {
  /** The port of /health, /ready and /metrics; null: not served. */
  readonly healthPort: number | null;
};

/** Which domain service to open, where its stages are (`<dir>/<stage>/stage.ts`), and what else it does. */
export type StageServiceOptions = Pick<StageServiceParts, "domain" | "env" | "listen"> & {
  dir: string;
  signal: AbortSignal;
};

/**
 * Opens a domain service: settings, log, bus, streams, vault, stages, loops, health. `signal` ends a start that waits.
 * Throws ConfigError when it cannot start as it is configured.
 */
export async function openStageService(options: StageServiceOptions): Promise<StageService> {
  const { domain, dir, env, signal, listen } = options;
  const config = readServiceConfig(env);
  const replica = config.PROXBOX_REPLICA;
  const forward = createLogForward(domain);
  const log = createLogger({ service: domain, replica, level: config.PROXBOX_LOG_LEVEL, forward });
  const stages = await loadStages(domain, dir);
  await using starting = new AsyncDisposableStack();
  const bus = starting.use(await connectBus(busOptions(config, `${domain}/${replica}`, signal), log));
  await ensureStreams(bus, streamChoices(config));
  starting.use(forward.begin(bus));
  const key = { text: config.PROXBOX_ENCRYPTION_KEY, file: config.PROXBOX_ENCRYPTION_KEY_FILE };
  const vault = await openVault({ bucket: openBucket(bus, names.settings), key, log });
  const service = starting.use(await createStageService({ domain, stages, config, env, log, bus, vault, listen }));
  const running = starting.move();
  return { healthPort: service.healthPort, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

/** Starts the loops and the health port of a domain service on a bus that stays the caller's. */
export async function createStageService(parts: StageServiceParts): Promise<StageService> {
  const { domain, config, log, bus } = parts;
  const state = { draining: false };
  await using starting = new AsyncDisposableStack();
  const metrics = createMetrics(domain);
  const checks = {
    bus: () => bus.connected() || "The connection to nats-server is lost; it is being made again.",
    draining: () => !state.draining || "The service is stopping.",
  };
  const health = createHealth({ service: domain, version, metrics, checks });
  const port = config.PROXBOX_HEALTH_PORT;
  const served =
    port === undefined ? null : starting.use(serveHealth({ port, host: config.PROXBOX_HEALTH_HOST, health }));
  starting.defer(keepStreams(bus, streamChoices(config)));
  const host = starting.use(openStageHost(parts, metrics));
  starting.use(startLoops(host, parts, () => (state.draining = true)));
  // Ready means that whoever asks from now on is heard.
  if (parts.listen) await bus.attempt("Listening", () => bus.nc.flush());
  log.info(
    { event: "service.started", version, health: served?.port ?? null, stages: [...host.stages.keys()] },
    "Ready.",
  );
  const running = starting.move();
  return { healthPort: served?.port ?? null, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

const coordinators = 2;
const releaseMs = 3_000;

function startLoops(host: StageHost, parts: StageServiceParts, onStop: () => void): AsyncDisposable {
  const { bus, log } = host;
  const { domain, config, listen } = parts;
  const draining = new AbortController();
  const stopping = new AbortController();
  const loops = Promise.all([
    keepTaking(bus, {
      stream: names.commands,
      consumer: consumerNames.commandsOf(domain),
      concurrency: coordinators,
      signal: draining.signal,
      log,
      // Another replica goes on with a stage without loss, so it is not waited for.
      handle: (delivery) => coordinate(host, delivery, draining.signal),
    }),
    keepTaking(bus, {
      stream: names.items,
      consumer: consumerNames.itemsOf(domain),
      concurrency: config.PROXBOX_ITEM_WORKERS,
      signal: draining.signal,
      log,
      handle: (delivery) => workItem(host, delivery, stopping.signal),
    }),
    listen ? keepGoing(bus, log, draining.signal, domain, () => listen(host, draining.signal)) : null,
  ]);
  return {
    [Symbol.asyncDispose]: async () => {
      onStop();
      log.info({ event: "service.stopping" }, "Finishing the work in hand.");
      draining.abort();
      const over = new AbortController();
      const ended = loops.finally(() => over.abort());
      await sleep(config.PROXBOX_DRAIN_SECONDS * 1_000, over.signal).catch(() => {});
      stopping.abort();
      // Without a server nothing can be given back; it takes it back by itself when the connection is gone.
      await Promise.race([ended, Bun.sleep(releaseMs)]);
      log.info({ event: "service.stopped" }, "Nothing is taken any more.");
    },
  };
}

function keepTaking(bus: Bus, options: DeliveryOptions): Promise<void> {
  return keepGoing(bus, options.log, options.signal, options.consumer, () => handleDeliveries(bus, options));
}

// A loop may end only because it was told to.
async function keepGoing(
  bus: Bus,
  log: Logger,
  signal: AbortSignal,
  what: string,
  loop: () => Promise<void>,
): Promise<void> {
  while (!signal.aborted && !bus.closing.aborted) {
    try {
      await loop();
    } catch (error) {
      log.error({ event: "bus.loop", consumer: what, err: error }, "Taking messages failed; again.");
      await sleep(2_000, signal).catch(() => {});
    }
  }
}

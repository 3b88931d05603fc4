import { consumerNames, names } from "@proxbox/contracts/streams";
import { openBucket } from "@proxbox/runtime/buckets";
import { type Bus, busOptions, connectBus } from "@proxbox/runtime/bus";
import type { Environment } from "@proxbox/runtime/config";
import { type Delivery, handleDeliveries } from "@proxbox/runtime/deliveries";
import { createHealth, serveHealth } from "@proxbox/runtime/health";
import { createLogger } from "@proxbox/runtime/log";
import { createLogForward } from "@proxbox/runtime/log-forward";
import { createMetrics } from "@proxbox/runtime/metrics";
import { sleep } from "@proxbox/runtime/retry";
import { ensureStreams, keepStreams, streamChoices } from "@proxbox/runtime/streams";
import { version } from "@proxbox/runtime/version";
import { readOrchestratorConfig } from "./config.ts";
import { recordDeadLetter } from "./dead-letters.ts";
import { createPublisher } from "./publisher.ts";
import { createOrder, type Order } from "./runs/order.ts";
import { keepWithin, runThrottle } from "./throttle/throttle.ts";

const service = "orchestrator";
const sweepEveryMs = 5_000;
const mostDeliveries = 10;
const releaseMs = 3_000;

/** A running orchestrator. Disposing it finishes what is in hand and leaves the rest to another, or to the next start. */
export type Orchestrator = AsyncDisposable & {
  /** The port of /health, /ready and /metrics; null: not served. */
  readonly healthPort: number | null;
};

/**
 * Starts an orchestrator: the order of stages and runs, replay, cancellation, dead letters, the throttle. Any number may
 * run at once. `signal` ends a start that waits.
 * Throws ConfigError when it cannot start as it is configured.
 */
export async function createOrchestrator(env: Environment, signal: AbortSignal): Promise<Orchestrator> {
  const config = readOrchestratorConfig(env);
  const replica = config.PROXBOX_REPLICA;
  const forward = createLogForward(service);
  const log = createLogger({ service, replica, level: config.PROXBOX_LOG_LEVEL, forward });
  const metrics = createMetrics(service);
  await using starting = new AsyncDisposableStack();
  const bus = starting.use(await connectBus(busOptions(config, `${service}/${replica}`, signal), log));
  await ensureStreams(bus, streamChoices(config));
  starting.defer(keepStreams(bus, streamChoices(config)));
  starting.use(forward.begin(bus));

  const stopping = new AbortController();
  const { signal: until } = stopping;
  const checks = {
    bus: () => bus.connected() || "The connection to nats-server is lost; it is being made again.",
    stopping: () => !until.aborted || "The service is stopping.",
  };
  const health = createHealth({ service, version, metrics, checks });
  const { PROXBOX_HEALTH_PORT: port, PROXBOX_HEALTH_HOST: host } = config;
  const served = port === undefined ? null : starting.use(serveHealth({ port, host, health }));

  const publisher = createPublisher(bus, { svc: service, replica, build: config.PROXBOX_BUILD });
  const order = createOrder({ bus, runs: openBucket(bus, names.runs), publisher, metrics });
  const bounds = { min: config.PROXBOX_NETBOX_MIN_CONCURRENT, max: config.PROXBOX_NETBOX_MAX_CONCURRENT };
  await keepWithin(bus, { bounds, metrics });
  const loops = Promise.all([
    hear(bus, names.events, consumerNames.runFacts, until, ({ subject }) => order.heard(subject)),
    hear(bus, names.events, consumerNames.stageFacts, until, ({ subject }) => order.heard(subject)),
    hear(bus, names.advisories, consumerNames.deadLetters, until, ({ data }) =>
      recordDeadLetter({ bus, publisher, metrics }, data),
    ),
    sweepNowAndThen(bus, order, until),
    runThrottle(bus, { replica, bounds, metrics }, until),
  ]);
  starting.defer(async () => {
    stopping.abort();
    // Without a server what is in hand cannot be finished; it comes again.
    await Promise.race([loops, Bun.sleep(releaseMs)]);
    log.info({ event: "service.stopped" }, "Nothing is in hand any more.");
  });
  log.info({ event: "service.started", version, health: served?.port ?? null }, "Ready.");
  const running = starting.move();
  return { healthPort: served?.port ?? null, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

/** One message at a time, in order; one that fails ten times must not hold up the others, and the sweep comes by anyway. */
function hear(
  bus: Bus,
  stream: string,
  consumer: string,
  signal: AbortSignal,
  handle: (delivery: Delivery) => Promise<void>,
): Promise<void> {
  const { log } = bus;
  return handleDeliveries(bus, {
    stream,
    consumer,
    concurrency: 1,
    signal,
    log,
    handle: async (delivery) => {
      try {
        await handle(delivery);
      } catch (error) {
        if (delivery.deliveries < mostDeliveries || signal.aborted) throw error;
        log.error({ event: "bus.loop", subject: delivery.subject, err: error }, "A message was given up.");
      }
      return "ack";
    },
  });
}

async function sweepNowAndThen(bus: Bus, order: Order, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await order
      .sweep()
      .catch((error) => bus.log.error({ event: "run.swept", err: error }, "Runs could not be looked through."));
    await sleep(sweepEveryMs, signal).catch(() => {});
  }
}

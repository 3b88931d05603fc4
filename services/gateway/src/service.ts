import { names } from "@proxbox/contracts/streams";
import { openBucket } from "@proxbox/runtime/buckets";
import { busOptions, connectBus } from "@proxbox/runtime/bus";
import type { Environment } from "@proxbox/runtime/config";
import { ConfigError } from "@proxbox/runtime/errors";
import { createHealth } from "@proxbox/runtime/health";
import { createLogger } from "@proxbox/runtime/log";
import { createLogForward } from "@proxbox/runtime/log-forward";
import { createMetrics } from "@proxbox/runtime/metrics";
import { ensureStreams, keepStreams, streamChoices } from "@proxbox/runtime/streams";
import { openVault } from "@proxbox/runtime/vault";
import { version } from "@proxbox/runtime/version";
import { openKeyStore, rememberKeys } from "./access/key-store.ts";
import { openLockouts } from "./access/lockouts.ts";
import { createApp } from "./app.ts";
import { readGatewayConfig } from "./config.ts";
import { openEndpointStore } from "./endpoints/endpoint-store.ts";
import { inTime } from "./in-time.ts";
import { createLogBook } from "./logs/log-book.ts";
import { openWishes } from "./plugin/wishes/wishes.ts";
import { createHub } from "./runs/hub.ts";
import { openRunStore } from "./runs/run-store.ts";
import { readCertificate } from "./tls.ts";

const service = "gateway";
/** How long a caller waits for a bus that has stopped answering. */
const patienceMs = 10_000;

/** A running gateway. Disposing it ends every connection. */
export type Gateway = AsyncDisposable & { readonly port: number; readonly url: string };

/**
 * Starts a gateway; `signal` ends a start that waits for nats-server. Any number may run beside each other, on a port each.
 * Throws ConfigError when it cannot start as it is configured, or its port is taken.
 */
export async function createGateway(env: Environment, signal: AbortSignal): Promise<Gateway> {
  const config = readGatewayConfig(env);
  const replica = config.PROXBOX_REPLICA;
  const forward = createLogForward(service);
  const log = createLogger({ service, replica, level: config.PROXBOX_LOG_LEVEL, forward });
  const metrics = createMetrics(service);
  await using starting = new AsyncDisposableStack();
  const bus = starting.use(await connectBus(busOptions(config, `${service}/${replica}`, signal), log));
  await ensureStreams(bus, streamChoices(config));
  starting.defer(keepStreams(bus, streamChoices(config)));
  starting.use(forward.begin(bus));
  const settings = openBucket(bus, names.settings);
  const key = { text: config.PROXBOX_ENCRYPTION_KEY, file: config.PROXBOX_ENCRYPTION_KEY_FILE };
  const vault = await openVault({ bucket: settings, key, log });
  const keyCache = rememberKeys(settings, vault);
  const hub = starting.use(createHub(bus));
  const logs = starting.use(createLogBook(bus));
  const checks = { bus: () => bus.connected() || "The connection to nats-server is lost; it is being made again." };
  const author = { svc: service, replica, build: config.PROXBOX_BUILD };
  const bucket = openBucket(bus, names.runs);
  const runs = inTime(openRunStore(bus, bucket, author), patienceMs);
  const graceMs = config.PROXBOX_DISCONNECT_GRACE_SECONDS * 1_000;
  const { get, create, update, put, delete: drop } = bucket;
  const inTimeBucket = inTime({ get, create, update, put, delete: drop }, patienceMs);
  const wishes = starting.use(openWishes({ bucket: inTimeBucket, runs, graceMs, log }));
  const app = createApp({
    config,
    log,
    metrics,
    health: createHealth({ service, version, metrics, checks }),
    bus,
    hub,
    settings: inTime({ get: settings.get }, patienceMs),
    vault,
    keys: inTime(openKeyStore(settings, vault, keyCache), patienceMs),
    keyCache,
    logs: { ...logs, ...inTime({ stored: logs.stored }, patienceMs) },
    lockouts: inTime(openLockouts(openBucket(bus, names.lockouts)), patienceMs),
    endpoints: inTime(openEndpointStore(settings, vault, config.PROXBOX_ALLOW_LOOPBACK_TARGETS), patienceMs),
    runs,
    wishes,
  });

  const { PORT, PROXBOX_BIND_HOST: hostname } = config;
  const tls = await readCertificate(config);
  try {
    app.listen({ port: PORT, hostname, ...(tls ? { tls } : {}) });
  } catch (cause) {
    throw new ConfigError(
      "port_taken",
      `The gateway cannot listen on ${hostname} port ${PORT}: it is in use or not ours.`,
      {
        cause,
        next: "End what listens there, or set PORT to a free port.",
      },
    );
  }
  starting.defer(async () => {
    await app.server?.stop(true);
  });
  const port = app.server?.port ?? PORT;
  const url = `${tls ? "https" : "http"}://${hostname === "0.0.0.0" || hostname === "::" ? "127.0.0.1" : hostname}:${port}`;
  log.info({ event: "service.started", version, port }, `Listening on port ${port}.`);
  const running = starting.move();
  return { port, url, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

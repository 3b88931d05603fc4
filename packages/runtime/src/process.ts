import type { Environment } from "./config.ts";
import { CancelledError, ConfigError } from "./errors.ts";
import { createLogger } from "./log.ts";

/** Makes a running service of the environment; `signal` is aborted when the process is told to stop while it starts. */
export type CreateService = (env: Environment, signal: AbortSignal) => Promise<AsyncDisposable>;

/** Beyond the time for draining, what closing connections may take. */
const closingMs = 10_000;

/**
 * Runs a service as this process: starts it, waits for SIGTERM or SIGINT, lets it drain, and ends. Exit codes: 0 after
 * an orderly stop, 1 when it cannot start (one sentence on standard error, no stack), when it fails, or when it does
 * not end in time. A second signal ends it at once.
 */
export async function runService(name: string, create: CreateService): Promise<void> {
  const log = createLogger({
    service: name,
    replica: process.env.PROXBOX_REPLICA ?? String(process.pid),
    level: "info",
  });
  const fail = (error: unknown) => {
    log.error({ event: "service.failed", err: error }, "The process ends because of an unexpected failure.");
    process.exit(1);
  };
  process.on("unhandledRejection", fail);
  process.on("uncaughtException", fail);

  const stop = new AbortController();
  const onSignal = (signal: NodeJS.Signals) => {
    if (stop.signal.aborted) process.exit(1);
    log.info({ event: "service.stopping", signal }, `${signal} was received.`);
    stop.abort();
    const drainMs = Number(process.env.PROXBOX_DRAIN_SECONDS ?? 25) * 1_000;
    setTimeout(() => fail(new Error("The service did not end in time.")), drainMs + closingMs).unref();
  };
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);

  try {
    await using _service = await create(process.env, stop.signal);
    await aborted(stop.signal);
  } catch (error) {
    const stopped = error instanceof CancelledError && stop.signal.aborted;
    if (error instanceof ConfigError) refuse(error);
    else if (!stopped) fail(error);
  }
  // Whatever still waits must not keep a stopped process alive.
  process.exit();
}

function refuse(error: ConfigError): void {
  process.stderr.write(`${[error.message, error.next].filter(Boolean).join("\n")}\n`);
  process.exitCode = 1;
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => resolve(), { once: true });
  await promise;
}

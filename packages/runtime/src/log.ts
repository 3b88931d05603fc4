import { ContractError } from "@proxbox/contracts/errors";
import { type DestinationStream, type LoggerOptions, type Logger as PinoLogger, pino } from "pino";
import { ProxboxError, toWireError } from "./errors.ts";
import { hidden, hideInText, isSecretField } from "./hide-in-text.ts";

/** Every fact that is logged, one name per fact. Add a name here before logging it. */
export type LogEvent =
  | "service.started"
  | "service.stopping"
  | "service.stopped"
  | "service.failed"
  | "bus.waiting"
  | "bus.connected"
  | "bus.disconnected"
  | "bus.retry"
  | "bus.streams"
  | "bus.loop"
  | "vault.opened"
  | "lease.gained"
  | "lease.lost"
  | "stage.started"
  | "stage.listed"
  | "stage.done"
  | "stage.failed"
  | "stage.cancelled"
  | "stage.released"
  | "item.started"
  | "item.done"
  | "item.failed"
  | "item.retry"
  | "item.cancelled"
  | "item.released"
  | "object.failed"
  | "permit.lost"
  | "netbox.version"
  | "netbox.batch"
  | "netbox.refused"
  | "netbox.bisected"
  | "netbox.retry"
  | "journal.failed"
  | "throttle.changed"
  | "throttle.failed"
  | "run.created"
  | "run.started"
  | "run.done"
  | "run.failed"
  | "run.cancelled"
  | "run.replayed"
  | "run.swept"
  | "run.unwanted"
  | "stage.commanded"
  | "stage.blocked"
  | "dead-letter.recorded"
  | "dead-letter.failed"
  | "http.request"
  | "http.failed"
  | "endpoint.changed"
  | "key.changed"
  | "key.refused"
  | "cache.cleared"
  | "sse.opened"
  | "sse.closed"
  | "ws.opened"
  | "ws.closed"
  | "ask.dropped"
  | "live.answered"
  | "live.failed";

/** A logged fact: its event and whatever identifies what it happened to. `err` takes anything thrown. */
export type Fact = {
  event: LogEvent;
  run?: string;
  stage?: string;
  attempt?: number;
  item?: string;
  endpoint?: number | string | null;
  object?: string;
  /** Elapsed time in milliseconds. */
  ms?: number;
  err?: unknown;
  [more: string]: unknown;
};

type Write = (fact: Fact, sentence: string) => void;

/** Writes facts as JSON lines; `child` adds fields to every line. */
export type Logger = {
  debug: Write;
  info: Write;
  warn: Write;
  error: Write;
  child(fields: Record<string, unknown>): Logger;
};

/** The levels of PROXBOX_LOG_LEVEL. */
export const logLevels = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

/** Who logs, from which level on, and where to (standard output when left out). `forward` gets every line from `info` on. */
export type LogOptions = {
  service: string;
  replica: string;
  level: LogLevel;
  destination?: DestinationStream;
  forward?: DestinationStream;
};

// Written at once: otherwise the last words of a process that fails are lost, in one of ten cases (pino 10.4, Bun 1.4.5).
const standardOutput = { dest: 1, sync: true };

/**
 * Creates the logger of a process. Secrets are replaced by `[hidden]`, by the name of their field and by their shape.
 */
export function createLogger({
  service,
  replica,
  level,
  destination = pino.destination(standardOutput),
  forward,
}: LogOptions): Logger {
  const options: LoggerOptions = {
    level: forward && level !== "debug" ? "info" : level,
    base: { service, replica },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: {
      level: (label: string) => ({ level: label }),
      bindings: (fields: Record<string, unknown>) => hideSecrets(fields) as Record<string, unknown>,
      log: (fact: Record<string, unknown>) => hideSecrets(fact) as Record<string, unknown>,
    },
    // Ours has already made plain data of the error.
    serializers: { err: (error: unknown) => error },
    hooks: {
      logMethod(this: PinoLogger, args: unknown[], write: (...args: [unknown, string]) => void) {
        write.call(this, args[0], hideInText(String(args[1])));
      },
    },
  };
  const everywhere = forward
    ? pino.multistream([
        { level, stream: destination },
        { level: "info", stream: forward },
      ])
    : destination;
  return pino(options, everywhere) as unknown as Logger;
}

/** A copy of a value without secrets, errors made plain data. Values nested deeper than 8 levels are left out. */
export function hideSecrets(value: unknown, depth = 0): unknown {
  if (typeof value === "string") return hideInText(value);
  if (value === null || typeof value !== "object") return value;
  if (depth > 8) return "[too deep]";
  if (value instanceof Error) return hideSecrets(describeError(value), depth + 1);
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return `[${value.byteLength} bytes]`;
  if (Array.isArray(value)) return value.map((entry) => hideSecrets(entry, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]) => [
      name,
      isSecretField(name) && typeof entry === "string" && entry !== "" ? hidden : hideSecrets(entry, depth + 1),
    ]),
  );
}

function describeError(error: Error): object {
  if (error instanceof ProxboxError || error instanceof ContractError) {
    return { type: error.name, ...toWireError(error), ...(error.code === "internal" ? { stack: stackOf(error) } : {}) };
  }
  return { type: error.name, message: error.message, stack: stackOf(error) };
}

function stackOf(error: Error): string | undefined {
  return error.cause instanceof Error ? error.cause.stack : error.stack;
}

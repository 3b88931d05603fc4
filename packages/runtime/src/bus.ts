import { type JetStreamClient, type JetStreamManager, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { headers, type NatsConnection } from "@nats-io/nats-core";
import { streams } from "@proxbox/contracts/streams";
import { apiCodes, busError, hasApiCode } from "./bus-errors.ts";
import { type BusOptions, endConnection, firstConnection, inboxPrefixOf } from "./connection.ts";
import type { Logger } from "./log.ts";
import { retry } from "./retry.ts";
import type { BusConfig } from "./settings.ts";

/** The connection to nats-server, and the few ways we publish. Once connected it reconnects for ever. */
export type Bus = AsyncDisposable & {
  readonly nc: NatsConnection;
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  readonly log: Logger;
  readonly serverVersion: string;
  /** What the names of our inboxes begin with: a restricted user may listen to no others. */
  readonly inboxPrefix: string;
  /** Aborted when the bus is closed. */
  readonly closing: AbortSignal;
  /**
   * Stores a message unless its subject has one already. True: this call stored it; false: it was there.
   * Waits for a server that does not answer. Throws CancelledError when the bus is closed, ProxboxError when refused.
   */
  publishOnce(subject: string, data: Uint8Array, options?: { headers?: Record<string, string> }): Promise<boolean>;
  /** Stores a message; otherwise like `publishOnce`. `signal` ends the wait for a server that does not answer. */
  publish(subject: string, data: Uint8Array, signal?: AbortSignal): Promise<void>;
  /** Tells whoever listens, without waiting. Never throws; a message told while disconnected may be lost. */
  tell(subject: string, data: Uint8Array): void;
  /** Does a call of the server again until it answers, or `signal` is aborted. Same errors as `publishOnce`. */
  attempt<T>(doing: string, call: (attempt: number) => Promise<T>, signal?: AbortSignal): Promise<T>;
  connected(): boolean;
  /** Calls `listener` after every reconnection; returns what takes it off again. */
  onReconnect(listener: () => void): () => void;
};

/** The options of a bus from the settings of a process. */
export function busOptions(config: BusConfig, name: string, signal?: AbortSignal): BusOptions {
  return {
    servers: config.NATS_URL.split(",").map((server) => server.trim()),
    name,
    user: config.NATS_USER,
    password: config.NATS_PASSWORD,
    nkeySeed: config.NATS_NKEY_SEED,
    waitSeconds: config.PROXBOX_NATS_WAIT_SECONDS,
    ...(signal ? { signal } : {}),
  };
}

/**
 * Connects to nats-server, waiting for one that does not answer yet.
 * Throws ConfigError when it has not answered in time or refuses the user, CancelledError when the signal is aborted.
 */
export async function connectBus(options: BusOptions, log: Logger): Promise<Bus> {
  const nc = await firstConnection(options, log);
  // A request in flight when the server dies is given up after this time, and then made again.
  const timeout = 2_000;
  const js = jetstream(nc, { timeout });
  const jsm = await jetstreamManager(nc, { checkAPI: false, timeout });
  const closing = new AbortController();
  const listeners = new Set<() => void>();
  let connected = true;

  const watchConnection = async () => {
    for await (const status of nc.status()) {
      if (status.type === "disconnect" && connected) {
        connected = false;
        log.warn({ event: "bus.disconnected", server: status.server }, "The connection to nats-server is lost.");
      }
      if (status.type === "reconnect") {
        connected = true;
        log.info({ event: "bus.connected", server: status.server }, "Connected to nats-server again.");
        for (const listener of [...listeners]) listener();
      }
    }
  };
  const watching = watchConnection().catch((error) =>
    log.error({ event: "bus.disconnected", err: error }, "The connection to nats-server is no longer watched."),
  );

  const onReconnect: Bus["onReconnect"] = (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };

  const attempt: Bus["attempt"] = (doing, call, signal) =>
    retry(
      async (count) => {
        const { promise: lost, reject } = Promise.withResolvers<never>();
        // An answer that was under way when the connection broke does not come; waiting for it would only cost time.
        const off = onReconnect(() => reject(new Error("the connection was lost meanwhile")));
        try {
          return await Promise.race([call(count), lost]);
        } catch (thrown) {
          throw busError(thrown, doing);
        } finally {
          off();
        }
      },
      {
        retries: Number.POSITIVE_INFINITY,
        minDelayMs: 50,
        maxDelayMs: 2_000,
        signal: signal ? AbortSignal.any([closing.signal, signal]) : closing.signal,
        onRetry: (error, count) => {
          if (count === 2 || count % 10 === 0)
            log.warn({ event: "bus.retry", attempts: count, err: error }, error.message);
        },
      },
    );

  const publishOnce: Bus["publishOnce"] = (subject, data, { headers: fields = {} } = {}) =>
    attempt(`Publishing ${subject}`, async (count) => {
      const head = headers();
      for (const [name, value] of Object.entries(fields)) head.set(name, value);
      try {
        await js.publish(subject, data, { headers: head, expect: { lastSubjectSequence: 0 } });
        return true;
      } catch (thrown) {
        if (!hasApiCode(thrown, apiCodes.wrongLastSequence)) throw thrown;
        // An attempt that got no answer may have been stored all the same.
        return count > 1 && (await isStored(jsm, subject, data));
      }
    });

  return {
    nc,
    js,
    jsm,
    log,
    serverVersion: nc.info?.version ?? "0.0.0",
    inboxPrefix: inboxPrefixOf(options),
    closing: closing.signal,
    publishOnce,
    publish: (subject, data, signal) => {
      const msgID = crypto.randomUUID();
      return attempt(`Publishing ${subject}`, async () => void (await js.publish(subject, data, { msgID })), signal);
    },
    tell: (subject, data) => {
      try {
        nc.publish(subject, data);
      } catch (error) {
        log.debug({ event: "bus.retry", subject, err: error }, "A message that nobody waits for was not sent.");
      }
    },
    attempt,
    connected: () => connected && !nc.isClosed(),
    onReconnect,
    [Symbol.asyncDispose]: async () => {
      closing.abort();
      await endConnection(nc, connected);
      await watching;
    },
  };
}

async function isStored(jsm: JetStreamManager, subject: string, data: Uint8Array): Promise<boolean> {
  const stream = streams.find((spec) => spec.subjects.some((filter) => subject.startsWith(filter.replace(/>$/, ""))));
  if (!stream) return false;
  const stored = await jsm.streams.getMessage(stream.name, { last_by_subj: subject });
  return stored !== null && Buffer.from(stored.data).equals(data);
}

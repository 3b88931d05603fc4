import { type JetStreamClient, type JetStreamManager, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { errors, headers, type NatsConnection, nkeyAuthenticator } from "@nats-io/nats-core";
import { connect } from "@nats-io/transport-node";
import { streams } from "@proxbox/contracts/streams";
import { apiCodes, busError, hasApiCode } from "./bus-errors.ts";
import { CancelledError, ConfigError } from "./errors.ts";
import type { Logger } from "./log.ts";
import { retry, sleep } from "./retry.ts";
import type { BusConfig } from "./settings.ts";

/** Where nats-server is, who we are there, and how long to wait for it. */
export type BusOptions = {
  servers: string[];
  /** Shown by the server, e.g. `vms/host-17`. */
  name: string;
  user?: string | undefined;
  password?: string | undefined;
  nkeySeed?: string | undefined;
  /** How long to wait for the first connection; 0: for ever. Default 60. */
  waitSeconds?: number;
  /** Ends the wait for the first connection. */
  signal?: AbortSignal;
};

/** The connection to nats-server, and the few ways we publish. Once connected it reconnects for ever. */
export type Bus = AsyncDisposable & {
  readonly nc: NatsConnection;
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  readonly log: Logger;
  readonly serverVersion: string;
  /** Aborted when the bus is closed. */
  readonly closing: AbortSignal;
  /**
   * Stores a message unless its subject has one already. True: this call stored it; false: it was there.
   * Waits for a server that does not answer. Throws CancelledError when the bus is closed, ProxboxError when refused.
   */
  publishOnce(subject: string, data: Uint8Array, options?: { headers?: Record<string, string> }): Promise<boolean>;
  /** Stores a message; otherwise like `publishOnce`. */
  publish(subject: string, data: Uint8Array): Promise<void>;
  /** Tells whoever listens, without waiting. Never throws; a message told while disconnected may be lost. */
  tell(subject: string, data: Uint8Array): void;
  /** Does a call of the server again until it answers. Same errors as `publishOnce`. */
  attempt<T>(doing: string, call: (attempt: number) => Promise<T>): Promise<T>;
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
  const js = jetstream(nc, { timeout: 2_000 });
  const jsm = await jetstreamManager(nc, { checkAPI: false, timeout: 5_000 });
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
        for (const listener of listeners) listener();
      }
    }
  };
  const watching = watchConnection().catch((error) =>
    log.error({ event: "bus.disconnected", err: error }, "The connection to nats-server is no longer watched."),
  );

  const attempt = <T>(doing: string, call: (attempt: number) => Promise<T>): Promise<T> =>
    retry(
      async (count) => {
        try {
          return await call(count);
        } catch (thrown) {
          throw busError(thrown, doing);
        }
      },
      {
        retries: Number.POSITIVE_INFINITY,
        minDelayMs: 50,
        maxDelayMs: 2_000,
        signal: closing.signal,
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
    closing: closing.signal,
    publishOnce,
    publish: (subject, data) => {
      const msgID = crypto.randomUUID();
      return attempt(`Publishing ${subject}`, async () => void (await js.publish(subject, data, { msgID })));
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
    onReconnect: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
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

async function firstConnection(options: BusOptions, log: Logger): Promise<NatsConnection> {
  const started = Date.now();
  const waitMs = (options.waitSeconds ?? 60) * 1_000;
  let told = 0;
  for (;;) {
    if (options.signal?.aborted) throw new CancelledError("The wait for nats-server was stopped.");
    try {
      const nc = await connect(connectionOptions(options));
      log.info(
        { event: "bus.connected", server: nc.getServer(), version: nc.info?.version },
        "Connected to nats-server.",
      );
      return nc;
    } catch (error) {
      if (error instanceof errors.AuthorizationError || error instanceof errors.UserAuthenticationExpiredError) {
        throw new ConfigError("bus_login_refused", `nats-server at ${shown(options)} refuses the login.`, {
          cause: error,
          next: "Check NATS_USER and NATS_PASSWORD, or NATS_NKEY_SEED.",
        });
      }
      const waited = Date.now() - started;
      if (waitMs > 0 && waited >= waitMs) throw unreachable(options, waited, error);
      if (waited - told >= 10_000 || told === 0) {
        told = Math.max(waited, 1);
        const sentence = `nats-server at ${shown(options)} does not answer; waiting for it.`;
        log.warn({ event: "bus.waiting", waitedSeconds: Math.round(waited / 1_000) }, sentence);
      }
    }
    await sleep(Math.min(500, waitMs || 500), options.signal);
  }
}

function connectionOptions(options: BusOptions) {
  const seed = options.nkeySeed;
  return {
    servers: options.servers,
    name: options.name,
    ...(options.user ? { user: options.user, pass: options.password ?? "" } : {}),
    ...(seed ? { authenticator: nkeyAuthenticator(new TextEncoder().encode(seed)) } : {}),
    ...(options.user ? { inboxPrefix: `_INBOX_${options.user}` } : {}),
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true,
    reconnectTimeWait: 500,
    reconnectJitter: 500,
    pingInterval: 10_000,
    maxPingOut: 2,
    timeout: 5_000,
  };
}

function unreachable(options: BusOptions, waitedMs: number, cause: unknown): ConfigError {
  return new ConfigError(
    "bus_unreachable",
    `nats-server at ${shown(options)} does not answer; given up after ${Math.round(waitedMs / 1_000)} s.`,
    { cause, next: "Start nats-server with JetStream (nats-server -js), or set NATS_URL to where it runs." },
  );
}

function shown(options: BusOptions): string {
  return options.servers.map((server) => server.replace(/\/\/[^@/]*@/, "//")).join(", ");
}

async function endConnection(nc: NatsConnection, connected: boolean): Promise<void> {
  if (nc.isClosed()) return;
  try {
    if (connected) await Promise.race([nc.drain(), Bun.sleep(5_000)]);
  } catch {
    // A connection that cannot be drained any more is closed all the same.
  }
  await nc.close();
}

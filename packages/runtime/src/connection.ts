import { errors, type NatsConnection, nkeyAuthenticator } from "@nats-io/nats-core";
import { connect } from "@nats-io/transport-node";
import { CancelledError, ConfigError } from "./errors.ts";
import type { Logger } from "./log.ts";
import { sleep } from "./retry.ts";

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

/**
 * Connects for the first time, waiting for a server that does not answer yet, with one line in the log every 10 s.
 * Throws ConfigError when it has not answered in time or refuses the user, CancelledError when the signal is aborted.
 */
export async function firstConnection(options: BusOptions, log: Logger): Promise<NatsConnection> {
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
    inboxPrefix: inboxPrefixOf(options),
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true,
    reconnectTimeWait: 500,
    reconnectJitter: 500,
    pingInterval: 10_000,
    maxPingOut: 2,
    timeout: 5_000,
  };
}

/** Each user has inboxes of its own, so that it can be kept from listening to those of others. */
export function inboxPrefixOf({ user }: BusOptions): string {
  return user ? `_INBOX_${user}` : "_INBOX";
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

/** Ends a connection: what was told is still sent when there is a server to send it to. */
export async function endConnection(nc: NatsConnection, connected: boolean): Promise<void> {
  if (nc.isClosed()) return;
  try {
    if (connected) await Promise.race([nc.drain(), Bun.sleep(5_000)]);
  } catch {
    // A connection that cannot be drained any more is closed all the same.
  }
  await nc.close();
}

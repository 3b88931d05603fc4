import type { ProxmoxAPIError } from "@proxbox/runtime/errors";
import { createLeadJudge, type LeadJudge } from "@proxbox/runtime/forbidden-target";
import { retry } from "@proxbox/runtime/retry";
import { createScrub } from "@proxbox/runtime/scrub";
import pLimit, { type LimitFunction } from "p-limit";
import { readData } from "./answer.ts";
import {
  combineFailures,
  forbiddenFailure,
  isConnectionFailure,
  isProxmoxError,
  missingCredentials,
  type Subject,
  toFailure,
} from "./failures.ts";
import { loginOf, ticketOf } from "./login.ts";
import { withoutSecrets } from "./secret-fields.ts";
import type { ProxmoxTarget } from "./target.ts";
import { openSession } from "./trust.ts";

/** What a read may say besides its path. */
export type ReadOptions = {
  signal: AbortSignal;
  /** The node that answers: its reads share one limit of three. Left out: the limit of calls to no certain node. */
  node?: string;
  query?: Record<string, string>;
  /** How long one attempt may take, and how often it is tried again; default: as the endpoint says. */
  timeoutMs?: number;
  retries?: number;
};

/** Reads one Proxmox VE endpoint; disposing it closes its idle connections. */
export type ProxmoxClient = AsyncDisposable & {
  /** Name of the endpoint, for messages. */
  readonly name: string;
  /**
   * The `data` of the answer to `GET /api2/json<path>`, its secrets masked. Throws ProxmoxAPIError (see failures.ts for the
   * codes), and CancelledError once the signal is aborted.
   */
  get(path: string, options: ReadOptions): Promise<unknown>;
};

/** pveproxy and pvedaemon have three workers each (Proxmox VE 9.2); a fourth request would only wait there. */
const inFlightPerNode = 3;
const longestBackoffMs = 30_000;

/**
 * A client for one endpoint: at most three requests in flight per node; reads are tried again after a broken
 * connection, a 5xx or a broken answer as often as the endpoint allows; of its addresses the first that answers is
 * kept. After a timeout or with an offline node nothing is tried again here: the wait was long enough already.
 * `inFlight` bounds the requests to all nodes together; `judge` says which hosts are never called.
 */
export function createProxmoxClient(
  target: ProxmoxTarget,
  inFlight = Number.POSITIVE_INFINITY,
  judge: LeadJudge = createLeadJudge(),
): ProxmoxClient {
  const limits = new Map<string, LimitFunction>();
  const whole = pLimit(inFlight);
  const sessions = new Map<string, Bun.FetchSession>();
  const login = loginOf(target.credentials, takeTicket);
  const { credentials } = target;
  const ownSecret = (credentials?.by === "token" ? credentials.secret : credentials?.password) ?? "";
  let ticket = "";
  const scrub = createScrub(() => [ownSecret, ticket]);
  let origins = target.origins;
  let answering: string | null = null;

  /** Sends one request to the first address that answers, and reads the whole answer. */
  async function exchange(path: string, init: RequestInit, options: Attempt = {}): Promise<unknown> {
    const { signal: caller, timeoutMs = target.timeoutMs } = options;
    const failures: ProxmoxAPIError[] = [];
    for (const origin of origins) {
      const subject: Subject = { endpoint: target.name, origin, path, identity: login?.identity ?? "" };
      const timeout = AbortSignal.timeout(timeoutMs);
      const signal = caller ? AbortSignal.any([caller, timeout]) : timeout;
      try {
        const forbidden = await judge(new URL(origin).hostname, signal);
        if (forbidden) throw forbiddenFailure(subject, forbidden);
        const session = sessions.get(origin) ?? (await openSession(target.trust, subject, signal));
        sessions.set(origin, session);
        const response = await session.fetch(`${origin}/api2/json${path}`, { ...init, signal, redirect: "manual" });
        origins = [origin, ...target.origins.filter((other) => other !== origin)];
        answering = origin;
        return await readData(response, subject, scrub.text);
      } catch (thrown) {
        caller?.throwIfAborted();
        const failure = toFailure(scrub.thrown(thrown), subject, timeoutMs);
        // What has a time of its own is slow behind the server: at the next address it would be no quicker.
        const isSlow = options.timeoutMs !== undefined && isProxmoxError(failure, "proxmox_timeout");
        if (!isConnectionFailure(failure) || (isSlow && origin === answering)) throw failure;
        failures.push(failure);
      }
    }
    throw combineFailures(failures, target.name);
  }

  async function takeTicket(user: string, password: string): Promise<string> {
    const body = new URLSearchParams({ username: user, password });
    const answer = await exchange("/access/ticket", { method: "POST", body });
    ticket = ticketOf(answer, target.name, user);
    return ticket;
  }

  async function read(path: string, attempt: Attempt & { signal: AbortSignal }): Promise<unknown> {
    attempt.signal.throwIfAborted();
    if (!login) throw missingCredentials(target.name);
    const headers = await login.headers();
    try {
      return await exchange(path, { headers }, attempt);
    } catch (thrown) {
      if (!isProxmoxError(thrown, "proxmox_unauthorized") || !login.refused(headers)) throw thrown;
      return await exchange(path, { headers: await login.headers() }, attempt);
    }
  }

  return {
    name: target.name,
    get(path, { signal, node = "", query, timeoutMs, retries = target.retries }) {
      const search = new URLSearchParams(query).toString();
      const asked = search ? `${path}?${search}` : path;
      const attempt = { signal, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
      return limitOf(node)(() =>
        retry(() => whole(async () => withoutSecrets(await read(asked, attempt))), {
          retries,
          minDelayMs: target.backoffMs,
          maxDelayMs: longestBackoffMs,
          signal,
          when: (error) => error.retryable && !waitedLong.some((code) => isProxmoxError(error, code)),
        }),
      );
    },
    async [Symbol.asyncDispose]() {
      for (const session of sessions.values()) session.close();
    },
  };

  function limitOf(node: string): LimitFunction {
    const limit = limits.get(node) ?? pLimit(inFlightPerNode);
    limits.set(node, limit);
    return limit;
  }
}

type Attempt = { signal?: AbortSignal; timeoutMs?: number };

const waitedLong = ["proxmox_timeout", "proxmox_node_offline"] as const;

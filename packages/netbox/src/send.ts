import type { PermitResource } from "@proxbox/contracts/subjects";
import { CancelledError, NetBoxAPIError, type ProxboxError } from "@proxbox/runtime/errors";
import type { LeadJudge } from "@proxbox/runtime/forbidden-target";
import type { Logger } from "@proxbox/runtime/log";
import { retry } from "@proxbox/runtime/retry";
import { createScrub } from "@proxbox/runtime/scrub";
import {
  type Answer,
  type Asked,
  accessError,
  connectionError,
  forbiddenError,
  overloadError,
  readOnlyError,
} from "./failures.ts";

/** How one request went, as the throttle controller wants to know it. */
export type RequestSample = {
  method: Asked["method"];
  /** 0 for a connection that broke or timed out. */
  status: number;
  overload: boolean;
  ms: number;
  waitedMs: number;
  objects: number;
  write: boolean;
  kind: string;
  batch: number;
};

/** Runs work under a permit of a resource; the signal it gives is aborted before the permit is handed on. */
export type PermitHook = <T>(
  resource: PermitResource,
  signal: AbortSignal,
  work: (signal: AbortSignal, waitedMs: number) => Promise<T>,
) => Promise<T>;

/** How patiently requests are tried again. Times in milliseconds. */
export type Patience = {
  /** Attempts after the first; Infinity: until the deadline. */
  retries: number;
  minDelayMs: number;
  maxDelayMs: number;
  /** How long an overload is waited out. */
  overloadMs: number;
  /** How long a NetBox that cannot be reached is waited for. */
  unreachableMs: number;
};

/** The patience of a client that is told nothing else. */
export const defaultPatience: Patience = {
  retries: Number.POSITIVE_INFINITY,
  minDelayMs: 100,
  maxDelayMs: 3_000,
  overloadMs: 300_000,
  unreachableMs: 30_000,
};

/** What a sender needs to know of its NetBox. */
export type SenderOptions = {
  /** Without a slash at the end, e.g. `https://netbox.example.org`. */
  url: string;
  /** The header's whole value, e.g. `Token …` or `Bearer nbt_….…`. */
  authorization: string;
  verifyTls: boolean;
  /** Says before each request which hosts are never called. */
  judge: LeadJudge;
  /** Schema id of a branch, for the header X-NetBox-Branch. */
  branch?: string | undefined;
  /** Whether anything but reading is refused here. */
  readOnly?: boolean;
  permit: PermitHook;
  onSample: (sample: RequestSample, resource: PermitResource) => void;
  /** When a request is given up; shorter than a permit lives. */
  timeoutMs: number;
  patience: Patience;
  log: Logger;
};

/** One request. `path` begins with /api/ and carries its query. */
export type Request = Asked & {
  body?: unknown;
  resource?: PermitResource;
  /** For samples and logs. */
  kind: string;
  objects?: number;
  batch?: number;
  /** Whether an error is worth trying again here; default: every overload. */
  again?: (error: ProxboxError) => boolean;
};

/** Sends requests to one NetBox. */
export type Sender = (request: Request, signal: AbortSignal) => Promise<Answer & { ms: number }>;

/**
 * Creates a sender. Each attempt holds a permit and is sampled; between attempts there is none. Overload (429, 502, 503,
 * 504, a broken connection, a timeout, a 500 of NetBox's database) is waited out here with jitter, obeying Retry-After.
 * Answers that refuse what was asked are returned; refusals of the caller, overload that lasts and connections that
 * cannot be made are thrown as NetBoxAPIError: `netbox_unauthorized`, `netbox_forbidden`, `netbox_bad_answer`,
 * `netbox_tls`, `netbox_address_refused`, `netbox_read_only` (no retry helps), `netbox_unreachable`, `netbox_overloaded`,
 * `netbox_timeout`, `netbox_interrupted`.
 */
export function createSender(options: SenderOptions): Sender {
  const { patience, log } = options;
  return async (request, signal) => {
    if (options.readOnly && request.method !== "GET") throw readOnlyError(request);
    const started = Date.now();
    const again = request.again ?? ((error) => error.overload);
    return retry(() => attempt(options, request, signal), {
      retries: patience.retries,
      minDelayMs: patience.minDelayMs,
      maxDelayMs: patience.maxDelayMs,
      signal,
      when: (error) => {
        const left = started - Date.now() + (error.overload ? patience.overloadMs : patience.unreachableMs);
        return left > 0 && (error.code === "netbox_unreachable" || (error.overload && again(error)));
      },
      onRetry: (error, count) =>
        log.debug({ event: "netbox.retry", kind: request.kind, attempt: count, code: error.code }, error.message),
    });
  };
}

async function attempt(
  options: SenderOptions,
  request: Request,
  signal: AbortSignal,
): Promise<Answer & { ms: number }> {
  const { permit, onSample } = options;
  const { method, resource = "netbox", kind, objects = 0, batch = 0 } = request;
  return permit(resource, signal, async (permitSignal, waitedMs) => {
    const started = performance.now();
    let status = 0;
    let failure: NetBoxAPIError | null = null;
    try {
      const answer = await exchange(options, request, permitSignal, signal);
      status = answer.status;
      failure = overloadError(request, answer) ?? accessError(request, new URL(options.url).host, answer);
      if (failure) throw failure;
      return { ...answer, ms: performance.now() - started };
    } catch (thrown) {
      failure ??= thrown as NetBoxAPIError;
      throw thrown;
    } finally {
      if (!(failure instanceof CancelledError)) {
        onSample(
          {
            method,
            status,
            overload: failure?.overload ?? false,
            ms: Math.round(performance.now() - started),
            waitedMs: Math.round(waitedMs),
            objects: status >= 200 && status < 300 ? objects : 0,
            write: method !== "GET",
            kind,
            batch,
          },
          resource,
        );
      }
    }
  });
}

async function exchange(
  options: SenderOptions,
  request: Request,
  permitSignal: AbortSignal,
  signal: AbortSignal,
): Promise<Answer> {
  const { url, authorization, branch, verifyTls, timeoutMs, judge } = options;
  const { host, hostname } = new URL(url);
  const scrub = createScrub(() => secretsOf(authorization));
  const both = AbortSignal.any([permitSignal, AbortSignal.timeout(timeoutMs)]);
  try {
    const forbidden = await judge(hostname, both);
    if (forbidden) throw forbiddenError(hostname, forbidden);
    const response = await fetch(`${url}${request.path}`, {
      method: request.method,
      headers: {
        authorization,
        accept: "application/json",
        ...(branch ? { "x-netbox-branch": branch } : {}),
        ...(request.body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      // NetBox closes a connection that was idle for 2 s while a request is on its way, so none is used twice. Measured
      // on Bun 1.4.5: a new connection costs 0.1 ms on this machine, where NetBox needs 30 ms for its smallest answer.
      keepalive: false,
      redirect: "manual",
      signal: both,
      tls: { rejectUnauthorized: verifyTls },
    });
    const text = await response.text();
    // A refusal may repeat the header that it refuses.
    return {
      status: response.status,
      body: bodyOf(response.ok ? text : scrub.text(text)),
      ...retryAfter(response.headers),
    };
  } catch (thrown) {
    if (signal.aborted) throw new CancelledError("The NetBox request was stopped.", thrown);
    if (thrown instanceof NetBoxAPIError) throw thrown;
    const timedOut = (thrown as Error).name === "TimeoutError" || (thrown as Error).name === "AbortError";
    throw connectionError(request, host, scrub.thrown(thrown), timedOut);
  }
}

function bodyOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function retryAfter(headers: Headers): { retryAfterMs?: number } {
  const value = headers.get("retry-after");
  if (!value) return {};
  const seconds = Number(value);
  const ms = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(value) - Date.now();
  return ms > 0 ? { retryAfterMs: Math.min(ms, 60_000) } : {};
}

/** The token in a header, and the secret of a token of version 2 alone. */
function secretsOf(authorization: string): string[] {
  const token = authorization.split(" ").at(-1) ?? "";
  return [token, token.split(".").at(-1) ?? ""];
}

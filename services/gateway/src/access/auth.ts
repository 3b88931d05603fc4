import { lockoutSeconds } from "@proxbox/contracts/streams";

/**
 * When failed logins lock a caller out. Counted for each credential of a source, so that a dashboard that lost its key
 * does not lock out the job beside it; a source with many failures of any kind is locked out altogether.
 */
export const lockoutRules = { credentialAttempts: 5, sourceAttempts: 50, windowMs: lockoutSeconds * 1_000 } as const;

type Tally = { first: number; attempts: number };

/** The failed logins of one source: all of them, and by credential. `first` in milliseconds since 1970. */
export type Failures = Tally & { credentials: Record<string, Tally> };

/** Whether a source, or this credential of it, is locked out. */
export function isLockedOut(failures: Failures | null, credential: string, now: number): boolean {
  return (
    count(failures, now) >= lockoutRules.sourceAttempts ||
    count(failures?.credentials[credential], now) >= lockoutRules.credentialAttempts
  );
}

/** How many attempts this credential has left. */
export function attemptsLeft(failures: Failures | null, credential: string, now: number): number {
  return Math.max(0, lockoutRules.credentialAttempts - count(failures?.credentials[credential], now));
}

/** The failures with one more. The window runs from the first; what is older is forgotten. */
export function withFailure(failures: Failures | null, credential: string, now: number): Failures {
  const credentials = Object.entries(failures?.credentials ?? {}).filter(([, tally]) => isFresh(tally, now));
  const known = Object.fromEntries(credentials);
  return { ...oneMore(failures, now), credentials: { ...known, [credential]: oneMore(known[credential], now) } };
}

/** What a gateway says to who may not enter; the texts are matched by the plugin. */
export const refusals = {
  locked: "Too many failed authentication attempts. Wait five minutes and check the API key.",
  noKey: "No API key configured. Register the first one with POST /auth/register-key.",
  missing: "API key required.",
  wrong: (left: number) => `Invalid API key.${suffix(left)}`,
  tooFast: "Rate limit exceeded. Send fewer requests a minute, with a valid API key, or raise PROXBOX_RATE_LIMIT.",
} as const;

/**
 * What needs no key in a header: discovery, readiness, metrics, the registration of the first key, and the plugin's sockets,
 * which get theirs in the first message.
 */
export const openPaths: ReadonlySet<string> = new Set([
  "/",
  "/health",
  "/ready",
  "/metrics",
  "/openapi.json",
  "/auth/bootstrap-status",
  "/auth/register-key",
  "/ws",
  "/ws/virtual-machines",
]);

/** What PROXBOX_OPEN_LOGS opens. */
export const logPaths: ReadonlySet<string> = new Set(["/admin/logs", "/admin/logs/stream"]);

function suffix(left: number): string {
  return left > 0 ? ` ${left} attempts remaining.` : "";
}

function isFresh(tally: Tally, now: number): boolean {
  return now - tally.first < lockoutRules.windowMs;
}

function count(tally: Tally | null | undefined, now: number): number {
  return tally && isFresh(tally, now) ? tally.attempts : 0;
}

function oneMore(tally: Tally | null | undefined, now: number): Tally {
  return tally && isFresh(tally, now)
    ? { first: tally.first, attempts: tally.attempts + 1 }
    : { first: now, attempts: 1 };
}

import { JetStreamApiError } from "@nats-io/jetstream";
import { errors } from "@nats-io/nats-core";
import { CancelledError, ProxboxError } from "./errors.ts";

/** Error codes of the JetStream API that we act on. */
export const apiCodes = {
  consumerExists: 10148,
  consumerNotFound: 10014,
  noMemory: 10028,
  noRoom: 10047,
  notEnabled: 10076,
  notEnabledForAccount: 10039,
  streamNotFound: 10059,
  wrongLastSequence: 10071,
} as const;

/** Whether something thrown by the bus is the API error with this code. */
export function hasApiCode(thrown: unknown, code: number): boolean {
  return thrown instanceof JetStreamApiError && thrown.code === code;
}

/** Whether the server answers but has no JetStream, for anyone or for this account. */
export function isJetStreamOff(thrown: unknown): boolean {
  // The client throws a class for this that it does not export.
  if (thrown instanceof Error && thrown.name === "JetStreamNotEnabled") return true;
  return hasApiCode(thrown, apiCodes.notEnabled) || hasApiCode(thrown, apiCodes.notEnabledForAccount);
}

/**
 * What a failed call of the bus means. A server that does not answer, is restarting or is full is worth a retry; what
 * it refuses (an unknown stream, a message that is too big, a missing permission) is not.
 */
export function busError(thrown: unknown, doing: string): ProxboxError {
  if (thrown instanceof ProxboxError) return thrown;
  const cause = thrown instanceof Error ? thrown : new Error(String(thrown));
  if (cause instanceof errors.ClosedConnectionError || cause instanceof errors.DrainingConnectionError) {
    return new CancelledError(`${doing} was stopped: the connection to nats-server is closed.`, cause);
  }
  if (isForbidden(cause)) {
    return new ProxboxError("bus_forbidden", `${doing} failed: nats-server does not permit it.`, {
      cause,
      next: "Let the user of this service publish and subscribe in its whole account.",
    });
  }
  if (cause instanceof JetStreamApiError && cause.status < 500) {
    return new ProxboxError("bus_refused", `${doing} failed: nats-server refuses it (${cause.message}).`, { cause });
  }
  if (cause instanceof errors.InvalidArgumentError || cause instanceof errors.InvalidSubjectError) {
    return new ProxboxError("bus_refused", `${doing} failed: ${cause.message}.`, { cause });
  }
  return new ProxboxError("bus_unavailable", `${doing} failed: nats-server does not answer (${cause.message}).`, {
    cause,
    retryable: true,
    next: "Check that nats-server runs, has JetStream enabled and has room on its disk.",
  });
}

function isForbidden(error: Error): boolean {
  return error instanceof errors.PermissionViolationError || error.cause instanceof errors.PermissionViolationError;
}

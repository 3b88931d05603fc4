import { ContractError, type WireError } from "@proxbox/contracts/errors";
import { hideInText } from "./hide-in-text.ts";

/** What an error knows besides its message. */
export type ErrorDetails = {
  /** What it happened to, e.g. `virtual machine web (vmid 100)`. */
  object?: string | undefined;
  /** The field at fault. */
  field?: string | undefined;
  /** What a person can do about it. */
  next?: string | undefined;
  /** Whether the same attempt can succeed later without a change. Default: the class's own. */
  retryable?: boolean | undefined;
  /** Whether the other side is overloaded: retried in place, never counted as a failed delivery. */
  overload?: boolean | undefined;
  /** How long the other side asked to wait, in milliseconds. */
  retryAfterMs?: number | undefined;
  /** HTTP status of the other side; 0 for a connection that broke or timed out. */
  status?: number | undefined;
  cause?: unknown;
};

/**
 * The base of every error we throw: a sentence with a code, the object and field at fault, the next step and whether
 * a retry can help.
 */
export class ProxboxError extends Error {
  override readonly name: string = "ProxboxError";
  readonly code: string;
  readonly retryable: boolean;
  readonly overload: boolean;
  readonly object: string | undefined;
  readonly field: string | undefined;
  readonly next: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly status: number | undefined;

  constructor(code: string, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.overload = details.overload ?? false;
    this.retryable = details.retryable ?? this.overload;
    this.object = details.object;
    this.field = details.field;
    this.next = details.next;
    this.retryAfterMs = details.retryAfterMs;
    this.status = details.status;
  }
}

/** Something about the synchronisation itself is wrong: an object, a mapping, a stage. */
export class SyncError extends ProxboxError {
  override readonly name: string = "SyncError";
}

/** A virtual machine could not be synchronised. */
export class VMSyncError extends SyncError {
  override readonly name = "VMSyncError";
}

/** A node, its device or its cluster could not be synchronised. */
export class DeviceSyncError extends SyncError {
  override readonly name = "DeviceSyncError";
}

/** A storage could not be synchronised. */
export class StorageSyncError extends SyncError {
  override readonly name = "StorageSyncError";
}

/** An interface, address or VLAN could not be synchronised. */
export class NetworkSyncError extends SyncError {
  override readonly name = "NetworkSyncError";
}

/** NetBox refused or broke a request. `status` and `overload` say which; see the NetBox client for the codes. */
export class NetBoxAPIError extends ProxboxError {
  override readonly name = "NetBoxAPIError";
}

/** Proxmox refused or broke a request; see the Proxmox client for the codes. */
export class ProxmoxAPIError extends ProxboxError {
  override readonly name = "ProxmoxAPIError";
}

/** A process cannot start as it is configured. Never worth a retry; the message is for the person who starts it. */
export class ConfigError extends ProxboxError {
  override readonly name = "ConfigError";
}

/** The work was called off: by a person, a deadline or a stopping process. */
export class CancelledError extends ProxboxError {
  override readonly name = "CancelledError";

  constructor(message: string, cause?: unknown) {
    super("cancelled", message, { cause });
  }
}

/** Makes an error of anything that was thrown; our own pass unchanged, the rest becomes `internal`. */
export function toError(thrown: unknown): ProxboxError {
  if (thrown instanceof ProxboxError) return thrown;
  if (thrown instanceof ContractError) {
    return new SyncError(thrown.code, thrown.message, { field: thrown.field, cause: thrown });
  }
  if (thrown instanceof Error && (thrown.name === "AbortError" || thrown.name === "TimeoutError")) {
    return new CancelledError(`The work was stopped: ${thrown.message}`, thrown);
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new ProxboxError("internal", `Unexpected failure: ${message}`, {
    cause: thrown,
    next: "Report it with the log lines of this run.",
  });
}

const longestText = 2_000;

/**
 * The wire form of anything that was thrown: no stack, texts cut to 2,000 characters and without what looks like a secret, the
 * chain of causes as one text.
 */
export function toWireError(thrown: unknown, object?: string): WireError {
  const error = toError(thrown);
  const cause = causesOf(error);
  const subject = error.object ?? object;
  return {
    code: error.code,
    message: cut(error.message),
    retryable: error.retryable,
    ...(subject ? { object: cut(subject) } : {}),
    ...(error.field ? { field: error.field } : {}),
    ...(cause ? { cause: cut(cause) } : {}),
    ...(error.next ? { next: cut(error.next) } : {}),
  };
}

function causesOf(error: Error): string {
  const texts: string[] = [];
  for (let cause = error.cause; cause && texts.length < 5; cause = cause instanceof Error ? cause.cause : undefined) {
    texts.push(cause instanceof Error ? cause.message : String(cause));
  }
  return texts.join(": ");
}

function cut(text: string): string {
  const safe = hideInText(text);
  return safe.length > longestText ? `${safe.slice(0, longestText - 1)}…` : safe;
}

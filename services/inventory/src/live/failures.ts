import type { LiveAnswer } from "@proxbox/contracts/live";
import { NetBoxAPIError, ProxboxError, ProxmoxAPIError, toError, toWireError } from "@proxbox/runtime/errors";

/** What was asked for is not there. */
export function notThere(message: string): ProxboxError {
  return new ProxboxError("live_not_found", message, { next: "See the names in /proxmox/nodes and /proxmox/storage." });
}

/** What was asked cannot be. */
export function badQuestion(message: string): ProxboxError {
  return new ProxboxError("live_bad_question", message);
}

const statuses: Readonly<Record<string, number>> = {
  live_bad_question: 400,
  contract_violation: 400,
  netbox_not_configured: 400,
  live_not_found: 404,
  proxmox_not_found: 404,
  secret_unreadable: 503,
  bus_unavailable: 503,
  netbox_overloaded: 503,
  proxmox_timeout: 504,
  netbox_timeout: 504,
  cancelled: 504,
};

/**
 * The answer that says why there is none. What Proxmox or NetBox refuses us is a failure of ours behind the gateway
 * (502), never 401 or 403: the caller's own key is fine. Pure.
 */
export function failedAnswer(thrown: unknown): LiveAnswer {
  const error = toError(thrown);
  const other = error instanceof ProxmoxAPIError || error instanceof NetBoxAPIError ? 502 : 500;
  return { status: statuses[error.code] ?? other, error: toWireError(error) };
}

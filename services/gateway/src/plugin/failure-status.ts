import { categoryOf } from "./frames/error-category.ts";

const statuses: Readonly<Record<string, number>> = {
  no_endpoints: 400,
  netbox_not_configured: 400,
  secret_unreadable: 503,
  cancelled: 503,
};

/**
 * The HTTP status of an answer about a run that failed with this code: 400 when nothing was there to work with, 504 when
 * something took too long, 503 when another try can help, and 502 for what Proxmox or NetBox refused. Never 401 or 403: the
 * caller's own key is fine. Pure.
 */
export function failureStatus(code: string): number {
  const category = categoryOf(code);
  return statuses[code] ?? (category === "timeout" ? 504 : category === "rate_limit" ? 503 : 502);
}

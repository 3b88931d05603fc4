/** The categories of `error_detail` that the plugin knows (plugin 0.0.24 to 0.0.29.post6). */
export type ErrorCategory =
  | "connection"
  | "authentication"
  | "permission"
  | "validation"
  | "not_found"
  | "timeout"
  | "rate_limit"
  | "internal"
  | "unknown";

const codes: Readonly<Record<Exclude<ErrorCategory, "unknown">, readonly string[]>> = {
  connection: [
    "proxmox_unreachable",
    "proxmox_tls",
    "proxmox_node_offline",
    "netbox_unreachable",
    "netbox_tls",
    "netbox_interrupted",
    "bus_unavailable",
    "ask_unheard",
    "ask_incomplete",
  ],
  authentication: ["proxmox_unauthorized", "netbox_unauthorized", "secret_unreadable", "key_missing", "key_wrong"],
  permission: ["proxmox_forbidden", "netbox_forbidden", "bus_forbidden", "netbox_read_only"],
  validation: [
    "netbox_refused",
    "netbox_conflict",
    "netbox_protected",
    "name_taken",
    "ambiguous",
    "already_there",
    "duplicate_desired",
    "identity_incomplete",
    "identity_ambiguous",
    "snapshot_taken",
    "reference_failed",
    "proxmox_address_refused",
    "netbox_address_refused",
    "live_bad_question",
    "bad_request",
    "invalid_request",
    "conflict",
  ],
  not_found: [
    "no_endpoints",
    "netbox_not_configured",
    "endpoint_gone",
    "endpoint_blocked",
    "proxmox_not_found",
    "netbox_gone",
    "netbox_plugin_missing",
    "reference_missing",
    "placement_missing",
    "cluster_missing",
    "role_missing",
    "live_not_found",
    "not_found",
  ],
  timeout: ["proxmox_timeout", "netbox_timeout", "item_deadline", "ask_timeout"],
  rate_limit: ["netbox_overloaded", "rate_limited"],
  internal: [
    "endpoints_failed",
    "stage_unknown",
    "bad_items",
    "items_lost",
    "result_lost",
    "dead_letter",
    "cancelled",
    "contract_violation",
    "blob_unreadable",
    "internal",
    "bus_refused",
    "stream_reset",
    "stream_ended",
    "proxmox_bad_answer",
    "proxmox_error",
    "netbox_broken",
    "netbox_bad_answer",
    "netbox_unstable_list",
    "listing_expired",
    "unavailable",
  ],
};

const categories = new Map(
  Object.entries(codes).flatMap(([category, some]) => some.map((code) => [code, category as ErrorCategory] as const)),
);

/** The category of an error code; `unknown` for a code of a newer release. */
export function categoryOf(code: string): ErrorCategory {
  return categories.get(code) ?? "unknown";
}

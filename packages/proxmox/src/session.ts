import { createHash } from "node:crypto";
import type { ProxmoxEndpoint } from "@proxbox/runtime/endpoints";
import type { StageContext } from "@proxbox/runtime/stage";
import { createProxmoxClient, type ProxmoxClient } from "./client.ts";
import { proxmoxConfigOf } from "./settings.ts";
import { targetOf } from "./target.ts";

/**
 * The client of an endpoint, one per process, so that its limits hold across items. Changed settings make a
 * new one at the next call. Throws ConfigError `secret_unreadable` for an endpoint whose secrets cannot be decrypted.
 */
export function proxmoxOf(ctx: Pick<StageContext, "shared" | "env">, endpoint: ProxmoxEndpoint): ProxmoxClient {
  if (endpoint.unreadable) throw endpoint.unreadable;
  const { PROXBOX_PROXMOX_FETCH_CONCURRENCY: inFlight } = proxmoxConfigOf(ctx);
  const target = targetOf(endpoint);
  const version = createHash("sha256").update(JSON.stringify(target)).digest("hex");
  return ctx.shared(`proxmox-${endpoint.id}-${version}`, () => createProxmoxClient(target, inFlight));
}

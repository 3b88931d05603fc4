import { createHash } from "node:crypto";
import type { ProxmoxEndpoint } from "@proxbox/runtime/endpoints";
import type { StageContext } from "@proxbox/runtime/stage";
import { createProxmoxClient, type ProxmoxClient } from "./client.ts";
import { targetOf } from "./target.ts";

/**
 * The client of an endpoint, one per process, so that the limit per node holds across items. Changed settings make a
 * new one at the next call.
 */
export function proxmoxOf(ctx: Pick<StageContext, "shared">, endpoint: ProxmoxEndpoint): ProxmoxClient {
  const target = targetOf(endpoint);
  const version = createHash("sha256").update(JSON.stringify(target)).digest("hex");
  return ctx.shared(`proxmox-${endpoint.id}-${version}`, () => createProxmoxClient(target));
}

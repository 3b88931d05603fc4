import { createHash } from "node:crypto";
import type { ProxmoxEndpoint } from "@proxbox/runtime/endpoints";
import { createLeadJudge } from "@proxbox/runtime/forbidden-target";
import type { StageContext } from "@proxbox/runtime/stage";
import { createProxmoxClient, type ProxmoxClient } from "./client.ts";
import { proxmoxConfigOf } from "./settings.ts";
import { type ProxmoxTarget, targetOf } from "./target.ts";

type Context = Pick<StageContext, "shared" | "env">;

/**
 * The client of an endpoint, one per process, so that its limits hold across items. Changed settings make a
 * new one at the next call. Throws ConfigError `secret_unreadable` for an endpoint whose secrets cannot be decrypted.
 */
export function proxmoxOf(ctx: Context, endpoint: ProxmoxEndpoint): ProxmoxClient {
  return clientOf(ctx, `run-${endpoint.id}`, readableTarget(endpoint));
}

/**
 * A client for somebody who waits for the answer: it stands in no queue with a run, and its addresses together have
 * `withinMs`, if the endpoint's own timeout is not shorter. Throws as `proxmoxOf` does.
 */
export function liveProxmox(ctx: Context, endpoint: ProxmoxEndpoint, withinMs: number): ProxmoxClient {
  const target = readableTarget(endpoint);
  const share = Math.floor(withinMs / Math.max(1, target.origins.length)) - marginMs;
  const patience = { timeoutMs: Math.min(target.timeoutMs, share), retries: 1, backoffMs: 100 };
  return clientOf(ctx, `live-${endpoint.id}`, { ...target, ...patience });
}

/** So that a timeout is told as one of this endpoint before the wait as a whole is over. */
const marginMs = 100;

function readableTarget(endpoint: ProxmoxEndpoint): ProxmoxTarget {
  if (endpoint.unreadable) throw endpoint.unreadable;
  return targetOf(endpoint);
}

function clientOf(ctx: Context, use: string, target: ProxmoxTarget): ProxmoxClient {
  const config = proxmoxConfigOf(ctx);
  const { PROXBOX_PROXMOX_FETCH_CONCURRENCY: inFlight, PROXBOX_ALLOW_LOOPBACK_TARGETS: allowLoopback } = config;
  const version = createHash("sha256").update(JSON.stringify(target)).digest("hex");
  return ctx.shared(`proxmox-${use}-${version}`, () =>
    createProxmoxClient(target, inFlight, createLeadJudge({ allowLoopback })),
  );
}

import { createHash, randomBytes } from "node:crypto";
import type { RunOrder } from "@proxbox/contracts/http";
import type { RunRequest } from "@proxbox/contracts/messages";
import { defaultStages, stageNames } from "@proxbox/contracts/stages";
import { SyncOptions, type SyncOptionsInput } from "@proxbox/contracts/sync-options";
import { Value } from "@sinclair/typebox/value";
import { invalidField } from "../errors.ts";

/**
 * The full request that an order means: its stages in order, every option that has a default filled in. Pure.
 * @param usual options as this gateway's owner wants them where an order does not say
 */
export function requestOf(order: RunOrder, origin: string, usual: SyncOptionsInput = {}): RunRequest {
  const options = Value.Default(SyncOptions, { ...usual, ...order.options }) as RunRequest["options"];
  const wanted = order.stages;
  const stages = wanted ? stageNames.filter((name) => wanted.includes(name)) : defaultStages(options);
  return { mode: order.mode ?? "graph", stages, options, origin };
}

/** Throws RequestError 422 when an order selects an endpoint that is not configured, or disabled. Pure. */
export function checkSelection(
  request: RunRequest,
  endpoints: readonly { id: number; name: string; enabled: boolean }[],
): void {
  for (const id of request.options.proxmox_endpoint_ids ?? []) {
    const endpoint = endpoints.find((entry) => entry.id === id);
    if (endpoint?.enabled) continue;
    const known = endpoints.filter(({ enabled }) => enabled).map((entry) => entry.id);
    const sentence = endpoint
      ? `Proxmox endpoint ${id} (${endpoint.name}) is disabled.`
      : `There is no Proxmox endpoint ${id}.`;
    const next = known.length > 0 ? `Enabled: ${known.join(", ")}.` : "None is enabled.";
    throw invalidField(["body", "options", "proxmox_endpoint_ids"], `${sentence} ${next}`, id);
  }
}

/** A new run's id: its second, so that ids sort by time, and 40 random bits. */
export function newRunId(now: Date = new Date()): string {
  const second = now.toISOString().slice(0, 19).replace(/[-:]/g, "");
  return `${second}Z-${randomBytes(5).toString("hex")}`;
}

/** The id of the one run that stands for an Idempotency-Key. Pure. */
export function runIdForKey(idempotencyKey: string): string {
  return `key-${createHash("sha256").update(idempotencyKey).digest("hex").slice(0, 32)}`;
}

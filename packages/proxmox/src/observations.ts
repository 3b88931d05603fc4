import { isTargeted } from "@proxbox/contracts/targets";
import type { Blobs } from "@proxbox/runtime/blobs";
import type { StageContext } from "@proxbox/runtime/stage";
import { proxmoxConfigOf } from "./settings.ts";

/** What of a stage's context an observation needs. */
export type ObservationContext = Pick<
  StageContext,
  "run" | "stage" | "attempt" | "options" | "env" | "signal" | "shared"
> & { blobs: Pick<Blobs, "putJson" | "getJson"> };

type Stored<T> = { observedAt: string; value: T };

/** Stages that look again whatever has been stored: a run is as true as what they see. */
const looking: ReadonlySet<string> = new Set(["devices", "virtual-machines"]);

/**
 * What an earlier stage of the run, or of its job, stored under a name, unless it is older than PROXBOX_OBSERVATION_MAX_AGE;
 * null: there is nothing that may be used. The stages devices and virtual-machines and runs of chosen machines always look
 * again.
 */
export async function storedObservation<T>(ctx: ObservationContext, endpoint: number, part: string): Promise<T | null> {
  return looking.has(ctx.stage) || isTargeted(ctx.options) ? null : freshObservation(ctx, endpoint, part);
}

/**
 * The same for what was found in NetBox, which nobody else writes meanwhile: whoever looks at Proxmox again need not look
 * for it again.
 */
export async function freshObservation<T>(ctx: ObservationContext, endpoint: number, part: string): Promise<T | null> {
  const stored = await readStored<T>(ctx, endpoint, part);
  return stored && isFresh(ctx, Date.parse(stored.observedAt)) ? stored.value : null;
}

/** Whether what was seen at a time (ms since 1970) is not older than PROXBOX_OBSERVATION_MAX_AGE; 0 seconds: never. */
export function isFresh(ctx: ObservationContext, seenAt: number): boolean {
  return Date.now() - seenAt < proxmoxConfigOf(ctx).PROXBOX_OBSERVATION_MAX_AGE * 1_000;
}

/** What was stored last under a name in this run, however old it is; null: nothing. For what does not become stale. */
export async function lastObservation<T>(ctx: ObservationContext, endpoint: number, part: string): Promise<T | null> {
  return (await readStored<T>(ctx, endpoint, part))?.value ?? null;
}

/** Stores what was seen, for later stages of the run. */
export async function storeObservation(
  ctx: ObservationContext,
  endpoint: number,
  part: string,
  value: unknown,
): Promise<void> {
  const stored: Stored<unknown> = { observedAt: new Date().toISOString(), value };
  await ctx.blobs.putJson(nameOf(ctx, endpoint, part), stored);
}

async function readStored<T>(ctx: ObservationContext, endpoint: number, part: string): Promise<Stored<T> | null> {
  return (await ctx.blobs.getJson(nameOf(ctx, endpoint, part))) as Stored<T> | null;
}

// Runs of one job share what was seen; a run of none has it for itself.
function nameOf({ run, options }: ObservationContext, endpoint: number, part: string): string {
  return `observation.${options.job ?? run}.${endpoint}.${part}`;
}

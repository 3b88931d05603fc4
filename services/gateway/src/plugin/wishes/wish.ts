import { createHash } from "node:crypto";
import type { RunRequest } from "@proxbox/contracts/messages";
import { isOver, type RunState } from "@proxbox/contracts/runs";
import { stageNames } from "@proxbox/contracts/stages";
import { isTargeted } from "@proxbox/contracts/targets";

/** Two requests of one wish are for the same work: whoever asks second attaches to what the first one began. Pure. */
export function wishOf({ mode, stages, options }: RunRequest): string {
  const { job: _, ...rest } = options;
  return hashOf({ mode, stages, options: rest });
}

/**
 * What the requests of one job have in common, by which the next of them is known; null for chosen machines, which are
 * looked at again by every stage. The plugin tells two stages what to delete, and nothing else differs between them. Pure.
 */
export function jobOf({ options }: RunRequest): string | null {
  if (isTargeted(options)) return null;
  const { job: _, delete_nonexistent_backup: __, delete_nonexistent_snapshot: ___, ...rest } = options;
  return hashOf(rest);
}

/** How long after a stage the next one of its job may be asked for. */
const longestPauseMs = 60_000;

/**
 * Whether a request can be the next stage of the job of a run: that has ended a moment ago, and the stages come after its
 * own. Pure. The first stage again is a new job, which must look at Proxmox anew.
 */
export function isNextOf(before: RunState, { stages }: RunRequest, now: number): boolean {
  if (!isOver(before) || now - Date.parse(before.endedAt ?? "") > longestPauseMs) return false;
  const places = (names: readonly string[]) => names.map((name) => (stageNames as readonly string[]).indexOf(name));
  // By where they begin: the stage of virtual machines may have done some of the later ones in passing.
  return Math.min(...places(before.request.stages)) < Math.min(...places(stages));
}

function hashOf(value: object): string {
  return createHash("sha256")
    .update(JSON.stringify(sorted(value)))
    .digest("hex")
    .slice(0, 32);
}

function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const members = Object.entries(value).filter(([, entry]) => entry !== undefined);
  return Object.fromEntries(
    members.sort(([left], [right]) => (left < right ? -1 : 1)).map(([key, entry]) => [key, sorted(entry)]),
  );
}

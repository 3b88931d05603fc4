import { addCounts, type Counts, noCounts, type StageSummary } from "@proxbox/contracts/messages";
import type { StageName } from "@proxbox/contracts/stages";
import { sentenceOf } from "./error-sentence.ts";
import type { StageTally } from "./stage-tally.ts";
import { stageWords } from "./stage-words.ts";

/** The numbers of `phase_summary`; `total` is the sum of the others. */
export type PhaseNumbers = {
  created: number;
  updated: number;
  deleted: number;
  failed: number;
  skipped: number;
  total: number;
};

/** The counts of a stage's own objects; without a summary nothing is known to be in place. */
export function ownCounts({ stage, summary }: Pick<StageTally, "stage" | "summary">): Counts {
  return stageWords[stage].kinds.map((kind) => summary?.kinds[kind] ?? noCounts()).reduce(addCounts, noCounts());
}

/** How many of these objects are in NetBox as they should be. */
export function inPlace({ created, updated, unchanged }: Counts): number {
  return created + updated + unchanged;
}

/**
 * The numbers of a stage that is over. What was written counts its own objects; what failed or was skipped counts whatever it
 * was, so that a failed tag or cluster shows. `skipped` includes what was right already: the plugin knows no other word.
 */
export function phaseNumbers(tally: StageTally): PhaseNumbers {
  const { created, updated, deleted, unchanged } = ownCounts(tally);
  const all = tally.summary?.counts ?? noCounts();
  const broken = isComplete(tally) ? 0 : Math.max(tally.brokenBatches, all.failed > 0 ? 0 : 1);
  const failed = all.failed + broken;
  const skipped = unchanged + all.skipped;
  return { created, updated, deleted, failed, skipped, total: created + updated + deleted + failed + skipped };
}

/** Whether everything of the stage that should be there is there. */
export function isComplete({ phase, summary }: Pick<StageTally, "phase" | "summary">): boolean {
  return phase === "done" && summary?.ok === true;
}

/** `result` of a stage's `step completed` and `complete`, in the keys of the replaced program and with true numbers. */
export function stageResult(tally: StageTally): Record<string, unknown> {
  const own = ownCounts(tally);
  const { created, updated, deleted, unchanged } = own;
  const count = inPlace(own);
  const skipped = unchanged + (tally.summary?.counts.skipped ?? 0);
  switch (stageWords[tally.stage].form) {
    case "count":
      return { count };
    case "disks":
      return { count, created, updated, skipped };
    case "tasks":
      return { count, created, skipped };
    case "snapshots":
      return { count, created, updated, skipped, deleted };
    case "jobs":
      return { created, updated: updated - tally.stale, stale: tally.stale, errors: phaseNumbers(tally).failed };
    case "sdn":
      return { ok: isComplete(tally), counters: sdnCounters(tally) };
  }
}

/** What a result has besides in tolerant mode, when objects are missing (replaced program 0.0.30). */
export function degradation(main: StageName, tallies: readonly StageTally[]): Record<string, unknown> {
  const failed = tallies.reduce((sum, tally) => sum + (tally.summary?.counts.failed ?? 0), 0);
  return {
    ...(main === "virtual-machines" ? { failed_count: failed } : {}),
    warnings: tallies.flatMap(warningsOf),
    degraded: true,
  };
}

function warningsOf({ stage, errors }: StageTally): Record<string, unknown>[] {
  return errors.map(({ error, object }) => ({
    phase: stageWords[stage].phase,
    object: object?.name ?? error.object ?? stage,
    ...(object?.id === undefined ? {} : { netbox_id: object.id }),
    reason: error.code,
    message: sentenceOf(error, object?.name),
  }));
}

const sdnKinds = {
  controllers: ["sdn-controller"],
  zones: ["sdn-zone"],
  vnets: ["sdn-vnet"],
  subnets: ["sdn-subnet"],
  l2vpns: ["l2vpn"],
  route_targets: ["route-target"],
  terminations: ["l2vpn-termination"],
  plugin_metadata: ["sdn-fabric", "sdn-binding", "sdn-route-map", "sdn-prefix-list"],
} as const;

function sdnCounters({ summary, errors }: StageTally): Record<string, unknown> {
  const numbers = Object.entries(sdnKinds).map(([counter, kinds]) => [counter, sumOf(summary, kinds)]);
  const failing =
    summary?.endpoints.flatMap(({ name, error }) => (error ? [[name, error.message] as const] : [])) ?? [];
  return {
    ...Object.fromEntries(numbers),
    skipped: summary?.counts.skipped ?? 0,
    per_endpoint_errors: Object.fromEntries(failing),
    object_errors: errors.flatMap(({ error, object }) =>
      object ? [{ object: object.name, error: error.message }] : [],
    ),
    warnings: [],
  };
}

function sumOf(summary: StageSummary | null, kinds: readonly string[]): number {
  return kinds.reduce((sum, kind) => sum + inPlace(summary?.kinds[kind] ?? noCounts()), 0);
}

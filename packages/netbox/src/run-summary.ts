import type { Counts, StageResult } from "@proxbox/contracts/messages";
import { stageNames } from "@proxbox/contracts/stages";
import { names } from "@proxbox/contracts/streams";
import { openBucket } from "@proxbox/runtime/buckets";
import { underLease } from "@proxbox/runtime/lease";
import type { StageContext } from "@proxbox/runtime/stage";
import type { NetBoxClient } from "./client.ts";
import { asCourtesy, type JournalEntry } from "./journal.ts";
import { kindOf } from "./kinds.ts";

/** Which NetBox cluster an endpoint's guests are in. */
export type RunCluster = { endpoint: number; cluster: number };

type Result = Pick<StageResult["data"], "endpoint" | "counts">;

/**
 * Adds what a stage changed to the one journal entry that each cluster gets per run, or per job of runs; called at its finish. A stage that
 * changed nothing of a cluster adds nothing, and asks for no clusters when it changed nothing at all. Stages that end at
 * the same time take turns. Does nothing with the option `journal` off, and never fails; throws only when it is called off.
 */
export async function summariseRun(
  ctx: StageContext,
  client: NetBoxClient,
  results: readonly Result[],
  clustersOf: () => Promise<readonly RunCluster[]>,
): Promise<void> {
  const changed = new Set(results.filter(({ counts }) => isNews(counts)).map(({ endpoint }) => endpoint));
  if (!ctx.options.journal || ![...changed].some((endpoint) => endpoint !== null)) return;
  await asCourtesy(ctx, async () => {
    const clusters = (await clustersOf()).filter(({ endpoint }) => changed.has(endpoint));
    const words = new Map<number, string>();
    for (const [cluster, members] of Map.groupBy(clusters, (entry) => entry.cluster)) {
      const endpoints = new Set(members.map(({ endpoint }) => endpoint));
      const own = results.filter(({ endpoint }) => endpoint !== null && endpoints.has(endpoint));
      words.set(cluster, wordsOf(own.map(({ counts }) => counts)));
    }
    if (words.size === 0) return;
    const leases = openBucket(ctx.bus, names.leases);
    await underLease(leases, `journal-${toldAs(ctx)}`, ctx.replica, ctx.signal, (signal) =>
      tell(client, ctx, words, signal),
    );
  });
}

/** The text of a run's entry with one more stage in it; `text` is null for a new entry. Stages stand in their order. Pure. */
export function withStage(text: string | null, run: string, stage: string, words: string): string {
  const told = [...(text ?? "").matchAll(/^- ([a-z-]+): (.+)$/gm)].map(
    ([, name = "", line = ""]) => [name, line] as const,
  );
  const lines = new Map([...told, [stage, words]]);
  const ordered = stageNames.filter((name) => lines.has(name)).map((name) => `- ${name}: ${lines.get(name)}`);
  return [markOf(run), "", ...ordered].join("\n");
}

/** What happened to objects, in words, e.g. `3 created, 1 failed`. Pure. */
export function wordsOf(all: readonly Counts[]): string {
  const outcomes = ["created", "updated", "deleted", "failed"] as const;
  const sums = outcomes.map((name) => [name, all.reduce((sum, counts) => sum + counts[name], 0)] as const);
  return sums.flatMap(([name, sum]) => (sum > 0 ? [`${sum} ${name}`] : [])).join(", ");
}

/** Writes what a stage changed, by cluster: one list and at most two bulk requests. */
async function tell(
  client: NetBoxClient,
  ctx: StageContext,
  words: ReadonlyMap<number, string>,
  signal: AbortSignal,
): Promise<void> {
  const run = toldAs(ctx);
  const type = kindOf("cluster").model;
  const rows = await client.list<{ id: number; assigned_object_id: number; comments: string }>(
    kindOf("journal-entry").path,
    {
      assigned_object_type: type,
      assigned_object_id: [...words.keys()],
      q: run,
      fields: "id,assigned_object_id,comments",
    },
    signal,
  );
  const fresh: JournalEntry[] = [];
  const changed: { id: number; comments: string }[] = [];
  for (const [cluster, line] of words) {
    const entry = rows.find((row) => row.assigned_object_id === cluster && row.comments.startsWith(markOf(run)));
    const comments = withStage(entry?.comments ?? null, run, ctx.stage, line);
    if (!entry) fresh.push({ assigned_object_type: type, assigned_object_id: cluster, kind: "info", comments });
    else if (comments !== entry.comments) changed.push({ id: entry.id, comments });
  }
  const written = [
    ...(await client.create("journal-entry", fresh, signal)),
    ...(await client.update("journal-entry", changed, signal)),
  ];
  for (const result of written) if ("error" in result) throw result.error;
}

// A job of the plugin is a run for each stage, and one story.
function toldAs({ run, options }: Pick<StageContext, "run" | "options">): string {
  return options.job ?? run;
}

function isNews(counts: Counts): boolean {
  return counts.created + counts.updated + counts.deleted > 0;
}

function markOf(run: string): string {
  return `Brought in line with Proxmox in run ${run}.`;
}

import type { RunView } from "@proxbox/contracts/http";

const outcomes = ["created", "updated", "unchanged", "deleted", "failed", "skipped"] as const;
type Sums = Record<(typeof outcomes)[number], number>;

/** What one run came to; the demo's JSON holds one for each run. */
export type RunSummary = {
  ok: boolean;
  seconds: number;
  stages: ({ name: string; ok: boolean } & Sums)[];
  kinds: Record<string, Sums>;
  netbox: { requests: number; writes: number };
  errors: string[];
};

/** Sums up a run that is over, with what NetBox counted meanwhile. */
export function summarise(run: RunView, netbox: { requests: number; writes: number }): RunSummary {
  const kinds: RunSummary["kinds"] = {};
  for (const { summary } of run.stages) {
    for (const [kind, counts] of Object.entries(summary?.kinds ?? {})) {
      const sum = kinds[kind] ?? noSums();
      for (const outcome of outcomes) sum[outcome] += counts[outcome];
      kinds[kind] = sum;
    }
  }
  const started = Date.parse(run.startedAt ?? run.createdAt);
  return {
    ok: run.ok === true,
    seconds: Math.round((Date.parse(run.endedAt ?? run.createdAt) - started) / 10) / 100,
    stages: run.stages.map(({ stage, ok, summary }) => ({
      name: stage,
      ok: ok === true,
      ...noSums(),
      ...(summary?.counts ?? {}),
    })),
    kinds,
    netbox,
    errors: run.stages.flatMap((stage) => [
      ...(stage.error ? [stage.error.message] : []),
      ...(stage.summary?.errors ?? []).map((error) => error.message),
    ]),
  };
}

function noSums(): Sums {
  return { created: 0, updated: 0, unchanged: 0, deleted: 0, failed: 0, skipped: 0 };
}

/** The summary as a table for a person. */
export function summaryText(title: string, summary: RunSummary): string {
  const row = (name: string, cells: (string | number)[]) =>
    `  ${name.padEnd(28)}${cells.map((cell) => String(cell).padStart(11)).join("")}`;
  const lines = Object.entries(summary.kinds)
    .sort(([left], [right]) => left.localeCompare(right))
    .map(([kind, counts]) =>
      row(
        kind,
        outcomes.map((outcome) => counts[outcome] || ""),
      ),
    );
  return [
    `${title}: ${summary.ok ? "ok" : "NOT ok"} in ${summary.seconds.toFixed(2)} s; NetBox took ${summary.netbox.requests} requests, ${summary.netbox.writes} of them writes.`,
    row("", [...outcomes]),
    ...lines,
    ...summary.errors.map((error) => `  ! ${error}`),
  ].join("\n");
}

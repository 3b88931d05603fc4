import { expect, test } from "bun:test";
import type { RunIndexEntry } from "@proxbox/contracts/run-index";
import { stageNames } from "@proxbox/contracts/stages";
import { activeRuns } from "./active-runs.ts";

const entry = (id: string, phase: RunIndexEntry["phase"], stages: readonly string[], startedAt: string | null = null) =>
  ({
    id,
    phase,
    createdAt: `2026-03-01T10:00:0${id}.000Z`,
    startedAt,
    stages: stages.map((stage) => ({ stage })),
  }) as RunIndexEntry;

test("what is over is left out, the oldest comes first, and what a run is of names it", () => {
  const runs = [
    entry("4", "queued", ["devices"]),
    entry("3", "cancelling", ["devices", "storage"]),
    entry("2", "running", stageNames, "2026-03-01T10:00:03.500Z"),
    entry("1", "done", stageNames),
    entry("0", "failed", ["sdn"]),
  ];
  expect(activeRuns(runs)).toEqual({
    ...{ active: true, id: "3", kind: "devices,storage", started_at: "2026-03-01T10:00:03.000Z" },
    runs: [
      { id: "3", kind: "devices,storage", started_at: "2026-03-01T10:00:03.000Z" },
      { id: "2", kind: "full-update", started_at: "2026-03-01T10:00:03.500Z" },
      { id: "4", kind: "devices", started_at: "2026-03-01T10:00:04.000Z" },
    ],
  });
});

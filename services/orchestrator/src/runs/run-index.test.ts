import { expect, test } from "bun:test";
import type { RunIndexEntry } from "@proxbox/contracts/run-index";
import { outdated } from "./run-index.ts";

const day = 24 * 3_600_000;
const entry = (id: string, endedDay: number | null): RunIndexEntry => ({
  id,
  phase: endedDay === null ? "running" : "done",
  mode: "graph",
  origin: "api",
  generation: 0,
  createdAt: new Date((endedDay ?? 0) * day).toISOString(),
  startedAt: null,
  endedAt: endedDay === null ? null : new Date(endedDay * day).toISOString(),
  reason: null,
  stages: [],
  seq: 1,
});

test("runs are forgotten when their events are gone or newer ones are many; one at work never", () => {
  const entries = [entry("gone", 1), entry("at-work", null), entry("old", 17), entry("new", 19), entry("newest", 20)];
  expect(outdated(entries, 20 * day).map(({ id }) => id)).toEqual(["gone"]);
  expect(outdated(entries, 20 * day, 2).map(({ id }) => id)).toEqual(["old", "gone"]);
  expect(outdated([entry("at-work", null)], 100 * day, 0)).toEqual([]);
});

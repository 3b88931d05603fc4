import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ObjectOutcome } from "@proxbox/contracts/messages";
import { defaultStages, type StageName, stageNames } from "@proxbox/contracts/stages";
import { SyncError } from "@proxbox/runtime/errors";
import { shapeFaults } from "../../../test/frame-shapes.ts";
import { runStory, stageStory, stageTold, told } from "../../../test/run-story.ts";
import type { RunStreamEvent } from "../../runs/run-events.ts";
import type { PluginFrame } from "./frame.ts";
import { fullUpdateFrames } from "./full-update-frames.ts";
import { stageWords } from "./stage-words.ts";

const netboxUrl = "https://netbox.example.com";
const stages = defaultStages({ sync_mode_sdn: "disabled" });
const offline = { code: "proxmox_node_offline", message: "Node pve2 is away.", next: "Start it.", retryable: true };

function framesOf(
  events: readonly RunStreamEvent[],
  { tolerant = false, of = stages }: { tolerant?: boolean; of?: StageName[] } = {},
) {
  const maker = fullUpdateFrames({ run: "r-17", stages: of, netboxUrl, tolerant });
  return [...maker.begin(), ...events.flatMap((event) => maker.of(event))];
}

/** A run in which every stage has two objects of its own, and one more of some. */
function story(more: Partial<Record<StageName, ObjectOutcome[]>> = {}): RunStreamEvent[][] {
  return stages.map((stage) => {
    const kind = stageWords[stage].kinds[0] ?? "";
    const own = [1, 2].map(
      (id): ObjectOutcome => ({ kind, name: `${kind} ${id}`, id, outcome: id === 1 ? "created" : "unchanged" }),
    );
    const endpoints = [{ endpoint: 1, name: "lab", state: more[stage] ? "partial" : "ok" } as const];
    return stageStory(stage, [{ key: "a", objects: [...own, ...(more[stage] ?? [])] }], { endpoints });
  });
}

const steps = (frames: readonly PluginFrame[]) =>
  frames
    .filter(({ event, data }) => event === "step" && !("rowid" in data))
    .map(({ data }) => `${data.step} ${data.status}`);

function lastData(frames: readonly PluginFrame[]) {
  return (frames.at(-1)?.data ?? {}) as { ok: boolean; message: string; result: Record<string, unknown> };
}

const counts = [
  "devices_count",
  "storage_count",
  "virtual_machines_count",
  "virtual_disks_count",
  "task_history_count",
  "backups_count",
  "snapshots_count",
  "replications_count",
  "backup_routines_count",
  "node_interfaces_count",
  "vm_interfaces_count",
  "vm_ip_addresses_count",
];

describe("the frames of a full update", () => {
  const frames = framesOf(runStory(story()));

  test("begin with what was prepared, the operation and its stages", () => {
    expect(frames.slice(0, 3).map(({ event }) => event)).toEqual(["bootstrap_done", "step", "discovery"]);
    expect(frames[0]?.data).toMatchObject({ ok: true, skipped: true, created: [], warnings: [] });
    expect(frames[1]?.data).toMatchObject({ step: "stream", status: "started" });
    expect(frames[1]?.data.message).toContain("operation_id=r-17");
    expect(frames[2]?.data).toMatchObject({
      phase: "full-update",
      count: 12,
      items: [{ name: "devices", type: "stage" }, ...Array(11).fill({ type: "stage" })],
      progress: { current: 0, total: 12, percent: 0 },
      metadata: { operation_id: "r-17" },
    });
  });

  test("frame each stage by its steps, with its number and how long it took", () => {
    const names = stages.map((stage) => stageWords[stage].step);
    expect(steps(frames)).toEqual([
      "stream started",
      ...names.flatMap((name) => [`${name} started`, `${name} completed`]),
    ]);
    const ends = frames.filter(
      ({ event, data }) => event === "step" && data.status === "completed" && "result" in data,
    );
    expect(ends.map(({ data }) => data.duration_seconds)).toEqual(Array(12).fill(1.5));
    expect(ends[0]?.data.result).toEqual({ count: 2 });
    expect(ends.at(-1)?.data.result).toEqual({ created: 1, updated: 0 });
  });

  test("end with every key of the result, and twelve numbers", () => {
    const { ok, message, result } = lastData(frames);
    expect({ ok, message }).toEqual({
      ok: true,
      message: "The full update is done: 12 created, 0 updated, 12 as they should be.",
    });
    expect(Object.keys(result)).toEqual([...counts.map((key) => key.replace(/_count$/, "")), ...counts]);
    expect(counts.map((key) => result[key])).toEqual(Array(12).fill(2));
    expect(result.devices).toHaveLength(2);
    expect(result.virtual_disks).toEqual({ count: 2, created: 1, updated: 0, skipped: 1 });
    expect(result.replications).toEqual({ created: 1, updated: 0, stale: 0, errors: 0 });
  });

  test("have the shapes of the replaced program, and no error", () => {
    expect(frames.flatMap(shapeFaults)).toEqual([]);
    expect(frames.filter(({ event }) => event === "error")).toEqual([]);
  });
});

test("a long list is cut, and says so; its number is of all", () => {
  const devices = Array.from(
    { length: 2_500 },
    (_, id): ObjectOutcome => ({ kind: "device", name: `d${id}`, id, outcome: "unchanged" }),
  );
  const { result } = lastData(framesOf(runStory(story({ devices }))));
  expect(result.devices).toHaveLength(1_000);
  expect(result).toMatchObject({ devices_count: 2_502, truncated: true });
});

describe("a full update that fails", () => {
  const failing = story({
    "virtual-machines": [{ kind: "virtual-machine", name: "web", outcome: "failed", error: offline }],
  });

  test("tells so at its end, and only there", () => {
    const frames = framesOf(runStory(failing));
    expect(frames.slice(-3).map(({ event }) => event)).toEqual(["error_detail", "error", "complete"]);
    expect(frames.at(-3)?.data).toMatchObject({
      phase: "full-update",
      category: "connection",
      suggestion: "Start it.",
    });
    expect(frames.at(-1)?.data.message).toBe(
      "Stage virtual-machines is incomplete (1 failed, 2 virtual machines in place): web: Node pve2 is away. Start it.",
    );
    expect(steps(frames)).toContain("virtual-machines failed");
    expect(frames.filter(({ event }) => event === "error")).toHaveLength(1);
    expect(frames.flatMap(shapeFaults)).toEqual([]);
  });

  test("is degraded where that is tolerated", () => {
    const { result } = lastData(framesOf(runStory(failing), { tolerant: true }));
    expect(result).toMatchObject({ virtual_machines_count: 2, degraded: true, warnings: [{ object: "web" }] });
  });

  test("tells stages that were not begun", () => {
    const events = [stageTold("storage", "blocked", { because: ["devices"] }), told("run.failed")];
    const frames = framesOf(events);
    expect(steps(frames)).toEqual(["stream started"]);
    expect(frames.at(-1)?.data.message).toContain("Stage storage was not begun, because devices failed.");
  });

  test("was called off: error and complete", () => {
    const frames = framesOf([told("run.cancelling", { reason: "Asked by a person" }), told("run.cancelled")]);
    expect(frames.slice(3).map(({ event }) => event)).toEqual(["step", "error", "complete"]);
    expect(frames.at(-1)?.data.message).toStartWith("The full update was cancelled: Asked by a person.");
  });

  test("broke off: its stream ends once", () => {
    const maker = fullUpdateFrames({ run: "r", stages, netboxUrl, tolerant: false });
    const frames = maker.broken(new SyncError("bus_unavailable", "The bus is away."));
    expect(frames.map(({ event }) => event)).toEqual(["error_detail", "error", "complete"]);
    expect([...maker.broken("again"), ...maker.silence(), ...maker.of(told("run.done"))]).toEqual([]);
  });
});

test("silence says which of the stages is at work", () => {
  const maker = fullUpdateFrames({ run: "r", stages, netboxUrl, tolerant: false });
  for (const event of [told("run.running"), ...(story()[0] ?? []), stageTold("storage", "started")]) maker.of(event);
  expect(maker.silence()).toEqual([
    {
      event: "step",
      data: {
        step: "full-update",
        status: "progress",
        message: "1 of 12 stages are over. Stage storage: what there is to do is being listed.",
      },
    },
  ]);
});

test("a recorded run of every stage gives frames in the shapes of the replaced program", () => {
  const recorded = readFileSync(join(import.meta.dir, "../../../test/recorded-run.jsonl"), "utf8")
    .trim()
    .split("\n");
  const events = recorded.map((line) => {
    const { name, data } = JSON.parse(line);
    return told(name, data);
  });
  const frames = framesOf(events, { of: [...stageNames] });
  expect(frames.flatMap(shapeFaults)).toEqual([]);
  const started = steps(frames).filter((step) => step.endsWith(" started"));
  expect(started).toEqual(["stream started", ...stageNames.map((stage) => `${stageWords[stage].step} started`)]);
  expect(frames.findIndex(({ event }) => event === "complete")).toBe(frames.length - 1);
});

import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type ObjectOutcome, Outcome } from "@proxbox/contracts/messages";
import { type StageName, stageNames } from "@proxbox/contracts/stages";
import { stageFacts } from "@proxbox/contracts/subjects";
import { SyncError } from "@proxbox/runtime/errors";
import fc from "fast-check";
import { shapeFaults } from "../../../test/frame-shapes.ts";
import { batchTold, runStory, stageStory, stageTold, told } from "../../../test/run-story.ts";
import type { RunStreamEvent } from "../../runs/run-events.ts";
import { frameText, type PluginFrame } from "./frame.ts";
import { stageFrames } from "./stage-frames.ts";
import { stageWords } from "./stage-words.ts";

const netboxUrl = "https://netbox.example.com";
const offline = {
  code: "proxmox_node_offline",
  message: "Node pve2 does not report it.",
  next: "Bring the node back.",
  retryable: true,
};
const machine = (
  name: string,
  outcome: ObjectOutcome["outcome"],
  more: Partial<ObjectOutcome> = {},
): ObjectOutcome => ({
  kind: "virtual-machine",
  name,
  outcome,
  ...(outcome === "failed" ? { error: offline } : { id: 7 }),
  ...more,
});
const whole = [{ endpoint: 1, name: "lab", state: "partial" } as const];

function framesOf(
  events: readonly RunStreamEvent[],
  { step = "virtual-machines", stages = ["virtual-machines"] as readonly StageName[], tolerant = false } = {},
): PluginFrame[] {
  const maker = stageFrames({ step, stages, netboxUrl, tolerant });
  return [...maker.begin(), ...events.flatMap((event) => maker.of(event))];
}

const words = (frames: readonly PluginFrame[]) =>
  frames.map(({ event, data }) => (event === "step" ? `step ${data.step} ${data.status}` : event));

describe("the frames of a stage", () => {
  test("come in the order in which the plugin knows them", () => {
    const renamed = {
      cluster: "lab",
      original_name: "web",
      resolved_name: "web (2)",
      vmid: 102,
      suffix_index: 2,
      operator_renamed: false,
    };
    const story = stageStory("virtual-machines", [
      { key: "support", objects: [{ kind: "tag", name: "Proxbox", outcome: "created", id: 1 }] },
      {
        key: "guests_1_100-3",
        objects: [
          machine("web (qemu 100)", "created"),
          machine("web (2) (qemu 102)", "updated", { renamed, fields: ["name"] }),
          machine("db (lxc 103)", "unchanged"),
          { kind: "sync-state-virtual-machine", name: "db (lxc 103)", outcome: "unchanged", id: 9 },
        ],
      },
      { key: "finish" },
    ]);
    const frames = framesOf(runStory([story]));
    expect(words(frames)).toEqual([
      "step virtual-machines started",
      "discovery",
      "substep",
      "substep",
      "item_progress",
      "step virtual_machine completed",
      "duplicate_name_resolved",
      "item_progress",
      "step virtual_machine completed",
      "item_progress",
      "step virtual_machine completed",
      "phase_summary",
      "step virtual_machine completed",
      "step virtual-machines completed",
      "complete",
    ]);
    expect(frames[4]?.data).toEqual({
      event: "item_progress",
      phase: "virtual-machines",
      status: "completed",
      message: "Virtual machine 'web' was created.",
      item: {
        name: "web",
        netbox_id: 7,
        netbox_url: `${netboxUrl}/virtualization/virtual-machines/7/`,
        item_type: "qemu",
        extra: { vmid: 100 },
      },
      operation: "created",
      progress: { current: 2, total: 3, percent: 66.67 },
    });
    expect(frames[6]?.data).toEqual({ event: "duplicate_name_resolved", ...renamed });
    expect(frames.at(-2)?.data).toMatchObject({ step: "virtual-machines", result: { count: 3 } });
    const message = "virtual-machines is done: 1 created, 1 updated, 1 as they should be.";
    expect(frames.at(-1)?.data).toEqual({ ok: true, message, result: { count: 3 } });
  });

  test("tell the truth about each object", () => {
    const objects = [
      machine("a (qemu 1)", "created"),
      machine("b (qemu 2)", "updated"),
      machine("c (qemu 3)", "unchanged"),
      machine("d (qemu 4)", "deleted"),
      machine("e (qemu 5)", "skipped", { reason: "It is a template." }),
      machine("f (qemu 6)", "skipped", { reason: "would be marked, but the listing is incomplete" }),
      machine("g (qemu 7)", "failed"),
      { kind: "tag", name: "broken", outcome: "failed", error: offline } as const,
      { kind: "tag", name: "fine", outcome: "created", id: 2 } as const,
    ];
    const items = framesOf([batchTold("virtual-machines", { key: "a", objects })]).filter(
      ({ event }) => event === "item_progress",
    );
    expect(items.map(({ data }) => [data.operation, data.status])).toEqual([
      ["created", "completed"],
      ["updated", "completed"],
      ["skipped", "completed"],
      ["deleted", "completed"],
      ["skipped", "skipped"],
      ["would_delete", "skipped"],
      ["failed", "failed"],
      ["failed", "failed"],
    ]);
    expect(items[4]?.data.warning).toBe("It is a template.");
    expect(items[6]?.data.error).toBe("g: Node pve2 does not report it. Bring the node back.");
  });

  test("leave unchanged tasks and backups to their batch: there are very many", () => {
    const objects = (kind: string): ObjectOutcome[] => [
      { kind, name: "one", id: 1, outcome: "unchanged" },
      { kind, name: "two", id: 2, outcome: "created" },
    ];
    for (const [stage, kind] of [
      ["task-history", "task-history"],
      ["vm-backups", "backup"],
    ] as const) {
      const frames = framesOf([batchTold(stage, { key: "a", objects: objects(kind) })], {
        step: stage,
        stages: [stage],
      });
      expect(frames.slice(1).map(({ event }) => event)).toEqual(["substep", "item_progress"]);
      expect(frames[1]?.data.message).toContain("1 created, 1 unchanged.");
    }
  });

  test("of a failure end with error and complete, which say what, why and what next", () => {
    const objects = [machine("web (qemu 100)", "failed"), machine("db (qemu 101)", "created")];
    const story = stageStory("virtual-machines", [{ key: "a", objects }]);
    const frames = framesOf(runStory([story]));
    const text =
      "Stage virtual-machines is incomplete (1 failed, 1 virtual machines in place): " +
      "web (qemu 100): Node pve2 does not report it. Bring the node back.";
    expect(frames.slice(-2)).toEqual([
      { event: "error", data: { step: "virtual-machines", status: "failed", error: text, detail: text } },
      {
        event: "complete",
        data: {
          ok: false,
          message: text,
          errors: [{ detail: text }, { detail: "web (qemu 100): Node pve2 does not report it. Bring the node back." }],
        },
      },
    ]);
    expect(frames.find(({ event }) => event === "error_detail")?.data).toEqual({
      event: "error_detail",
      phase: "virtual-machines",
      item: { name: "web", item_type: "qemu" },
      category: "connection",
      message: "web: Node pve2 does not report it.",
      suggestion: "Bring the node back.",
    });
    expect(frames.find(({ event }) => event === "phase_summary")?.data).toMatchObject({
      status: "completed_with_errors",
      result: { created: 1, failed: 1, total: 2 },
    });
  });

  test("end well where single objects are missing and that is tolerated", () => {
    const objects = [machine("web (qemu 100)", "failed"), machine("db (qemu 101)", "created")];
    const story = stageStory("virtual-machines", [{ key: "a", objects }], { endpoints: whole });
    const last = framesOf(runStory([story]), { tolerant: true }).at(-1);
    expect(last?.data).toMatchObject({ ok: true, result: { count: 1, failed_count: 1, degraded: true } });
    expect(String(last?.data.message)).toContain("Node pve2 does not report it.");
    const broken = stageStory("virtual-machines", [{ key: "a", objects, error: offline }], { endpoints: whole });
    expect(framesOf(runStory([broken]), { tolerant: true }).at(-1)?.data.ok).toBe(false);
  });

  test("tell an endpoint of which nothing could be done", () => {
    const error = {
      code: "proxmox_unauthorized",
      message: "Proxmox endpoint lab does not accept the token root@pam!x.",
      cause: "401 no such token",
      next: "Enter another token.",
      retryable: false,
    };
    const story = stageStory("virtual-machines", [{ key: "endpoint-1", error }], {
      end: "failed",
      error,
      endpoints: [{ endpoint: 1, name: "lab", state: "failed", error }],
    });
    const frames = framesOf(runStory([story]));
    const details = frames.filter(({ event }) => event === "error_detail");
    expect(details.map(({ data }) => data)).toEqual([
      {
        event: "error_detail",
        phase: "virtual-machines",
        category: "authentication",
        message: "Proxmox endpoint lab does not accept the token root@pam!x.",
        detail: "401 no such token",
        suggestion: "Enter another token.",
      },
    ]);
    expect(frames.at(-1)?.data.message).toBe(
      "Stage virtual-machines failed (1 failed, 0 virtual machines in place): Proxmox endpoint lab does not accept the token root@pam!x. It says: 401 no such token. Enter another token.",
    );
  });

  test("tell an endpoint that was left out, and a stage that was not begun", () => {
    const error = { code: "endpoint_blocked", message: "Stage devices failed for lab.", retryable: true };
    const leftOut = stageStory("virtual-machines", [], {
      end: "failed",
      endpoints: [{ endpoint: 1, name: "lab", state: "blocked", error }],
    });
    expect(framesOf(leftOut).map(({ data }) => data.message)).toContain("Stage devices failed for lab.");
    const blocked = framesOf([stageTold("virtual-machines", "blocked", { because: ["devices"] })]);
    expect(blocked.map(({ event }) => event)).toEqual(["step", "error_detail", "step"]);
  });

  test("of a run that was called off say by whom", () => {
    const frames = framesOf([
      told("run.running"),
      told("run.cancelling", { reason: "Nobody reads it any more." }),
      told("run.cancelled"),
    ]);
    expect(words(frames)).toEqual([
      "step virtual-machines started",
      "step virtual-machines progress",
      "error",
      "complete",
    ]);
    expect(frames.at(-1)?.data.message).toStartWith("virtual-machines was cancelled: Nobody reads it any more.");
  });

  test("of a dry run say what would be done, and that nothing was", () => {
    const objects = [
      machine("a (qemu 1)", "skipped", { reason: "would be created", would: "created" }),
      machine("b (qemu 2)", "skipped", { reason: "would be updated: vcpus", would: "updated" }),
      machine("c (qemu 3)", "unchanged"),
      { kind: "tag", name: "x", outcome: "skipped", reason: "would be created", would: "created" } as const,
    ];
    const created = told("run.created", { request: { stages: [], options: { dry_run: true } } });
    const frames = framesOf([created, ...runStory([stageStory("virtual-machines", [{ key: "a", objects }])]).slice(1)]);
    const items = frames.filter(({ event }) => event === "item_progress").map(({ data }) => data);
    expect(items.map(({ operation, message }) => [operation, message])).toEqual([
      ["skipped", "Virtual machine 'a' would be created."],
      ["skipped", "Virtual machine 'b' would be updated: vcpus."],
      ["skipped", "Virtual machine 'c' is as it should be."],
      ["skipped", "Tag 'x' would be created."],
    ]);
    expect(frames.at(-1)?.data.message).toBe(
      "virtual-machines: nothing was written, as asked; 1 would be created, 1 would be updated, 1 are as they should be.",
    );
  });

  test("of a path that means several stages are one stream with one result", () => {
    const stages = ["virtual-machines", "vm-interfaces"] as const;
    const story = [
      stageStory("virtual-machines", [{ key: "a", objects: [machine("web (qemu 100)", "created")] }]),
      stageStory("vm-interfaces", [
        { key: "b", objects: [{ kind: "vm-interface", name: "web net0", outcome: "created", id: 3 }] },
      ]),
    ];
    const frames = framesOf(runStory(story), { step: "virtual-machine", stages });
    expect(frames.filter(({ event }) => event === "phase_summary").map(({ data }) => data.phase)).toEqual([...stages]);
    expect(frames.at(-1)?.data).toMatchObject({ ok: true, result: { count: 1 } });
    expect(words(frames).filter((word) => word.includes("virtual-machine "))).toEqual([
      "step virtual-machine started",
      "step virtual-machine completed",
    ]);
  });

  test("of an attempt that is replayed count anew", () => {
    const again = [
      stageTold("virtual-machines", "replay", { mode: "failed-only" }, 2),
      stageTold("virtual-machines", "manifest", { manifest: { count: 1, keys: ["a"] } }, 2),
      batchTold("virtual-machines", { key: "a", objects: [machine("web (qemu 100)", "created")] }, 2),
    ];
    const first = stageStory("virtual-machines", [{ key: "a", objects: [machine("web (qemu 100)", "failed")] }]);
    const frames = framesOf([...first, ...again]);
    expect(frames.filter(({ event }) => event === "item_progress").map(({ data }) => data.progress)).toEqual([
      { current: 1, total: 1, percent: 100 },
      { current: 1, total: 1, percent: 100 },
    ]);
  });
});

describe("silence", () => {
  test("is broken with where the run stands", () => {
    const maker = stageFrames({ step: "storage", stages: ["storage"], netboxUrl, tolerant: false });
    const said = () => maker.silence().map(({ data }) => data.message);
    expect(said()[0]).toContain("waits for its turn");
    for (const event of [told("run.running"), stageTold("storage", "started")]) maker.of(event);
    expect(said()).toEqual(["Stage storage: what there is to do is being listed."]);
    maker.of(stageTold("storage", "manifest", { manifest: { count: 4, keys: [] } }));
    maker.of(batchTold("storage", { key: "a", objects: [{ kind: "storage", name: "x", outcome: "failed" }] }));
    expect(said()).toEqual(["Stage storage: 1 of 4 batches are done, 1 objects failed."]);
    maker.of(stageTold("storage", "done"));
    expect(said()).toEqual(["The run is being closed."]);
    maker.of(told("run.failed"));
    expect(said()).toEqual([]);
  });
});

describe("a stream that breaks", () => {
  test("ends with error and complete, once", () => {
    const maker = stageFrames({ step: "storage", stages: ["storage"], netboxUrl, tolerant: false });
    const thrown = new SyncError("bus_unavailable", "The bus does not answer.", { next: "See that nats-server runs." });
    const frames = maker.broken(thrown);
    expect(words(frames)).toEqual(["error", "complete"]);
    expect(frames[1]?.data).toMatchObject({ ok: false });
    expect(String(frames[1]?.data.message)).toContain("The bus does not answer. See that nats-server runs.");
    expect([...maker.broken(thrown), ...maker.of(told("run.done")), ...maker.silence()]).toEqual([]);
  });
});

const recorded = readFileSync(join(import.meta.dir, "../../../test/recorded-run.jsonl"), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as { name: string; data: object })
  .map(({ name, data }) => told(name, data));

describe("a recorded run", () => {
  test.each(stageNames.map((stage) => [stage]))(
    "of stage %s gives frames in the shapes of the replaced program",
    (stage) => {
      const { step } = stageWords[stage];
      const frames = framesOf(recorded, { step, stages: [stage] });
      expect(frames.flatMap(shapeFaults)).toEqual([]);
      const names = new Set(frames.map(({ event }) => event));
      for (const event of ["step", "discovery", "substep", "phase_summary", "complete"] as const)
        expect(names).toContain(event);
      expect(frames.filter(({ event }) => event === "complete")).toHaveLength(1);
    },
  );

  test("tells each machine once, and which of them could not have the name of its guest", () => {
    const frames = framesOf(recorded);
    const items = frames.filter(({ event, data }) => event === "item_progress" && data.phase === "virtual-machines");
    const machines = items.filter(({ data }) =>
      ["qemu", "lxc"].includes((data.item as { item_type: string }).item_type),
    );
    const summary = frames.find(({ event }) => event === "phase_summary");
    expect(summary?.data.result).toMatchObject({ total: machines.length });
    expect(
      frames.filter(({ event }) => event === "duplicate_name_resolved").map(({ data }) => data.resolved_name),
    ).toEqual(["web (2)"]);
    expect(frames.at(-1)?.data.message).toContain("Node pve2 does not report its guest");
  });
});

describe("whatever happens", () => {
  const text = fc.string({ unit: "binary", maxLength: 12 });
  const error = fc.record({
    code: text,
    message: text,
    retryable: fc.boolean(),
    object: text,
    cause: text,
    next: text,
  });
  const outcome = fc.constantFrom(...Outcome.anyOf.map(({ const: word }) => word));
  const object = fc.record(
    {
      kind: fc.constantFrom("device", "virtual-machine", "tag"),
      name: text,
      outcome,
      reason: text,
      error,
      id: fc.nat(),
    },
    { requiredKeys: ["kind", "name", "outcome"] },
  );
  const batch = fc.record(
    { key: text, objects: fc.array(object, { maxLength: 4 }), error },
    { requiredKeys: ["key", "objects"] },
  );
  const stage = fc.constantFrom<StageName>("devices", "virtual-machines", "sdn");
  const event = fc.oneof(
    fc.tuple(stage, batch, fc.nat(2)).map(([name, one, attempt]) => batchTold(name, one as never, attempt)),
    fc
      .tuple(stage, fc.constantFrom(...stageFacts), fc.nat(2))
      .map(([name, fact, attempt]) => stageTold(name, fact, {}, attempt)),
    fc.tuple(stage, text).map(([name, message]) => told("progress", { stage: name, message })),
    fc.constantFrom("run.created", "run.running", "run.cancelling", "gap").map((name) => told(name, { reason: "x" })),
  );
  const end = fc.constantFrom("run.done", "run.failed", "run.cancelled").map((name) => told(name));
  const stories = fc.tuple(fc.array(event, { maxLength: 12 }), end, fc.array(event, { maxLength: 3 }));

  test("there is one complete, at the end, every frame is one line of ASCII in its shape, and names survive", () => {
    fc.assert(
      fc.property(stories, fc.boolean(), ([before, last, late], tolerant) => {
        const options = { step: "devices", stages: ["devices", "virtual-machines"] as const, tolerant };
        const frames = framesOf([...before, last, ...late], options);
        expect(frames.findIndex((frame) => frame.event === "complete")).toBe(frames.length - 1);
        expect(frames.findIndex((frame) => frame.event === "error")).toBeOneOf([-1, frames.length - 2]);
        expect(frames.flatMap(shapeFaults)).toEqual([]);
        for (const frame of frames) {
          const [, data, ...rest] = frameText(frame).split("\n");
          expect(rest).toEqual(["", ""]);
          expect(data).toMatch(/^data: [ -~]+$/);
          expect(JSON.parse(data?.slice(6) ?? "")).toEqual(JSON.parse(JSON.stringify(frame.data)));
        }
      }),
    );
  });
});

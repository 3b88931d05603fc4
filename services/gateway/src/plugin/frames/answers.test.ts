import { describe, expect, test } from "bun:test";
import { Problem } from "@proxbox/contracts/http";
import type { ObjectOutcome } from "@proxbox/contracts/messages";
import { defaultStages, type StageName } from "@proxbox/contracts/stages";
import { Value } from "@sinclair/typebox/value";
import { runStory, stageStory, told } from "../../../test/run-story.ts";
import type { RunStreamEvent } from "../../runs/run-events.ts";
import { type AnswerMaker, fullUpdateAnswer, stageAnswer } from "./answers.ts";
import { stageWords } from "./stage-words.ts";

const device = (name: string, more: Partial<ObjectOutcome> = {}): ObjectOutcome => ({
  kind: "device",
  name,
  id: 3,
  outcome: "created",
  ...more,
});
const refused = { code: "netbox_refused", message: "NetBox refused it.", next: "Shorten it.", retryable: false };
const whole = [{ endpoint: 1, name: "lab", state: "partial" } as const];

function answerOf(maker: AnswerMaker, events: readonly RunStreamEvent[]) {
  const answers = events.flatMap((event) => maker.take(event) ?? []);
  expect(answers).toHaveLength(1);
  return answers[0];
}

const ofStage = (stage: StageName, tolerant = false) =>
  stageAnswer({ step: stageWords[stage].step, stages: [stage], netboxUrl: null, tolerant });

describe("the answer of a stage", () => {
  test("is a list of its objects", () => {
    const events = runStory([stageStory("devices", [{ key: "a", objects: [device("pve1")] }])]);
    expect(answerOf(ofStage("devices"), events)).toEqual({
      status: 200,
      body: [{ id: 3, name: "pve1", display: "pve1" }],
    });
  });

  test("is an object when the list is too long for one answer", () => {
    const objects = Array.from({ length: 1_200 }, (_, id) => device(`d${id}`, { id }));
    const answer = answerOf(ofStage("devices"), runStory([stageStory("devices", [{ key: "a", objects }])]));
    expect(answer?.body).toEqual({ devices: expect.any(Array), count: 1_200, truncated: true });
    expect(answer).toHaveProperty("body.devices.length", 1_000);
  });

  test("is numbers where the replaced program answered numbers", () => {
    const objects: ObjectOutcome[] = [{ kind: "virtual-disk", name: "scsi0", id: 1, outcome: "created" }];
    const events = runStory([stageStory("vm-disks", [{ key: "a", objects }])]);
    expect(answerOf(ofStage("vm-disks"), events)?.body).toEqual({ count: 1, created: 1, updated: 0, skipped: 0 });
  });

  test("is an object with warnings when it lacks objects and that is tolerated", () => {
    const objects = [device("pve1"), device("pve2", { outcome: "failed", error: refused })];
    const events = runStory([stageStory("devices", [{ key: "a", objects }], { endpoints: whole })]);
    expect(answerOf(ofStage("devices", true), events)).toMatchObject({
      status: 200,
      body: { devices: [{ name: "pve1" }], count: 1, degraded: true, warnings: [{ object: "pve2" }] },
    });
  });

  test.each([
    ["netbox_refused", 502],
    ["no_endpoints", 400],
    ["proxmox_unreachable", 502],
    ["proxmox_unauthorized", 502],
    ["netbox_timeout", 504],
    ["netbox_overloaded", 503],
    ["internal", 502],
  ])("that failed with %s is a %d that says why", (code, status) => {
    const error = { ...refused, code };
    const events = runStory([stageStory("devices", [{ key: "a", error }], { end: "failed", error })]);
    const answer = answerOf(ofStage("devices"), events);
    expect(answer).toMatchObject({ status, body: { code, next: "Shorten it.", python_exception: null } });
    expect(Value.Check(Problem, answer?.body)).toBe(true);
    expect(JSON.stringify(answer?.body)).toContain("NetBox refused it.");
  });

  test("that was called off is a 503", () => {
    const answer = answerOf(ofStage("devices"), [told("run.running"), told("run.cancelled", { reason: "Asked" })]);
    expect(answer).toMatchObject({ status: 503, body: { code: "cancelled" } });
  });
});

test("the answer of a full update has a status, every stage and its number", () => {
  const stages = defaultStages({ sync_mode_sdn: "disabled" });
  const stories = stages.map((stage) => {
    const kind = stageWords[stage].kinds[0] ?? "";
    return stageStory(stage, [{ key: "a", objects: [{ kind, name: "one", id: 1, outcome: "unchanged" }] }]);
  });
  const answer = answerOf(fullUpdateAnswer({ stages, netboxUrl: null, tolerant: false }), runStory(stories));
  expect(answer).toMatchObject({
    status: 200,
    body: { status: "completed", devices: [{ id: 1 }], vm_ip_addresses: [{ ip_id: 1 }], backup_routines_count: 1 },
  });
});

import { describe, expect, test } from "bun:test";
import type { ObjectOutcome } from "@proxbox/contracts/messages";
import { stageStory, stageTold } from "../../../test/run-story.ts";
import type { RunStreamEvent } from "../../runs/run-events.ts";
import { factOf } from "./run-facts.ts";
import { newTally, type StageTally, tallyAfter } from "./stage-tally.ts";
import { errorDetail, failedFrames, failureText } from "./told-errors.ts";

const offline = { code: "proxmox_node_offline", message: "The node is offline.", next: "Start it.", retryable: true };
const refused = { code: "netbox_refused", message: "NetBox refused it.", cause: "name: taken", retryable: false };
const failed = (name: string, error: typeof offline | typeof refused): ObjectOutcome => ({
  kind: "virtual-machine",
  name,
  outcome: "failed",
  error,
});

function after(events: readonly RunStreamEvent[]): StageTally {
  return events.reduce((tally, event) => {
    const fact = factOf(event);
    return fact && (fact.of === "stage" || fact.of === "result") ? tallyAfter(tally, fact) : tally;
  }, newTally("virtual-machines"));
}

const told = (...objects: ObjectOutcome[]) =>
  failureText([after(stageStory("virtual-machines", [{ key: "a", objects }]))], "");

describe("failureText", () => {
  test("spells out one error of each kind with its object, cause and next step, and names others", () => {
    const text = told(failed("c", offline), failed("a", offline), failed("b", offline), failed("d", refused), {
      kind: "virtual-machine",
      name: "e",
      outcome: "created",
    });
    expect(text).toBe(
      "Stage virtual-machines is incomplete (4 failed, 1 virtual machines in place): a: The node is offline. Start it. " +
        "The same goes for b, c. d: NetBox refused it. It says: name: taken.",
    );
  });

  test("says how many more there are", () => {
    const many = Array.from({ length: 50 }, (_, index) => failed(`vm-${String(index).padStart(2, "0")}`, offline));
    expect(told(...many)).toEndWith("The same goes for vm-01, vm-02, vm-03. 46 more failed.");
  });

  test("is the same in whatever order batches end", () => {
    const objects = [failed("x", offline), failed("y", offline)];
    expect(told(...objects)).toBe(told(...objects.toReversed()));
  });

  test("puts what ended an endpoint before what ended objects", () => {
    const down = { code: "proxmox_unauthorized", message: "The token of pve is refused.", retryable: false };
    const events = stageStory("virtual-machines", [
      { key: "a", objects: [failed("x", refused)] },
      { key: "endpoint-2", error: down },
    ]);
    expect(failureText([after(events)], "")).toContain("in place): The token of pve is refused. x: NetBox refused it.");
  });

  test("leaves out stages that are complete or were never begun, and says something when there is nothing to say", () => {
    const good = after(stageStory("virtual-machines", [{ key: "a" }]));
    expect(failureText([good, newTally("sdn")], "It failed.")).toBe("It failed.");
    const blocked = after([stageTold("virtual-machines", "blocked", { because: ["devices"] })]);
    expect(failureText([good, blocked], "")).toBe(
      "Stage virtual-machines was not begun, because devices failed. Correct that first; then ask for it again.",
    );
  });
});

test("complete carries objects as errors, the whole text first, each once", () => {
  const tally = after(
    stageStory("virtual-machines", [{ key: "a", objects: [failed("x", refused), failed("y", refused)] }]),
  );
  const [error, complete] = failedFrames("virtual-machines", "All of it.", [tally]);
  expect(error).toEqual({
    event: "error",
    data: { step: "virtual-machines", status: "failed", error: "All of it.", detail: "All of it." },
  });
  expect(complete?.data).toEqual({
    ok: false,
    message: "All of it.",
    errors: [
      { detail: "All of it." },
      { detail: "x: NetBox refused it. It says: name: taken." },
      { detail: "y: NetBox refused it. It says: name: taken." },
    ],
  });
});

test("error_detail has only what there is", () => {
  expect(
    errorDetail("devices", { error: { code: "internal", message: "It broke", retryable: false }, object: null }).data,
  ).toEqual({
    event: "error_detail",
    phase: "devices",
    category: "internal",
    message: "It broke.",
  });
  expect(
    errorDetail(
      "devices",
      { error: { ...refused, next: "Rename it." }, object: { kind: "device", name: "pve1" } },
      "node",
    ).data,
  ).toEqual({
    event: "error_detail",
    phase: "devices",
    item: { name: "pve1", item_type: "node" },
    category: "validation",
    message: "pve1: NetBox refused it.",
    detail: "name: taken",
    suggestion: "Rename it.",
  });
});

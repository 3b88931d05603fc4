import { describe, expect, test } from "bun:test";
import type { ObjectOutcome, Outcome } from "@proxbox/contracts/messages";
import type { StageName } from "@proxbox/contracts/stages";
import { type Batch, stageStory } from "../../../test/run-story.ts";
import { factOf } from "./run-facts.ts";
import { degradation, phaseNumbers, stageResult } from "./stage-result.ts";
import { newTally, type StageTally, tallyAfter } from "./stage-tally.ts";

const some = (kind: string, ...outcomes: Outcome[]): ObjectOutcome[] =>
  outcomes.map((outcome, index) => ({ kind, name: `${kind} ${index}`, outcome }));

function tallyOf(stage: StageName, ...batches: Batch[]): StageTally {
  return stageStory(stage, batches).reduce((tally, event) => {
    const fact = factOf(event);
    return fact && (fact.of === "stage" || fact.of === "result") ? tallyAfter(tally, fact) : tally;
  }, newTally(stage));
}

const every: Outcome[] = ["created", "created", "updated", "unchanged", "deleted", "failed", "skipped"];

describe("stageResult has the keys of the replaced program and true numbers", () => {
  test.each([
    ["devices", "device", { count: 4 }],
    ["storage", "storage", { count: 4 }],
    ["virtual-machines", "virtual-machine", { count: 4 }],
    ["task-history", "task-history", { count: 4, created: 2, skipped: 2 }],
    ["vm-disks", "virtual-disk", { count: 4, created: 2, updated: 1, skipped: 2 }],
    ["vm-backups", "backup", { count: 4 }],
    ["vm-snapshots", "snapshot", { count: 4, created: 2, updated: 1, skipped: 2, deleted: 1 }],
    ["network-interfaces", "interface", { count: 4 }],
    ["vm-interfaces", "vm-interface", { count: 4 }],
    ["ip-addresses", "ip-address", { count: 4 }],
    ["replications", "replication", { created: 2, updated: 1, stale: 0, errors: 1 }],
    ["backup-routines", "backup-routine", { created: 2, updated: 1, stale: 0, errors: 1 }],
  ] as const)("%s", (stage, kind, expected) => {
    const beside = some("tag", "created", "unchanged");
    const result = stageResult(tallyOf(stage, { key: "a", objects: [...some(kind, ...every), ...beside] }));
    expect(result).toEqual(expected);
    expect(Object.keys(result)).toEqual(Object.keys(expected));
  });

  test("rows that are marked as stale are told apart from those that changed", () => {
    const jobs = { key: "routines_1_0", objects: some("backup-routine", "created", "updated") };
    const gone = { key: "stale_1", objects: some("backup-routine", "updated", "updated", "unchanged") };
    expect(stageResult(tallyOf("backup-routines", jobs, gone))).toEqual({
      created: 1,
      updated: 1,
      stale: 2,
      errors: 0,
    });
  });

  test("sdn counts what is in place of each kind", () => {
    const objects = [
      ...some("sdn-zone", "created", "unchanged"),
      ...some("l2vpn", "failed"),
      ...some("prefix", "created"),
    ];
    expect(stageResult(tallyOf("sdn", { key: "sdn_1", objects }))).toMatchObject({
      ok: false,
      counters: {
        zones: 2,
        l2vpns: 0,
        controllers: 0,
        skipped: 0,
        per_endpoint_errors: {},
        object_errors: [],
        warnings: [],
      },
    });
  });

  test("a stage of which nothing is known has nothing", () => {
    expect(stageResult(newTally("virtual-machines"))).toEqual({ count: 0 });
  });
});

describe("phaseNumbers", () => {
  test("what was written counts the stage's own objects, what failed or was skipped counts all", () => {
    const objects = [...some("device", ...every), ...some("tag", "created", "failed", "skipped", "unchanged")];
    expect(phaseNumbers(tallyOf("devices", { key: "a", objects }))).toEqual({
      created: 2,
      updated: 1,
      deleted: 1,
      failed: 2,
      skipped: 3,
      total: 9,
    });
  });

  test("what failed without an object failed all the same", () => {
    const error = { code: "proxmox_unreachable", message: "Nobody answers.", retryable: true };
    const tally = tallyOf("devices", { key: "endpoint-1", error });
    expect(phaseNumbers(tally)).toMatchObject({ failed: 1, total: 1 });
  });
});

test("a result that lacks objects says so, names them, and of machines how many", () => {
  const error = { code: "netbox_refused", message: "NetBox refused it.", retryable: false };
  const objects: ObjectOutcome[] = [{ kind: "virtual-machine", name: "web", id: 7, outcome: "failed", error }];
  const tally = tallyOf("virtual-machines", { key: "a", objects });
  expect(degradation("virtual-machines", [tally])).toEqual({
    failed_count: 1,
    warnings: [
      {
        phase: "virtual-machines",
        object: "web",
        netbox_id: 7,
        reason: "netbox_refused",
        message: "web: NetBox refused it.",
      },
    ],
    degraded: true,
  });
});

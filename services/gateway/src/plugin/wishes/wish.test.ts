import { describe, expect, test } from "bun:test";
import type { RunRequest } from "@proxbox/contracts/messages";
import type { RunState } from "@proxbox/contracts/runs";
import type { StageName } from "@proxbox/contracts/stages";
import type { SyncOptionsInput } from "@proxbox/contracts/sync-options";
import { requestOf } from "../../runs/run-order.ts";
import { isNextOf, jobOf, wishOf } from "./wish.ts";

const request = (stages: StageName[], options: SyncOptionsInput = {}): RunRequest =>
  requestOf({ mode: "strict", stages, options }, "plugin");
const devices = request(["devices"]);

describe("a wish", () => {
  test("is the same for the same work, whatever the order of its options and the job it is part of", () => {
    const options = Object.fromEntries(Object.entries(devices.options).reverse()) as RunRequest["options"];
    expect(wishOf({ ...devices, options })).toBe(wishOf(devices));
    expect(wishOf(request(["devices"], { job: "j1" }))).toBe(wishOf(devices));
  });

  test.each([
    ["stages", request(["storage"])],
    ["a flag", request(["devices"], { overwrite_device_role: false })],
    ["endpoints", request(["devices"], { proxmox_endpoint_ids: [1] })],
    ["machines", request(["devices"], { netbox_vm_ids: [1] })],
    ["a preview", request(["devices"], { dry_run: true })],
    ["the order of work", { ...devices, mode: "graph" as const }],
  ])("is another with other %s", (_, other) => expect(wishOf(other)).not.toBe(wishOf(devices)));
});

describe("a job", () => {
  test("has what its stages have in common; what two of them delete is their own", () => {
    const backups = request(["vm-backups"], { delete_nonexistent_backup: true });
    const snapshots = request(["vm-snapshots"], { delete_nonexistent_snapshot: true });
    expect(new Set([devices, backups, snapshots].map(jobOf)).size).toBe(1);
    expect(jobOf(request(["devices"], { proxmox_endpoint_ids: [2] }))).not.toBe(jobOf(devices));
  });

  test("is nothing for chosen machines", () => {
    expect(jobOf(request(["devices"], { netbox_vm_ids: [1] }))).toBeNull();
    expect(jobOf(request(["devices"], { vmids: [100] }))).toBeNull();
  });

  const endedAt = "2026-03-01T10:00:00.000Z";
  const now = Date.parse(endedAt);
  const before = (stages: StageName[], phase: RunState["phase"] = "done"): RunState => ({
    ...{ id: "r1", phase, request: request(stages), generation: 0, stages: [] },
    ...{ createdAt: endedAt, startedAt: endedAt, endedAt: phase === "running" ? null : endedAt, reason: null },
  });
  test.each([
    ["a later stage", before(["devices"]), ["storage"], 1_000, true],
    ["after one that failed", before(["devices"], "failed"), ["storage"], 1_000, true],
    ["after machines with their network", before(["virtual-machines", "ip-addresses"]), ["vm-disks"], 0, true],
    ["the same stage again", before(["devices"]), ["devices"], 1_000, false],
    ["an earlier one", before(["storage"]), ["devices"], 1_000, false],
    ["a minute later", before(["devices"]), ["storage"], 60_000, true],
    ["more than that", before(["devices"]), ["storage"], 60_001, false],
    ["while the last one runs", before(["devices"], "running"), ["storage"], 0, false],
  ] as const)("goes on with %s: %#", (_, run, stages, later, expected) => {
    expect(isNextOf(run, request([...stages]), now + later)).toBe(expected);
  });
});

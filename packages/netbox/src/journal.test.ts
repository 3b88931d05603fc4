import { describe, expect, test } from "bun:test";
import type { ObjectOutcome } from "@proxbox/contracts/messages";
import { journalEntries } from "./journal.ts";

const name = "web (vmid 100)";
const machine = (outcome: ObjectOutcome["outcome"], more: Partial<ObjectOutcome> = {}): ObjectOutcome => ({
  kind: "virtual-machine",
  name,
  id: 7,
  outcome,
  ...more,
});
const sidecar = (outcome: ObjectOutcome["outcome"], more: Partial<ObjectOutcome> = {}): ObjectOutcome => ({
  kind: "sync-state-virtual-machine",
  name,
  id: 70,
  outcome,
  ...more,
});
const error = { code: "netbox_refused", message: "NetBox refused it.", retryable: false, next: "Rename it." };

describe("journalEntries", () => {
  const cases: [string, ObjectOutcome[], [string, string] | null][] = [
    ["nothing of what stayed", [machine("unchanged"), sidecar("unchanged")], null],
    ["nothing of what was left out", [machine("skipped", { reason: "its node is offline" })], null],
    ["nothing of a machine that is not in NetBox", [machine("failed", { id: undefined as never, error })], null],
    [
      "a new machine with its fields",
      [machine("created", { fields: ["name", "status"] }), sidecar("created", { fields: ["proxmox_vm_id"] })],
      [
        "success",
        "Made from Proxmox in run r1.\n\n- virtual machine: name, status\n- sync state of virtual machine: proxmox_vm_id",
      ],
    ],
    [
      "a changed machine with its fields alone",
      [machine("updated", { fields: ["status", "tags"] }), sidecar("unchanged")],
      ["info", "Changed from Proxmox in run r1.\n\n- virtual machine: status, tags"],
    ],
    [
      "a machine of which something else changed",
      [machine("unchanged"), sidecar("updated", { fields: ["proxmox_node"] })],
      ["info", "Changed from Proxmox in run r1.\n\n- sync state of virtual machine: proxmox_node"],
    ],
    [
      "a machine that failed, without the run",
      [machine("failed", { error })],
      ["danger", "Differs from Proxmox.\n\n- virtual machine failed: NetBox refused it. Rename it."],
    ],
    [
      "a machine of which a part failed",
      [machine("updated", { fields: ["status"] }), sidecar("failed", { error })],
      [
        "warning",
        "Changed from Proxmox in run r1.\n\n- virtual machine: status\n" +
          "- sync state of virtual machine failed: NetBox refused it. Rename it.",
      ],
    ],
  ];
  test.each(cases)("tells %s", (_, outcomes, expected) => {
    const entries = journalEntries(outcomes, "r1");
    expect(entries.map(({ kind, comments }) => [kind, comments])).toEqual(expected ? [expected] : []);
  });

  test("there is one for each machine", () => {
    const outcomes = [machine("created"), { ...machine("created"), id: 8, name: "db (vmid 101)" }, machine("updated")];
    const entries = journalEntries(outcomes, "r1");
    expect(
      entries.map(({ assigned_object_type, assigned_object_id }) => [assigned_object_type, assigned_object_id]),
    ).toEqual([
      ["virtualization.virtualmachine", 7],
      ["virtualization.virtualmachine", 8],
    ]);
  });

  test("no secret gets into it", () => {
    const secret = { ...error, message: "Token 0123456789abcdef was refused." };
    expect(journalEntries([machine("failed", { error: secret })], "r1")[0]?.comments).toContain("Token [hidden] was");
  });
});

import { describe, expect, test } from "bun:test";
import type { ObjectOutcome } from "@proxbox/contracts/messages";
import type { Guest } from "@proxbox/proxmox/resources/listing";
import type { GuestBatch, PlannedGuest } from "./facts.ts";
import { renamedOf, withRenames } from "./renamed.ts";

const guest: Guest = {
  vmid: 102,
  type: "qemu",
  node: "pve1",
  name: "web",
  known: true,
  state: "running",
  status: "active",
  template: false,
  vcpus: 1,
  memoryMebibytes: 512,
  tags: [],
  pool: null,
  lock: null,
  uptimeSeconds: 5,
};

function planned(name: string, nameReason: PlannedGuest["nameReason"], from: Partial<Guest> = {}): PlannedGuest {
  return {
    guest: { ...guest, ...from },
    name,
    nameReason,
    vm: null,
    steppedAside: false,
    hasDisks: false,
    cloudInit: null,
    previousTags: [],
    presentRole: null,
    defaultRole: null,
  };
}

const base = { cluster: "lab", original_name: "web", vmid: 102 };

describe("renamedOf", () => {
  test.each([
    ["a free name", planned("web", "free"), null],
    [
      "a name that was taken",
      planned("web (2)", "taken"),
      { ...base, resolved_name: "web (2)", suffix_index: 2, operator_renamed: false },
    ],
    [
      "a name with brackets of its own",
      planned("web (7) (12)", "taken", { name: "web (7)" }),
      { ...base, original_name: "web (7)", resolved_name: "web (7) (12)", suffix_index: 12, operator_renamed: false },
    ],
    [
      "an operator's name, whatever it looks like",
      planned("shop (3)", "renamed-by-operator"),
      { ...base, resolved_name: "shop (3)", suffix_index: 1, operator_renamed: true },
    ],
  ])("%s", (_, plan, expected) => {
    expect(renamedOf(plan, "lab")).toEqual(expected);
  });
});

test("a rename stands with its machine only, and not where the machine failed", () => {
  const batch = { facts: { cluster: { name: "lab" } } } as GuestBatch;
  const plans = [planned("web (2)", "taken"), planned("db", "free", { name: "db", vmid: 103 })];
  const outcome = (kind: string, name: string, outcome: ObjectOutcome["outcome"]): ObjectOutcome => ({
    kind,
    name,
    outcome,
  });
  const told = withRenames(
    [
      outcome("virtual-machine", "web (2) (qemu 102)", "unchanged"),
      outcome("sync-state-virtual-machine", "web (2) (qemu 102)", "unchanged"),
      outcome("virtual-machine", "db (qemu 103)", "created"),
    ],
    plans,
    batch,
  );
  expect(told.map(({ renamed }) => renamed?.resolved_name)).toEqual(["web (2)", undefined, undefined]);
  const failed = [outcome("virtual-machine", "web (2) (qemu 102)", "failed")];
  expect(withRenames(failed, plans, batch)).toEqual(failed);
});

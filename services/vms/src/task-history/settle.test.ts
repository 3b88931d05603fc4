import { describe, expect, test } from "bun:test";
import { tasksOf } from "@proxbox/proxmox/resources/tasks";
import type { GuestTask, TaskRow } from "./facts.ts";
import { settlePage } from "./settle.ts";

const machine = { id: 1, name: "web", vmid: 100, type: "qemu" as const };
const own = new Set([1, 2]);
const upid = "UPID:pve1:0000C530:00A1B2C3:65938A05:qmstart:100:root@pam:";
const task = (status: string): GuestTask[] =>
  tasksOf([{ upid, starttime: 1_704_167_941, endtime: 1_704_168_001, status, type: "qmstart", id: "100" }], "pve1").map(
    (one) => ({ task: one, machine }),
  );
const row = (more: Partial<TaskRow> = {}): TaskRow => ({
  id: 9,
  upid,
  machine: 1,
  endTime: "2024-01-02T04:00:01Z",
  exitStatus: "OK",
  ...more,
});

describe("settlePage", () => {
  test("the same instant in another form, and the same text, need no write", () => {
    expect(settlePage(task("OK"), [row({ endTime: "2024-01-02T05:00:01+01:00" })], own)).toMatchObject({
      write: [],
      told: [{ outcome: "unchanged", id: 9 }],
      known: true,
    });
  });

  test("a text longer than NetBox keeps is the same when what it keeps is", () => {
    expect(settlePage(task("x".repeat(3_000)), [row({ exitStatus: "x".repeat(2_048) })], own).write).toEqual([]);
  });

  test.each<[string, TaskRow[], { write: (number | null)[]; known: boolean }]>([
    ["a task that NetBox does not have", [], { write: [null], known: false }],
    ["one that ended otherwise", [row({ exitStatus: "unknown" })], { write: [9], known: true }],
    ["one that had not ended", [row({ endTime: null })], { write: [9], known: true }],
    ["one at another machine of ours", [row({ machine: 2 })], { write: [9], known: true }],
    ["one at a machine of somebody else stays there", [row({ machine: 77 })], { write: [], known: true }],
  ])("%s", (_, rows, expected) => {
    const { write, known } = settlePage(task("OK"), rows, own);
    expect({ write: write.map((one) => one.row), known }).toEqual(expected);
  });

  test("a page without tasks of guests says nothing about older ones", () => {
    expect(settlePage([], [], own)).toEqual({ write: [], told: [], known: false });
  });
});

import { describe, expect, test } from "bun:test";
import { SyncOptions } from "@proxbox/contracts/sync-options";
import type { Estate } from "@proxbox/estate/estates";
import { tasksOf } from "@proxbox/proxmox/resources/tasks";
import { Value } from "@sinclair/typebox/value";
import { attachTasks, guestTypeOf, machinesOf } from "./attach.ts";
import { desiredTask } from "./desired.ts";
import type { TaskMachine } from "./facts.ts";

const machines: TaskMachine[] = [
  { id: 1, name: "web", vmid: 100, type: "qemu" },
  { id: 2, name: "db", vmid: 101, type: "lxc" },
];
const upid = (type: string, id: string) => `UPID:pve1:0000C530:00A1B2C3:65938A05:${type}:${id}:root@pam:`;
const row = (type: string, id: string, more: Record<string, unknown> = {}) => ({
  upid: upid(type, id),
  node: "pve1",
  pid: 50_480,
  pstart: 10_597_059,
  starttime: 1_704_167_941,
  endtime: 1_704_168_001,
  type,
  id,
  user: "root@pam",
  status: "OK",
  ...more,
});

test.each([
  ["qmstart", "qemu"],
  ["qmigrate", "qemu"],
  ["vzstart", "lxc"],
  ["vzdump", "either"],
  ["hamigrate", "either"],
  ["move_volume", "either"],
  ["aptupdate", null],
  ["zfscreate", null],
  ["cephdestroyosd", null],
  ["imgdel", null],
  ["startall", null],
])("%s is a task of %s", (taskType, guestType) => expect(guestTypeOf(taskType)).toBe(guestType as never));

describe("attachTasks", () => {
  test.each<[string, ReturnType<typeof row>, number[]]>([
    ["a guest's task goes to its machine", row("qmstart", "100"), [1]],
    ["a container's too", row("vzstart", "101"), [2]],
    ["a backup of one guest, whatever its type", row("vzdump", "101"), [2]],
    ["a backup job of many guests names none", row("vzdump", ""), []],
    ["a number that is no vmid: a pool of that name", row("zfscreate", "100"), []],
    ["a guest of the other type that had the vmid before", row("vzstart", "100"), []],
    ["a guest without a machine", row("qmdestroy", "999"), []],
    ["no vmid at all", row("qmstart", "100@local"), []],
  ])("%s", (_, given, expected) => {
    expect(attachTasks(tasksOf([given], "pve1"), machines).map(({ machine }) => machine.id)).toEqual(expected);
  });
});

describe("desiredTask", () => {
  const desired = (given: ReturnType<typeof row>) =>
    attachTasks(tasksOf([given], "pve1"), machines).map((one) => desiredTask({ ...one, row: null }));

  test("every field, in UTC", () => {
    expect(desired(row("qmstart", "100"))).toEqual([
      {
        kind: "task-history",
        identity: { upid: upid("qmstart", "100") },
        values: {
          virtual_machine: { kind: "virtual-machine", id: 1 },
          vm_type: "qemu",
          node: "pve1",
          pid: 50_480,
          pstart: 10_597_059,
          task_id: "100",
          task_type: "qmstart",
          username: "root@pam",
          start_time: "2024-01-02T03:59:01Z",
          end_time: "2024-01-02T04:00:01Z",
          description: "QEMU 100 - Start",
          status: "OK",
          exitstatus: "OK",
          task_state: "stopped",
        },
        tags: { add: ["proxbox"] },
        parent: "web",
        label: "web (vmid 100) qmstart 2024-01-02T03:59:01Z",
      },
    ]);
  });

  test.each([
    ["qmstart", "100", "QEMU 100 - Start"],
    ["vzstart", "101", "CT 101 - Start"],
    ["vzdump", "100", "QEMU 100 - Backup"],
    ["qmdestroy", "100", "QEMU 100 - Destroy"],
    ["qmrestore", "100", "QEMU 100 - Restore"],
    ["hamigrate", "100", "QEMU 100 - Migrate"],
    ["move_volume", "101", "CT 101 - Move"],
    ["qmconfig", "100", "QEMU 100 - Qmconfig"],
  ])("%s of %s is called %s", (type, id, description) => {
    expect(desired(row(type, id))[0]?.values.description).toBe(description);
  });

  test("an end nobody told of is unknown", () => {
    expect(desired(row("qmstart", "100", { status: undefined }))[0]?.values).toMatchObject({
      status: "unknown",
      exitstatus: "unknown",
    });
  });
});

describe("machinesOf", () => {
  const options = Value.Default(SyncOptions, {}) as SyncOptions;
  const vm = (id: number, more: object = {}) => ({ id, name: `vm${id}`, givenUp: false, ...more });
  const estate = {
    chunks: [{ key: "100-1", guests: [{ vmid: 100, type: "qemu", vm: vm(1) }] }],
    machines: [
      { vm: vm(1), vmid: 100, type: "qemu" },
      { vm: vm(2), vmid: 101, type: "lxc" },
      { vm: vm(3, { givenUp: true }), vmid: 102, type: "qemu" },
    ],
  } as unknown as Estate;
  test.each<[string, Partial<SyncOptions>, number[]]>([
    ["guests that are gone keep their history up to the end, those given up no more", {}, [1, 2]],
    ["only those that were asked for", { netbox_vm_ids: [1] }, [1]],
    ["only those that were asked for by number", { vmids: [100] }, [1]],
    ["only those of the modes that are on", { sync_mode_vm_template: "disabled" }, [1]],
  ])("%s", (_, flags, expected) => {
    expect(machinesOf(estate, { ...options, ...flags }).map(({ id }) => id)).toEqual(expected);
  });
});

import { expect, test } from "bun:test";
import { tasksOf } from "./tasks.ts";

const upid = "UPID:pve1:0000C530:00A1B2C3:65938A05:qmstart:100:root@pam:";

test("a task as its row tells it", () => {
  const row = {
    upid,
    node: "pve2",
    pid: "7",
    pstart: 8,
    starttime: 1_704_164_645,
    endtime: "1704164700",
    type: "qmstop",
    id: "101",
    user: "ops@pve",
    status: "OK",
  };
  expect(tasksOf([row], "pve1")).toEqual([
    {
      upid,
      node: "pve2",
      pid: 7,
      pstart: 8,
      startTime: "2024-01-02T03:04:05Z",
      endTime: "2024-01-02T03:05:00Z",
      type: "qmstop",
      id: "101",
      vmid: 101,
      user: "ops@pve",
      status: "OK",
    },
  ]);
});

test("what a row leaves out is read of its id", () => {
  expect(tasksOf([{ upid }], "pve9")).toEqual([
    {
      upid,
      node: "pve1",
      pid: 50_480,
      pstart: 0xa1b2c3,
      startTime: "2024-01-02T03:59:01Z",
      endTime: null,
      type: "qmstart",
      id: "100",
      vmid: 100,
      user: "root@pam",
      status: null,
    },
  ]);
});

test.each([
  ["no id", { starttime: 1 }, []],
  ["no time", { upid: "x" }, []],
  ["of no guest", { upid: "x", starttime: 1, id: "local" }, [{ vmid: null, node: "pve9", type: "unknown" }]],
  ["of several guests", { upid: "x", starttime: 1, id: "100,101" }, [{ vmid: null }]],
])("a row with %s", (_, row, tasks) => expect(tasksOf([row], "pve9")).toMatchObject(tasks));

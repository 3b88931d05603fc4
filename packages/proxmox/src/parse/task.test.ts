import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseUpid, taskAction, taskDescription } from "./task.ts";

describe("taskAction", () => {
  test.each([
    ["qmstart", "Start"],
    ["vzstart", "Start"],
    ["hastop", "Stop"],
    ["qmshutdown", "Shutdown"],
    ["qmreboot", "Reboot"],
    ["qmpause", "Pause"],
    ["qmresume", "Resume"],
    ["qmsuspend", "Suspend"],
    ["vzcreate", "Create"],
    ["qmclone", "Clone"],
    ["vzdump", "Backup"],
    ["qmsnapshot", "Snapshot"],
    ["qmdelsnapshot", "Delete Snapshot"],
    ["vzrollback", "Rollback"],
    ["qmdestroy", "Destroy"],
    ["vzdestroy", "Destroy"],
    ["qmrestore", "Restore"],
    ["hamigrate", "Migrate"],
    ["qmigrate", "Migrate"],
    ["move_volume", "Move"],
    ["qmconfig", "Qmconfig"],
    ["", ""],
  ])("%s is %s", (type, action) => expect(taskAction(type)).toBe(action));
});

test("a task is described with its guest", () => {
  expect(taskDescription({ type: "qemu", id: 100 }, "qmstart")).toBe("QEMU 100 - Start");
  expect(taskDescription({ type: "lxc", id: "100" }, "vzstart")).toBe("CT 100 - Start");
});

describe("parseUpid", () => {
  test("takes it apart", () => {
    expect(parseUpid("UPID:pve-1:0000C530:00A1B2C3D:65938A05:qmstart:100:root@pam!token:")).toEqual({
      node: "pve-1",
      pid: 50_480,
      pstart: 0xa1b2c3d,
      startTime: 1_704_167_941,
      type: "qmstart",
      id: "100",
      user: "root@pam!token",
    });
    expect(parseUpid("UPID:pve1:0000C530:00A1B2C3:65938A05:vzdump::root@pam:")?.id).toBe("");
  });

  test.each([
    "UPID:pve1:0000C530:00A1B2C3:65938A05:qmstart:100:root@pam",
    "UPID:pve1:C530:00A1B2C3:65938A05:qmstart:100:root@pam:",
    "UPID:-pve1:0000C530:00A1B2C3:65938A05:qmstart:100:root@pam:",
    "UPID:pve1:0000C530:00A1B2C3:65938A05::100:root@pam:",
    "",
    null,
    7,
  ])("%p is none", (upid) => expect(parseUpid(upid)).toBeNull());

  test("nothing makes it throw, and what was put together is taken apart", () => {
    const hex = (value: number) => value.toString(16).toUpperCase().padStart(8, "0");
    const word = fc.stringMatching(/^[a-z][a-z0-9]{0,10}$/);
    const natural = fc.nat({ max: 2 ** 31 });
    fc.assert(
      fc.property(
        word,
        natural,
        natural,
        natural,
        word,
        fc.stringMatching(/^[0-9]{0,9}$/),
        (node, pid, pstart, startTime, type, id) => {
          const upid = `UPID:${node}:${hex(pid)}:${hex(pstart)}:${hex(startTime)}:${type}:${id}:root@pam:`;
          expect(parseUpid(upid)).toEqual({ node, pid, pstart, startTime, type, id, user: "root@pam" });
        },
      ),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.anything(),
          fc.string().map((text) => `UPID:${text}`),
        ),
        (upid) => {
          expect(parseUpid(upid) === null || typeof upid === "string").toBe(true);
        },
      ),
    );
  });
});

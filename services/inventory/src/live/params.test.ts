import { expect, test } from "bun:test";
import fc from "fast-check";
import { apiPathOf, guestTypeOf, queryOf, segmentOf, vmidOf, wordOf } from "./params.ts";

const refused = expect.objectContaining({ code: "live_bad_question" });

test.each(["pve1", "PVE-1.lab_2", "7", "a..b".replace("..", ".")])("%p is a name", (name) => {
  expect(segmentOf({ node: name }, "node")).toBe(name);
});

test.each(["", ".", "..", "a..b", "-a", "a/b", "a%2fb", "a b", "a?b", "ä", "a".repeat(129)])("%p is none", (name) => {
  expect(() => segmentOf({ node: name }, "node")).toThrow(refused);
});

test("a guest has a number and a type", () => {
  expect(vmidOf({ vmid: "100" })).toBe(100);
  for (const vmid of ["0", "-1", "1.5", "1e3", "abc", "", "1000000000", " 1"]) {
    expect(() => vmidOf({ vmid })).toThrow(refused);
  }
  expect(guestTypeOf({ type: "lxc" })).toBe("lxc");
  expect(() => guestTypeOf({ type: "openvz" })).toThrow(refused);
  expect(() => guestTypeOf({})).toThrow(refused);
  expect(wordOf({ part: "rules" }, "part", ["rules", "options"])).toBe("rules");
  expect(() => wordOf({ part: "groups" }, "part", ["rules", "options"])).toThrow(refused);
});

test("of a query only what is known and not blank goes along", () => {
  expect(queryOf({ type: " bridge ", vmid: "", other: "x" }, ["type", "vmid", "content"])).toEqual({ type: "bridge" });
});

test.each([
  ["nodes/pve1/time", "/nodes/pve1/time"],
  ["/cluster/resources/", "/cluster/resources"],
  [
    "nodes/pve1/tasks/UPID:pve1:0001:02:03:qmstart:100:root@pam:/status",
    "/nodes/pve1/tasks/UPID:pve1:0001:02:03:qmstart:100:root@pam:/status",
  ],
  ["access/users/root@pam", "/access/users/root@pam"],
])("%p is a path of the API", (rest, path) => {
  expect(apiPathOf(rest)).toBe(path);
});

test.each([
  "",
  "..",
  "../x",
  "nodes/../x",
  "nodes/..",
  "nodes//x",
  "nodes/%2e%2e",
  "a%2fb",
  "a?b=1",
  "a#b",
  "a\\b",
  "a b",
  "./a",
])("%p is none of the API", (rest) => {
  expect(() => apiPathOf(rest)).toThrow(refused);
});

test.each([
  "nodes/pve1/qemu/100/agent/file-read",
  "nodes/pve1/qemu/100/agent/exec-status",
  "nodes/pve1/qemu/100/cloudinit/dump",
  "/cluster/acme/plugins/",
  "cluster/acme/plugins/dns1",
])("%p would tell secrets", (rest) => {
  expect(() => apiPathOf(rest)).toThrow(/would tell secrets/);
});

test("whatever is accepted stays below /api2/json", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (rest) => {
      let path: string;
      try {
        path = apiPathOf(rest);
      } catch {
        return;
      }
      const { pathname, search, hash } = new URL(`https://pve:8006/api2/json${path}`);
      expect([pathname, search, hash]).toEqual([`/api2/json${path}`, "", ""]);
    }),
  );
});

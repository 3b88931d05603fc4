import { expect, test } from "bun:test";
import { guestOfSid, haGroupShape, haResourceShape, haRuleShape, haStatusShape } from "./ha-shape.ts";

test.each<[string | null, number | null]>([
  ["vm:100", 100],
  ["ct:7", 7],
  ["fence:1", null],
  ["vm:", null],
  [null, null],
])("%p is guest %p", (sid, vmid) => {
  expect(guestOfSid(sid)).toBe(vmid);
});

test("a service is told with where and how it is now; one without a state is to be started", () => {
  const now = [
    { sid: "vm:100", node: "a", crm_state: "started", request_state: "started", status: "vm:100 (a, started)" },
  ];
  expect(haResourceShape("prod", { sid: "vm:100", max_restart: "1", failback: "0" }, now)).toMatchObject({
    cluster_name: "prod",
    type: "vm",
    state: "started",
    max_restart: 1,
    failback: false,
    node: "a",
    crm_state: "started",
  });
  expect(haResourceShape("prod", { sid: "ct:7" }, now)).toMatchObject({ type: "ct", node: null, crm_state: null });
});

test("numbers and flags are read in any form, the rest is null", () => {
  expect(haStatusShape("prod", { id: "quorum", type: "quorum", quorate: "1", timestamp: "9" })).toMatchObject({
    quorate: true,
    timestamp: 9,
    sid: null,
  });
  expect(haGroupShape("prod", { group: "g", restricted: 0 })).toMatchObject({ restricted: false, nofailback: null });
  expect(haRuleShape("prod", { rule: "r", strict: "1" })).toMatchObject({
    strict: true,
    disable: null,
    affinity: null,
  });
});

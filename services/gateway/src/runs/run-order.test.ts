import { describe, expect, test } from "bun:test";
import { stageNames } from "@proxbox/contracts/stages";
import { requestOf } from "./run-order.ts";

const others = stageNames.filter((name) => name !== "sdn");

describe("the stages of an order", () => {
  test("that names none are all, without sdn unless it is switched on", () => {
    expect(requestOf({}, "test").stages).toEqual(others);
    expect(requestOf({ options: { sync_mode_sdn: "disabled" } }, "test").stages).toEqual(others);
    expect(requestOf({ options: { sync_mode_sdn: "always" } }, "test").stages).toEqual([...stageNames]);
  });

  test("that names some are those, in the order of the table", () => {
    expect(requestOf({ stages: ["sdn", "devices"] }, "test").stages).toEqual(["devices", "sdn"]);
  });
});

test("what an order does not say is as the gateway's owner wants it", () => {
  expect(requestOf({}, "test").options.delete_orphans).toBe(false);
  expect(requestOf({}, "test", { delete_orphans: true }).options.delete_orphans).toBe(true);
  expect(requestOf({ options: { delete_orphans: false } }, "test", { delete_orphans: true }).options).toMatchObject({
    delete_orphans: false,
  });
});

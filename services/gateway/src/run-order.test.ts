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

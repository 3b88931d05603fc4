import { describe, expect, test } from "bun:test";
import { defaultRoleOf, settleRole } from "./roles.ts";

const none = { qemu: null, lxc: null };

describe("defaultRoleOf", () => {
  const node = { qemu: 2, lxc: null };
  const settings = { qemu: 3, lxc: 4 };
  test.each([
    ["the caller's comes first", { default_role_qemu: 1 }, node, settings, [1, 4]],
    ["then the node's or endpoint's", {}, node, settings, [2, 4]],
    ["then the plugin's", {}, undefined, settings, [3, 4]],
    ["nobody chose one", {}, none, none, [null, null]],
  ])("%s", (_, options, ofNode, ofPlugin, expected) => {
    expect((["qemu", "lxc"] as const).map((type) => defaultRoleOf(type, options, ofNode, ofPlugin))).toEqual(expected);
  });
});

describe("settleRole", () => {
  test.each<[string, number | null, Parameters<typeof settleRole>[1], boolean, number | null]>([
    ["a machine that is made gets it", 7, null, false, 7],
    ["one without gets it", 7, { role: null, written: null }, false, 7],
    ["ours follows the choice", 7, { role: 5, written: 5 }, false, 7],
    ["it is there already", 7, { role: 7, written: null }, false, 7],
    ["an operator's stays", 7, { role: 9, written: 5 }, false, null],
    ["so does one nobody remembers", 7, { role: 9, written: null }, false, null],
    ["one that was taken off stays off", 7, { role: null, written: 5 }, false, null],
    ["unless roles are overwritten", 7, { role: 9, written: 5 }, true, 7],
    ["none is chosen: nothing is written", null, { role: 9, written: 9 }, true, null],
  ])("%s", (_, wanted, present, overwrite, expected) => {
    expect(settleRole(wanted, present, overwrite)).toBe(expected);
  });
});

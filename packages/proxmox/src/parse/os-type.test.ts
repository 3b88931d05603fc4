import { expect, test } from "bun:test";
import { platformOf } from "./os-type.ts";

test.each([
  ["debian", "Debian"],
  ["opensuse", "openSUSE"],
  ["l26", "Linux 2.6 - 6.x kernel"],
  ["win11", "Windows 11 / 2022 / 2025"],
  ["Ubuntu", "Ubuntu"],
  ["other", null],
  ["unmanaged", null],
  ["toString", null],
  [undefined, null],
])("ostype %p is the platform %p", (ostype, platform) => {
  expect(platformOf(ostype)).toBe(platform);
});

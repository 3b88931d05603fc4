import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { categoryOf } from "./error-category.ts";

const page = readFileSync(join(import.meta.dir, "../../../../../docs/errors.md"), "utf8");

/** The codes that a run can end with: those of the page, but for what keeps a process from starting. */
function codesOf(chapters: readonly string[]): string[] {
  return page
    .split(/^## /m)
    .filter((chapter) => chapters.some((title) => chapter.startsWith(title)))
    .flatMap((chapter) => [...chapter.matchAll(/^\| `([a-z_]+)`/gm)].map(([, code]) => code ?? ""));
}

const told = codesOf(["A run or a stage fails", "The bus", "Proxmox", "NetBox", "An object is not written"]);

test("every error that a run can tell has a category", () => {
  expect(told.length).toBeGreaterThan(50);
  expect(told.filter((code) => categoryOf(code) === "unknown")).toEqual([]);
});

test.each([
  ["proxmox_unauthorized", "authentication"],
  ["netbox_forbidden", "permission"],
  ["netbox_refused", "validation"],
  ["proxmox_unreachable", "connection"],
  ["netbox_timeout", "timeout"],
  ["netbox_overloaded", "rate_limit"],
  ["no_endpoints", "not_found"],
  ["internal", "internal"],
  ["of_a_newer_release", "unknown"],
  ["constructor", "unknown"],
] as const)("%s is %s", (code, category) => {
  expect(categoryOf(code)).toBe(category);
});

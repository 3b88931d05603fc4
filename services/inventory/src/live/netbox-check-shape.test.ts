import { expect, test } from "bun:test";
import { checkShape, type Findings, readLists } from "./netbox-check-shape.ts";

test.each<[string, Findings, Record<string, unknown>]>([
  ["nothing configured", { state: "none" }, { ok: false, skipped: true, reason: "no_netbox_session", warnings: [] }],
  [
    "no answer",
    { state: "failed", failure: { message: "NetBox is away.", next: "Start it." } },
    { ok: false, skipped: true, reason: "NetBox is away. Start it." },
  ],
  ["no plugin", { state: "answered", plugin: null, refused: [], unchecked: 0 }, { ok: false, skipped: false }],
  [
    "rights missing",
    { state: "answered", plugin: "0.0.29.post6", refused: [{ object: "dcim.view_site", error: "No." }], unchecked: 0 },
    {
      ok: false,
      reason: expect.stringContaining("dcim.view_site"),
      warnings: [{ object: "dcim.view_site", error: "No." }],
    },
  ],
  [
    "no time",
    { state: "answered", plugin: "0.0.29.post6", refused: [], unchecked: 3 },
    { ok: false, skipped: false, reason: expect.stringMatching(/^NetBox is slow: 3 of \d+ permissions/) },
  ],
  [
    "all well",
    { state: "answered", plugin: "0.0.29.post6", refused: [], unchecked: 0 },
    { ok: true, reason: null, warnings: [] },
  ],
])("%s", (_, findings, body) => {
  expect(checkShape(findings)).toMatchObject({ ...body, created: [], patched: [], unchanged: [] });
});

test("each list is asked for once, by the permission that NetBox knows", () => {
  expect(new Set(readLists.map(({ path }) => path)).size).toBe(readLists.length);
  expect(readLists).toContainEqual({
    path: "virtualization/virtual-machines",
    permission: "virtualization.view_virtualmachine",
  });
  expect(readLists.some(({ path }) => path.includes("sdn"))).toBe(false);
});

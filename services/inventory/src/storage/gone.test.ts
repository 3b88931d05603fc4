import { expect, test } from "bun:test";
import type { HostBinding } from "@proxbox/netbox/hosts/bind";
import { disableGone, type StorageRow } from "./gone.ts";

const binding = { cluster: { id: 7, name: "pve" } } as HostBinding;
const row = (id: number, name: string, more: Partial<StorageRow> = {}): StorageRow => ({
  id,
  name,
  enabled: true,
  ours: true,
  ...more,
});
const rows = [row(1, "local"), row(2, "old"), row(3, "theirs", { ours: false }), row(4, "older", { enabled: false })];
const judge = (listed: string[], doubt: string | null) => disableGone(rows, new Set(listed), doubt, binding);

test("rows of ours whose storage is gone are disabled, never deleted", () => {
  expect(judge(["local"], null)).toEqual({
    desired: [2, 4].map((id) => ({
      kind: "storage",
      id,
      identity: { name: id === 2 ? "old" : "older" },
      values: { enabled: false },
      label: id === 2 ? "pve/old" : "pve/older",
      note: expect.stringContaining("gone"),
    })),
    kept: [],
  });
});

test.each([
  ["storages may be hidden", ["local"], "Datastore.Audit is missing", [2]],
  ["none is listed", [], null, [1, 2]],
])("when %s nothing is disabled, and it is told", (_, listed, doubt, told) => {
  const { desired, kept } = judge(listed, doubt);
  expect(desired).toEqual([]);
  expect(kept.map(({ id, outcome }) => [id, outcome])).toEqual(told.map((id) => [id, "skipped"]));
});

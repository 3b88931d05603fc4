import { expect, test } from "bun:test";
import type { KnownVm } from "@proxbox/netbox/guests/read";
import type { Snapshot } from "@proxbox/proxmox/resources/snapshots";
import type { GuestSnapshots, SnapshotRow } from "./facts.ts";
import { judgeMissing } from "./removals.ts";

const vm = { id: 7, name: "web" } as KnownVm;
const guest = { vmid: 100, node: "pve1", type: "qemu" as const, vm };
const read: GuestSnapshots[] = [{ guest, snapshots: [{ name: "s1" } as Snapshot], storage: null }];
const row = (id: number): SnapshotRow => ({
  id,
  machine: { id: 7, name: "" },
  vmid: 100,
  name: `s${id}`,
  node: "pve1",
});

test.each<[string, number, boolean, number, RegExp | null]>([
  ["asked for", 2, true, 2, null],
  ["not asked for", 2, false, 0, /^would be deleted, but delete_nonexistent_snapshot is off$/],
  ["most of many at once", 5, true, 0, /^would be deleted, but only 1 of 6 known ones are still there$/],
])("%s", (_, count, on, deleted, reason) => {
  const rows = Array.from({ length: count + 1 }, (_, index) => row(index + 1));
  const missing = rows.slice(1).map((each) => ({ row: each, guest }));
  const options = { delete_nonexistent_snapshot: on };
  const { gone, kept } = judgeMissing(missing, read, options);
  expect(gone).toHaveLength(deleted);
  expect(gone[0]?.label ?? "web (vmid 100) s2").toBe("web (vmid 100) s2");
  expect(kept).toHaveLength(count - deleted);
  for (const outcome of kept) expect(outcome.reason).toMatch(reason ?? /never/);
});

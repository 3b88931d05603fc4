import { expect, test } from "bun:test";
import type { AddressRow, Settlement } from "../addresses/settle.ts";
import { judgeReleases } from "./releases.ts";

const row = (id: number, change: Partial<AddressRow> = {}): AddressRow => ({
  id,
  address: `10.0.0.${id}/24`,
  host: `10.0.0.${id}`,
  global: true,
  at: { type: "virtualization.vminterface", id: 1 },
  owner: "virtual-machine/7",
  label: "web net0",
  ours: true,
  plain: true,
  ...change,
});
const rows = Array.from({ length: 6 }, (_, index) => row(index + 1));
const judge = (settlement: Partial<Settlement>, all: AddressRow[] = rows) =>
  judgeReleases(
    { settled: [], stale: [], ...settlement },
    all,
    () => "answered",
    () => 1,
  );

test("what nothing claims any more is deleted; what a person has written to is only freed", () => {
  const kept = row(9, { plain: false });
  const { releases } = judge({ stale: [row(1), kept] });
  expect(releases.map(({ row: { id }, to }) => [id, to])).toEqual([
    [1, "nothing"],
    [9, "nobody"],
  ]);
});

test("what goes to another interface goes there", () => {
  const at = { type: "virtualization.vminterface" as const, id: 4 };
  const claim = { address: "10.0.0.1/24", host: "10.0.0.1", at, owner: "virtual-machine/8", label: "db net0" };
  const { releases } = judge({ settled: [{ claim, state: "move", row: row(1) }] });
  expect(releases).toEqual([{ row: row(1), to: { kind: "vm-interface", id: 4 } }]);
});

test("nothing goes when most of an endpoint's addresses would", () => {
  const { releases, kept } = judge({ stale: rows.slice(0, 4) });
  expect(releases).toEqual([]);
  expect(kept.map(({ name, reason }) => [name, reason])[0]).toEqual([
    "web net0 10.0.0.1/24",
    "would be deleted, but only 2 of 6 known ones are still there",
  ]);
});

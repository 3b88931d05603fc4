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
const at = { type: "virtualization.vminterface" as const, id: 4 };
const claimOf = (last: number, vm: number) => ({
  address: `10.0.0.${last}/24`,
  host: `10.0.0.${last}`,
  at,
  owner: `virtual-machine/${vm}`,
  label: "db net0",
});
const made = (last: number, vm: number) => ({ claim: claimOf(last, vm), state: "create" as const });
/** Machines below 100 are of one endpoint, the rest of another. */
const judge = (settlement: Partial<Settlement>) =>
  judgeReleases({ settled: [], stale: [], ...settlement }, (owner) => (Number(owner.split("/")[1]) < 100 ? 1 : 2));
const rows = Array.from({ length: 6 }, (_, index) => row(index + 1, { owner: `virtual-machine/${index + 1}` }));

test("what nothing claims any more is deleted; what a person has written to is only freed", () => {
  const kept = row(9, { plain: false });
  const { releases } = judge({ stale: [row(1), kept] });
  expect(releases.map(({ row: { id }, to }) => [id, to])).toEqual([
    [1, "nothing"],
    [9, "nobody"],
  ]);
});

test("what goes to another interface goes there", () => {
  const { releases } = judge({ settled: [{ claim: claimOf(1, 8), state: "move", row: row(1) }] });
  expect(releases).toEqual([{ row: row(1), to: { kind: "vm-interface", id: 4 } }]);
});

test("guests that tell of other addresses prove it: a whole endpoint may be renumbered", () => {
  const { releases, kept } = judge({ stale: rows, settled: rows.map(({ id }) => made(100 + id, id)) });
  expect(releases.map(({ row: { id } }) => id)).toEqual(rows.map(({ id }) => id));
  expect(kept).toEqual([]);
});

test("nothing goes when most of an endpoint's guests are without any address, whatever another endpoint has", () => {
  const others = rows.map(({ id }) => made(100 + id, 100 + id));
  const { releases, kept } = judge({ stale: rows.slice(0, 4), settled: [made(5, 5), made(6, 6), ...others] });
  expect(releases).toEqual([]);
  expect(kept.map(({ name, reason }) => [name, reason])[0]).toEqual([
    "web net0 10.0.0.1/24",
    "would be deleted, but only 2 of 6 known ones are still there",
  ]);
});

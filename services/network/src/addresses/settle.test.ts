import { expect, test } from "bun:test";
import fc from "fast-check";
import { type AddressRow, type Claim, type Knowledge, type Settled, settleAddresses } from "./settle.ts";

/** Interfaces 1 to 4, two of each machine; 9 is a device's. */
const ownerOf = (place: number) => (place === 9 ? "device/1" : `virtual-machine/${Math.ceil(place / 2)}`);
const typeOf = (place: number) => (place === 9 ? "dcim.interface" : "virtualization.vminterface");

const claim = (place: number, host = "10.0.0.5", prefix = 24): Claim => ({
  address: `${host}/${prefix}`,
  host,
  at: { type: typeOf(place), id: place },
  owner: ownerOf(place),
  label: `interface ${place}`,
});

const row = (id: number, place: number | null, change: Partial<AddressRow> = {}): AddressRow => {
  const host = change.host ?? "10.0.0.5";
  return {
    id,
    address: `${host}/24`,
    host,
    global: true,
    at: place === null ? null : { type: typeOf(place), id: place },
    owner: place === null ? null : ownerOf(place),
    label: place === null ? "nothing" : `interface ${place}`,
    ours: true,
    plain: true,
    ...change,
  };
};

const short = (settled: Settled) =>
  `${settled.claim.at.id} ${settled.state} ${"row" in settled ? settled.row.id : "holder" in settled ? settled.holder : ""}`.trim();

type Case = [
  name: string,
  claims: Claim[],
  rows: AddressRow[],
  knowledge: Knowledge,
  settled: string[],
  stale: number[],
];

test.each<Case>([
  ["a new one", [claim(1)], [], "answered", ["1 create"], []],
  ["its own, of an operator too", [claim(1)], [row(1, 1, { ours: false })], "answered", ["1 keep 1"], []],
  ["its own with another prefix", [claim(1, "10.0.0.5", 32)], [row(1, 1)], "answered", ["1 keep 1"], []],
  ["its own in a VRF", [claim(1)], [row(1, 1, { global: false })], "answered", ["1 keep 1"], []],
  ["one that is free", [claim(1)], [row(1, null, { ours: false })], "answered", ["1 adopt 1"], []],
  ["one that is free in a VRF", [claim(1)], [row(1, null, { global: false })], "answered", ["1 create"], []],
  ["a device's", [claim(1)], [row(1, 9, { ours: false })], "answered", ["1 conflict interface 9"], []],
  ["another's that lost it", [claim(1)], [row(1, 3)], "answered", ["1 move 1"], []],
  ["another's that is gone", [claim(1)], [row(1, 3)], "gone", ["1 move 1"], []],
  ["another's that does not answer", [claim(1)], [row(1, 3)], "unknown", ["1 conflict interface 3"], []],
  ["another's by an operator", [claim(1)], [row(1, 3, { ours: false })], "answered", ["1 conflict interface 3"], []],
  ["another's in a VRF", [claim(1)], [row(1, 3, { global: false })], "unknown", ["1 create"], []],
  ["from one card to the other", [claim(2)], [row(1, 1, { global: false })], "unknown", ["2 move 1"], []],
  ["shared, new: the first", [claim(3), claim(1)], [], "answered", ["3 create", "1 conflict interface 3"], []],
  ["shared: who has it", [claim(1), claim(3)], [row(1, 3)], "answered", ["1 conflict interface 3", "3 keep 1"], []],
  [
    "shared: whose machine has it",
    [claim(1), claim(3)],
    [row(1, 4)],
    "unknown",
    ["1 conflict interface 3", "3 move 1"],
    [],
  ],
  ["shared by role", [claim(1), claim(3)], [row(1, 1), row(2, 3)], "answered", ["1 keep 1", "3 keep 2"], []],
  [
    "shared with a device",
    [claim(1), claim(3)],
    [row(1, 9, { ours: false })],
    "answered",
    ["1 conflict interface 9", "3 conflict interface 9"],
    [],
  ],
  ["twice on one interface", [claim(1), claim(1, "10.0.0.5", 32)], [], "answered", ["1 create"], []],
  ["claimed no more", [], [row(1, 1)], "answered", [], [1]],
  ["claimed no more, not ours", [], [row(1, 1, { ours: false })], "answered", [], []],
  ["of one that does not answer", [], [row(1, 1)], "unknown", [], []],
  ["of one that is gone", [], [row(1, 1)], "gone", [], []],
  ["a second one of it in a VRF", [claim(1)], [row(1, 1), row(2, 1, { global: false })], "answered", ["1 keep 1"], []],
])("%s", (_, claims, rows, knowledge, settled, stale) => {
  const settlement = settleAddresses(claims, rows, () => knowledge);
  expect(settlement.settled.map(short)).toEqual(settled);
  expect(settlement.stale.map(({ id }) => id)).toEqual(stale);
});

test("two machines swap", () => {
  const rows = [row(1, 1), row(2, 3, { host: "10.0.0.6" })];
  const { settled, stale } = settleAddresses([claim(1, "10.0.0.6"), claim(3)], rows, () => "answered");
  expect(settled.map(short)).toEqual(["1 move 2", "3 move 1"]);
  expect(stale).toEqual([]);
});

const hosts = fc.constantFrom("10.0.0.5", "10.0.0.6", "2001:db8::5");
const places = fc.constantFrom(1, 2, 3, 4);
const claims = fc.array(
  fc.record({ host: hosts, place: places }).map(({ host, place }) => claim(place, host)),
  { maxLength: 6 },
);
const rows = fc
  .array(
    fc.record({
      host: hosts,
      place: fc.option(fc.constantFrom(1, 2, 3, 4, 9)),
      global: fc.boolean(),
      ours: fc.boolean(),
    }),
    { maxLength: 6 },
  )
  .map((entries) => entries.map(({ place, ...change }, index) => row(index + 1, place, change)));
const knowledge = fc.record({ 1: level(), 2: level(), 3: level(), 4: level() });

function level() {
  return fc.constantFrom<Knowledge>("answered", "gone", "unknown");
}

const scenes = fc.tuple(claims, rows, knowledge);
const asker =
  (levels: Record<number, Knowledge>, asked: readonly Claim[]) =>
  ({ at }: AddressRow): Knowledge => {
    // What claims something has answered.
    if (at && asked.some((entry) => entry.at.id === at.id && levels[at.id] === "gone")) return "answered";
    return (at && levels[at.id]) ?? "unknown";
  };

test("no row is given twice, and nothing of others is touched", () => {
  fc.assert(
    fc.property(scenes, ([asked, present, levels]) => {
      const { settled, stale } = settleAddresses(asked, present, asker(levels, asked));
      const touched = settled.flatMap((entry) => ("row" in entry ? [entry.row.id] : []));
      expect(new Set([...touched, ...stale.map(({ id }) => id)]).size).toBe(touched.length + stale.length);
      const given = settled.filter(({ state }) => state === "create" || state === "adopt" || state === "move");
      expect(new Set(given.map((entry) => entry.claim.host)).size).toBe(given.length);
      for (const entry of settled) if (entry.state === "move") expect(entry.row.ours).toBe(true);
      for (const { ours, at } of stale) expect(ours && at !== null).toBe(true);
      expect(settled.length).toBe(new Set(asked.map(({ at, host }) => `${at.id} ${host}`)).size);
    }),
  );
});

test("what is settled stays", () => {
  fc.assert(
    fc.property(scenes, ([asked, present, levels]) => {
      const once = settleAddresses(asked, present, asker(levels, asked));
      const left = new Set(once.stale.map(({ id }) => id));
      const taken = new Map(once.settled.flatMap((entry) => ("row" in entry ? [[entry.row.id, entry.claim]] : [])));
      const after = present
        .filter(({ id }) => !left.has(id))
        .map((entry) => {
          const by = taken.get(entry.id);
          return by ? { ...entry, at: by.at, owner: by.owner, address: by.address } : entry;
        });
      const made = once.settled.filter(({ state }) => state === "create");
      const all = [...after, ...made.map((entry, index) => row(100 + index, entry.claim.at.id, entry.claim))];
      const again = settleAddresses(asked, all, asker(levels, asked));
      expect(again.stale).toEqual([]);
      expect(again.settled.filter(({ state }) => state !== "keep" && state !== "conflict")).toEqual([]);
    }),
  );
});

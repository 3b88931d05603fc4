import { expect, test } from "bun:test";
import { type Nic, parseNics } from "@proxbox/proxmox/parse/nic";
import fc from "fast-check";
import { matchCards } from "./match.ts";
import { type CardRow, settleCards } from "./settle.ts";

const macs = ["BC:24:11:00:00:01", "BC:24:11:00:00:02", "BC:24:11:00:00:03"];
const nics = (config: Record<string, number>): Nic[] =>
  parseNics(Object.fromEntries(Object.entries(config).map(([key, mac]) => [key, `virtio=${macs[mac]},bridge=vmbr0`])));
const row = (id: number, name: string, mac: number | null, ours = true): CardRow => ({
  id,
  name,
  ours,
  macs: mac === null ? [] : [{ id: 100 + id, mac: macs[mac] ?? "" }],
  primaryMac: mac === null ? null : 100 + id,
});

type Case = [string, Nic[], CardRow[], Record<string, string> | null, string[], number[]];

test.each<Case>([
  ["new cards", nics({ net0: 0, net2: 1 }), [], null, ["net0 new", "net2 new"], []],
  ["known cards", nics({ net0: 0, net1: 1 }), [row(1, "net0", 0), row(2, "net1", 1)], null, ["net0 1", "net1 2"], []],
  ["rows without MAC address", nics({ net0: 0 }), [row(1, "net0", null)], null, ["net0 1"], []],
  ["another MAC address", nics({ net0: 1 }), [row(1, "net0", 0)], null, ["net0 1"], []],
  ["plugged in elsewhere", nics({ net1: 0 }), [row(1, "net0", 0)], null, ["net1 1"], []],
  ["swapped", nics({ net0: 1, net1: 0 }), [row(1, "net0", 0), row(2, "net1", 1)], null, ["net0 2", "net1 1"], []],
  ["one is gone", nics({ net1: 1 }), [row(1, "net0", 0), row(2, "net1", 1)], null, ["net1 2"], [1]],
  ["an operator's stays", nics({}), [row(1, "lan", 0, false)], null, [], []],
  ["an operator's of that name is it", nics({ net0: 0 }), [row(1, "net0", null, false)], null, ["net0 1"], []],
  ["an operator's of that MAC address is not", nics({ net0: 0 }), [row(1, "lan", 0, false)], null, ["net0 new"], []],
  [
    "one MAC address twice",
    nics({ net0: 0, net1: 0 }),
    [row(2, "net1", 0), row(1, "net0", 0)],
    null,
    ["net0 1", "net1 2"],
    [],
  ],
  [
    "the guest's names",
    nics({ net0: 0, net1: 1 }),
    [row(1, "net0", 0)],
    { net0: "ens18" },
    ["ens18 1", "net1 new"],
    [],
  ],
  ["the guest is silent", nics({ net0: 0 }), [row(1, "ens18", 0)], {}, ["ens18 1"], []],
  ["back to the configuration's", nics({ net0: 0 }), [row(1, "ens18", 0)], null, ["net0 1"], []],
  ["one name twice", nics({ net0: 0, net1: 1 }), [], { net0: "eth0", net1: "eth0" }, ["eth0 new", "eth0 (2) new"], []],
  ["no name at all", nics({ net0: 0 }), [], { net0: "\u0001" }, ["net0 new"], []],
])("%s", (_, cards, rows, names, settled, gone) => {
  const result = settleCards(cards, rows, names && new Map(Object.entries(names)));
  expect(result.cards.map((card) => `${card.name} ${card.row?.id ?? "new"}`)).toEqual(settled);
  expect(result.gone.map(({ id }) => id)).toEqual(gone);
});

test("a long name keeps its suffix", () => {
  const long = "e".repeat(80);
  const { cards } = settleCards(
    nics({ net0: 0, net1: 1 }),
    [],
    new Map([
      ["net0", long],
      ["net1", long],
    ]),
  );
  expect(cards.map(({ name }) => name)).toEqual(["e".repeat(64), `${"e".repeat(60)} (2)`]);
});

test("a container's card has its name inside the container", () => {
  const [nic] = parseNics({ net2: `name=eth0,bridge=vmbr0,hwaddr=${macs[0]},tag=5,type=veth` });
  expect(settleCards(nic ? [nic] : [], [], null).cards[0]?.name).toBe("eth0");
});

test("interfaces are behind the card of their MAC address, else of their name", () => {
  const [net0, net1] = nics({ net0: 0, net1: 1 });
  const each = (name: string, mac: string | null) => ({ name, mac, addresses: [] });
  const interfaces = [
    each("lo", null),
    each("ens18", macs[0] ?? ""),
    each("br0", macs[0] ?? ""),
    each("net1", null),
    each("docker0", "02:42:AC:11:00:01"),
  ];
  const found = matchCards(net0 && net1 ? [net0, net1] : [], interfaces);
  expect([...found].map(([key, behind]) => [key, behind.map(({ name }) => name)])).toEqual([
    ["net0", ["ens18", "br0"]],
    ["net1", ["net1"]],
  ]);
});

const keys = fc.uniqueArray(fc.constantFrom("net0", "net1", "net2", "net3"), { maxLength: 4 });
const anyCards = keys.chain((some) =>
  fc
    .array(fc.constantFrom(0, 1, 2), { minLength: some.length, maxLength: some.length })
    .map((each) => nics(Object.fromEntries(some.map((key, index) => [key, each[index] ?? 0])))),
);
const anyRows = fc
  .uniqueArray(
    fc.record({
      name: fc.constantFrom("net0", "net1", "ens18", "lan"),
      mac: fc.option(fc.constantFrom(0, 1, 2)),
      ours: fc.boolean(),
    }),
    { selector: ({ name }) => name, maxLength: 4 },
  )
  .map((each) => each.map(({ name, mac, ours }, index) => row(index + 1, name, mac, ours)));
const anyNames = fc.option(
  fc.dictionary(fc.constantFrom("net0", "net1", "net2"), fc.string({ unit: "binary", maxLength: 70 })),
);

test("every card has a name and a row of its own, rows of others are never given up, and what is settled stays", () => {
  fc.assert(
    fc.property(anyCards, anyRows, anyNames, (cards, rows, names) => {
      const guestNames = names && new Map(Object.entries(names));
      const once = settleCards(cards, rows, guestNames);
      const used = once.cards.flatMap((card) => card.row ?? []);
      expect(new Set(used).size).toBe(used.length);
      expect(new Set(once.cards.map(({ name }) => name)).size).toBe(cards.length);
      for (const { name } of once.cards) expect([...name].length).toBeLessThanOrEqual(64);
      for (const one of once.gone) expect(one.ours && !used.includes(one)).toBe(true);
      const written = once.cards.map(({ nic, name, row: old }, index) => ({
        ...row(old?.id ?? 50 + index, name, null),
        macs: [{ id: 100 + index, mac: nic.mac ?? "" }],
      }));
      const foreign = rows.filter(
        (one) => !one.ours && !used.includes(one) && !written.some(({ name }) => name === one.name),
      );
      const again = settleCards(cards, [...written, ...foreign], guestNames);
      expect(again.gone).toEqual([]);
      expect(again.cards.map((card) => [card.name, card.row?.id])).toEqual(written.map(({ name, id }) => [name, id]));
    }),
  );
});

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { longestName, type NameRequest, resolveNames, vacateFor } from "./names.ts";

const guest = (vmid: number, wanted: string, name?: string, lastWanted?: string | null): NameRequest => ({
  key: `qemu/${vmid}`,
  vmid,
  wanted,
  vm: name === undefined ? null : { id: vmid + 1000, name },
  lastWanted: lastWanted === undefined ? (name === undefined ? null : wanted) : lastWanted,
});

const cases: { what: string; guests: NameRequest[]; foreign?: string[]; names: string[] }[] = [
  { what: "a free name is taken as it is", guests: [guest(100, "web")], names: ["web"] },
  { what: "equal names go by vmid", guests: [guest(101, "web"), guest(100, "web")], names: ["web (2)", "web"] },
  {
    what: "case does not make a name another",
    guests: [guest(100, "Web"), guest(101, "web")],
    names: ["Web", "web (2)"],
  },
  { what: "a foreign machine keeps its name", guests: [guest(100, "web")], foreign: ["WEB"], names: ["web (2)"] },
  {
    what: "who has the name keeps it, also against a lower vmid",
    guests: [guest(90, "web"), guest(100, "web", "web")],
    names: ["web (2)", "web"],
  },
  {
    what: "who has a suffix keeps it while the bare name is taken",
    guests: [guest(100, "web", "web"), guest(101, "web", "web (3)")],
    names: ["web", "web (3)"],
  },
  { what: "a suffix goes when the bare name is free", guests: [guest(101, "web", "web (7)")], names: ["web"] },
  {
    what: "a guest that is literally named db (2) is respected",
    guests: [guest(100, "db"), guest(101, "db (2)"), guest(102, "db")],
    names: ["db", "db (2)", "db (3)"],
  },
  {
    what: "an operator's rename stays and holds its slot",
    guests: [guest(100, "web", "shop"), guest(101, "shop")],
    names: ["shop", "shop (2)"],
  },
  {
    what: "without memory an other name is the operator's",
    guests: [guest(100, "web", "shop", null)],
    names: ["shop"],
  },
  { what: "a rename in Proxmox is followed", guests: [guest(100, "shop", "web", "web")], names: ["shop"] },
  {
    what: "a rename in Proxmox of a suffixed name is followed",
    guests: [guest(100, "shop", "web (2)", "web")],
    names: ["shop"],
  },
  { what: "a swap", guests: [guest(100, "b", "a", "a"), guest(101, "a", "b", "b")], names: ["b", "a"] },
  {
    what: "a temporary name of a run that died is ours",
    guests: [guest(100, "web", "proxbox-rename-1100", "old")],
    names: ["web"],
  },
  {
    what: "a long name is cut with its suffix kept",
    guests: [guest(1, "x".repeat(70)), guest(2, "x".repeat(70))],
    names: ["x".repeat(64), `${"x".repeat(60)} (2)`],
  },
];

describe("resolveNames", () => {
  for (const { what, guests, foreign, names } of cases) {
    test(what, () => {
      const answers = resolveNames(guests, foreign ?? []);
      expect(guests.map((request) => answers.get(request.key)?.name)).toEqual(names);
    });
  }

  const anyGuests = fc.uniqueArray(
    fc.record({
      vmid: fc.integer({ min: 1, max: 60 }),
      wanted: fc.constantFrom("a", "A", "b", "a (2)", "b (2)", "é".repeat(70)),
    }),
    { selector: (entry) => entry.vmid, maxLength: 20 },
  );

  test("names are unique, legal and stable, whatever the guests", () => {
    fc.assert(
      fc.property(anyGuests, fc.array(fc.constantFrom("a", "B", "b (2)"), { maxLength: 3 }), (guests, foreign) => {
        const first = resolveNames(
          guests.map(({ vmid, wanted }) => guest(vmid, wanted)),
          foreign,
        );
        const used = [...first.values()].map(({ name }) => name.toLowerCase());
        expect(new Set(used).size).toBe(used.length);
        for (const { name } of first.values()) {
          expect([...name].length).toBeLessThanOrEqual(longestName);
          expect(foreign.map((other) => other.toLowerCase())).not.toContain(name.toLowerCase());
        }
        const again = resolveNames(
          guests.map(({ vmid, wanted }) => guest(vmid, wanted, first.get(`qemu/${vmid}`)?.name)),
          foreign,
        );
        expect([...again].map(([key, { name }]) => [key, name]).sort()).toEqual(
          [...first].map(([key, { name }]) => [key, name]).sort(),
        );
      }),
    );
  });
});

describe("vacateFor", () => {
  test("in a swap both step aside, in a chain only who is in the way", () => {
    const swap = [guest(100, "b", "a", "a"), guest(101, "a", "b", "b")];
    expect(vacateFor(swap, resolveNames(swap, [])).map(({ vm }) => vm)).toEqual([1100, 1101]);
    const chain = [guest(100, "b", "a", "a"), guest(101, "c", "b", "b")];
    expect(vacateFor(chain, resolveNames(chain, []))).toEqual([{ vm: 1101, name: "proxbox-rename-1101" }]);
  });

  test("nobody moves when nothing is renamed", () => {
    const still = [guest(100, "a", "a"), guest(101, "b", "b")];
    expect(vacateFor(still, resolveNames(still, []))).toEqual([]);
  });
});

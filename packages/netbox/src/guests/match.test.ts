import { describe, expect, test } from "bun:test";
import { type GuestKey, type Match, type MatchScope, matchGuests, type StateRow, type VmRow } from "./match.ts";

const guest = (vmid: number, name = `vm${vmid}`, type: GuestKey["type"] = "qemu"): GuestKey => ({
  vmid,
  name,
  type,
  known: true,
});
const vm = (id: number, name = `vm${id}`, cluster: number | null = 5, ours = true): VmRow => ({
  id,
  name,
  cluster,
  ours,
  givenUp: false,
});
const state = (vmId: number, vmid: number, more: Partial<StateRow> = {}): StateRow => ({
  vm: vmId,
  endpoint: 1,
  vmid,
  type: "qemu",
  name: "",
  tags: "",
  lastRole: null,
  ...more,
});

const cases: {
  what: string;
  guests: GuestKey[];
  scope: Partial<MatchScope>;
  expected: (number | null | number[])[];
}[] = [
  {
    what: "by endpoint, vmid and type",
    guests: [guest(100)],
    scope: { vms: [vm(1)], states: [state(1, 100)] },
    expected: [1],
  },
  {
    what: "another endpoint's guest of the same vmid is another",
    guests: [guest(100)],
    scope: { vms: [vm(1, "vm1", 9)], states: [state(1, 100, { endpoint: 2 })] },
    expected: [null],
  },
  {
    what: "another type of the same vmid is another",
    guests: [guest(100)],
    scope: { vms: [vm(1)], states: [state(1, 100, { type: "lxc" })] },
    expected: [null],
  },
  {
    what: "a row without type counts when it is the only one",
    guests: [guest(100)],
    scope: { vms: [vm(1)], states: [state(1, 100, { type: "" })] },
    expected: [1],
  },
  {
    what: "an exact row wins over one without type",
    guests: [guest(100)],
    scope: { vms: [vm(1), vm(2)], states: [state(1, 100, { type: "" }), state(2, 100)] },
    expected: [2],
  },
  {
    what: "a row without endpoint counts in the bound cluster",
    guests: [guest(100)],
    scope: { vms: [vm(1)], states: [state(1, 100, { endpoint: null })] },
    expected: [1],
  },
  {
    what: "a row without endpoint elsewhere does not",
    guests: [guest(100)],
    scope: { vms: [vm(1, "vm1", 6)], states: [state(1, 100, { endpoint: null })] },
    expected: [null],
  },
  {
    what: "two machines of one identity are never guessed at",
    guests: [guest(100)],
    scope: { vms: [vm(1), vm(2)], states: [state(2, 100), state(1, 100)] },
    expected: [[1, 2]],
  },
  {
    what: "a machine moved to another cluster is still the guest's",
    guests: [guest(100)],
    scope: { vms: [vm(1, "vm1", 77)], states: [state(1, 100)] },
    expected: [1],
  },
  {
    what: "a machine of ours without identity was cut off between two writes",
    guests: [guest(100, "Web")],
    scope: { vms: [vm(1, "web")] },
    expected: [1],
  },
  {
    what: "several cut off go by name and vmid",
    guests: [guest(101, "web"), guest(100, "web")],
    scope: { vms: [vm(1, "web (2)"), vm(2, "web")] },
    expected: [1, 2],
  },
  {
    what: "a guest that is really called so goes before one whose name was taken",
    guests: [guest(101, "web (2)"), guest(100, "web")],
    scope: { vms: [vm(1, "web (2)")] },
    expected: [1, null],
  },
  {
    what: "a row that does not tell the guest is none",
    guests: [guest(100, "web")],
    scope: { vms: [vm(1, "web")], states: [state(1, 0, { vmid: null, type: "" })] },
    expected: [1],
  },
  {
    what: "a guest whose name is a stand-in takes none by it",
    guests: [{ ...guest(100, "vm-100"), known: false }],
    scope: { vms: [vm(1, "vm-100")] },
    expected: [null],
  },
  {
    what: "a machine that is not ours is never taken by name",
    guests: [guest(100, "web")],
    scope: { vms: [vm(1, "web", 5, false)] },
    expected: [null],
  },
  {
    what: "a machine of ours in another cluster is not taken by name",
    guests: [guest(100, "web")],
    scope: { vms: [vm(1, "web", 6)] },
    expected: [null],
  },
  {
    what: "a machine with an identity of its own is not taken by name",
    guests: [guest(100, "web")],
    scope: { vms: [vm(1, "web")], states: [state(1, 222)] },
    expected: [null],
  },
];

const seen = (match: Match | undefined) => (match && "ambiguous" in match ? match.ambiguous : (match?.vm?.id ?? null));

describe("matchGuests", () => {
  for (const { what, guests, scope, expected } of cases) {
    test(what, () => {
      const matches = matchGuests(guests, { pluginEndpoint: 1, cluster: 5, vms: [], states: [], ...scope });
      expect(guests.map((entry) => seen(matches.get(`${entry.type}/${entry.vmid}`)))).toEqual(expected);
    });
  }
});

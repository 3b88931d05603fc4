import { describe, expect, test } from "bun:test";
import { judgeOrphans, type SweepEvidence } from "./sweep.ts";

const vms = new Map(
  [1, 2, 3, 4, 5].map((id) => [id, { id, name: `vm${id}`, cluster: 5, ours: id !== 4, givenUp: id === 5 }]),
);
const states = [1, 2, 3, 4, 5].map((id) => ({
  vm: id,
  endpoint: 1,
  vmid: 100 + id,
  type: "qemu",
  name: "",
  tags: "",
  lastRole: null,
}));
const evidence = (more: Partial<SweepEvidence>): SweepEvidence => ({
  doubt: null,
  listed: new Set(["qemu/101", "qemu/102", "qemu/103", "qemu/104"]),
  cap: 10,
  ...more,
});

const cases: { what: string; evidence: SweepEvidence; given: number[]; kept: [number, RegExp][] }[] = [
  { what: "nothing is gone", evidence: evidence({}), given: [], kept: [] },
  {
    what: "one is gone",
    evidence: evidence({ listed: new Set(["qemu/102", "qemu/103", "qemu/104"]) }),
    given: [1],
    kept: [],
  },
  {
    what: "an unproven listing gives up nothing",
    evidence: evidence({ doubt: "node pve2 is offline", listed: new Set(["qemu/102", "qemu/103", "qemu/104"]) }),
    given: [],
    kept: [[1, /offline/]],
  },
  {
    what: "what is not ours stays",
    evidence: evidence({ listed: new Set(["qemu/101", "qemu/102", "qemu/103"]) }),
    given: [],
    kept: [[4, /not tagged/]],
  },
  {
    what: "a collapsed listing gives up nothing",
    evidence: evidence({ listed: new Set(["qemu/101"]) }),
    given: [],
    kept: [
      [2, /only 1 of 4/],
      [3, /only 1 of 4/],
      [4, /not tagged/],
    ],
  },
  {
    what: "the cap holds",
    evidence: evidence({ cap: 1, listed: new Set(["qemu/101", "qemu/104"]) }),
    given: [],
    kept: [
      [2, /may give up 1/],
      [3, /may give up 1/],
    ],
  },
  {
    what: "one that was given up before counts for nothing",
    evidence: evidence({ cap: 1, listed: new Set(["qemu/102", "qemu/103", "qemu/104"]) }),
    given: [1],
    kept: [],
  },
  {
    what: "another type of the same vmid is another guest",
    evidence: evidence({ listed: new Set(["lxc/101", "qemu/102", "qemu/103", "qemu/104"]) }),
    given: [1],
    kept: [],
  },
];

describe("judgeOrphans", () => {
  for (const { what, evidence: given, given: allowed, kept } of cases) {
    test(what, () => {
      const verdicts = judgeOrphans(states, vms, given);
      expect(verdicts.filter((verdict) => verdict.allowed).map((verdict) => verdict.vm.id)).toEqual(allowed);
      const refused = verdicts.filter((verdict) => !verdict.allowed);
      expect(refused.map((verdict) => verdict.vm.id)).toEqual(kept.map(([id]) => id));
      for (const [index, [, reason]] of kept.entries()) expect(refused[index]?.reason).toMatch(reason);
    });
  }
});

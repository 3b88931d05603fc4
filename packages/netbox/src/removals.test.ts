import { describe, expect, test } from "bun:test";
import { judgeRemovals, type RemovalCandidate, type RemovalEvidence } from "./removals.ts";

const candidate = (id: number, ours = true): RemovalCandidate => ({
  kind: "backup",
  id,
  label: `backup ${id}`,
  parent: "web",
  ours,
});
const three = [candidate(1), candidate(2), candidate(3)];
const evidence = (more: Partial<RemovalEvidence> = {}): RemovalEvidence => ({ doubt: null, known: 10, ...more });

describe("judgeRemovals", () => {
  const cases: [string, RemovalCandidate[], RemovalEvidence, number[], string[]][] = [
    ["nothing is missing", [], evidence({ doubt: "node pve2 is offline" }), [], []],
    ["what is ours and proven gone goes", three, evidence(), [1, 2, 3], []],
    [
      "what is not ours stays",
      [candidate(1), candidate(2, false)],
      evidence(),
      [1],
      ["would be deleted, but it does not carry our tag"],
    ],
    [
      "nobody asked",
      [candidate(1)],
      evidence({ option: { name: "delete_nonexistent_backup", on: false } }),
      [],
      ["would be deleted, but delete_nonexistent_backup is off"],
    ],
    ["somebody asked", [candidate(1)], evidence({ option: { name: "delete_nonexistent_backup", on: true } }), [1], []],
    [
      "Proxmox was not read completely",
      [candidate(1)],
      evidence({ doubt: "node pve2 is offline" }),
      [],
      ["would be deleted, but node pve2 is offline"],
    ],
    ["half of what was known may go", three, evidence({ known: 6 }), [1, 2, 3], []],
    [
      "more than half at once is no news but a fault",
      three,
      evidence({ known: 5 }),
      [],
      Array(3).fill("would be deleted, but only 2 of 5 known ones are still there"),
    ],
    ["of a few all may go", three, evidence({ known: 3 }), [1, 2, 3], []],
    ["the only one may go", [candidate(1)], evidence({ known: 1 }), [1], []],
    ["as many as the cap may go", three, evidence({ cap: 3 }), [1, 2, 3], []],
    [
      "more than the cap: none goes",
      three,
      evidence({ cap: 2 }),
      [],
      Array(3).fill("would be deleted, but 3 are concerned and at most 2 may be"),
    ],
    [
      "foreign rows do not use up the cap",
      [...three.slice(0, 2), candidate(3, false)],
      evidence({ cap: 2 }),
      [1, 2],
      ["would be deleted, but it does not carry our tag"],
    ],
  ];
  test.each(cases)("%s", (_, candidates, known, gone, reasons) => {
    const verdict = judgeRemovals(candidates, known);
    expect(verdict.gone.map(({ id }) => id as number)).toEqual(gone);
    expect(verdict.kept.map(({ reason }) => reason as string)).toEqual(reasons);
  });

  test("what goes is a deletion of that row, what stays is told of", () => {
    const verdict = judgeRemovals([candidate(1), candidate(2, false)], evidence());
    expect(verdict.gone).toEqual([
      { kind: "backup", id: 1, identity: {}, values: {}, gone: true, label: "backup 1", parent: "web" },
    ]);
    expect(verdict.kept).toEqual([
      {
        kind: "backup",
        id: 2,
        name: "backup 2",
        outcome: "skipped",
        reason: "would be deleted, but it does not carry our tag",
      },
    ]);
  });
});

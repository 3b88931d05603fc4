import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Row } from "./canonical.ts";
import type { Desired } from "./desired.ts";
import type { Known } from "./identity.ts";
import { kindNames } from "./kinds.ts";
import { knownOfMatches, matchKind } from "./match.ts";
import { isTemporaryName, type Plan, planOf, temporaryName } from "./plan.ts";

const vmRow = (id: number, name: string): Row => ({ id, name, cluster: { id: 1 }, tags: [{ id: 1, slug: "proxbox" }] });
const named = (id: number | undefined, name: string): Desired => ({
  kind: "virtual-machine",
  ...(id === undefined ? {} : { id }),
  identity: { cluster: 1, name },
  values: { cluster: 1, name },
  label: name,
});

function plan(desired: Desired[], rows: Row[]): Plan {
  const known = new Map<string, Known>();
  const resolve = (key: string) => known.get(key);
  const matches = kindNames.flatMap((kind) => {
    const matched = matchKind(
      kind,
      desired.filter((entry) => entry.kind === kind),
      kind === "virtual-machine" ? rows : [],
      resolve,
    );
    for (const [key, value] of knownOfMatches(matched)) known.set(key, value);
    return matched;
  });
  const positions = new Map(desired.map((entry, index) => [entry, index]));
  return planOf(matches, positions, { resolve, atLeast: () => true });
}

const written = ({ steps }: Plan) =>
  steps.map(({ op, operations }) => [op, ...operations.map(({ body }) => body.name)]);

describe("names", () => {
  const cases: [string, Desired[], Row[], unknown[][]][] = [
    [
      "independent ones go together",
      [named(1, "x"), named(2, "y")],
      [vmRow(1, "a"), vmRow(2, "b")],
      [["update", "x", "y"]],
    ],
    [
      "a chain goes from its free end",
      [named(1, "b"), named(2, "c")],
      [vmRow(1, "a"), vmRow(2, "b")],
      [
        ["update", "c"],
        ["update", "b"],
      ],
    ],
    [
      "a new one waits for the name it takes",
      [named(undefined, "a"), named(1, "b")],
      [vmRow(1, "a")],
      [
        ["update", "b"],
        ["create", "a"],
      ],
    ],
    [
      "two that swap: one is parked",
      [named(1, "b"), named(2, "a")],
      [vmRow(1, "a"), vmRow(2, "b")],
      [
        ["park", "proxbox-rename-1"],
        ["update", "a"],
        ["update", "b"],
      ],
    ],
    ["another case of one's own name is no swap", [named(1, "A")], [vmRow(1, "a")], [["update", "A"]]],
    [
      "a name left over from a swap is replaced",
      [named(1, "b"), named(2, "a")],
      [vmRow(1, temporaryName(1)), vmRow(2, "b")],
      [
        ["update", "a"],
        ["update", "b"],
      ],
    ],
  ];
  test.each(cases)("%s", (_, desired, rows, steps) => {
    expect(written(plan(desired, rows))).toEqual(steps);
  });

  test("any permutation goes through without ever two of one name", () => {
    const names = fc.uniqueArray(fc.constantFrom(..."abcdefgh"), { minLength: 2, maxLength: 8 });
    const permutations = names.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
    );
    fc.assert(
      fc.property(permutations, ([before, after]) => {
        const now = new Map(before.map((name, index) => [index + 1, name]));
        const desired = after.map((name, index) => named(index + 1, name));
        for (const { operations } of plan(
          desired,
          before.map((name, index) => vmRow(index + 1, name)),
        ).steps) {
          for (const { id, body } of operations) {
            // A request may be worked in any order, so no name may be taken that any other row of it still holds.
            expect([...now.values()]).not.toContain(body.name as string);
            if (operations.length === 1) now.set(id ?? 0, body.name as string);
          }
          for (const { id, body } of operations) now.set(id ?? 0, body.name as string);
        }
        expect([...now.values()]).toEqual(after);
      }),
    );
  });

  test("temporary names are told from all others", () => {
    expect(isTemporaryName(temporaryName(12))).toBe(true);
    expect(isTemporaryName("proxbox-rename-web")).toBe(false);
  });
});

describe("order and outcomes", () => {
  const site = { kind: "site", identity: { slug: "s" } } as const;
  const cluster = { kind: "cluster", identity: { name: "c", scope_id: site } } as const;
  const set: Desired[] = [
    { kind: "virtual-machine", identity: { cluster, name: "v2" }, values: {}, label: "v2" },
    { kind: "virtual-machine", identity: { cluster, name: "v10" }, values: {}, label: "v10", note: "remark" },
    { kind: "cluster", identity: cluster.identity, values: { scope_type: "dcim.site", scope_id: site }, label: "c" },
    { kind: "site", identity: site.identity, values: {}, onCreate: { name: "S" }, label: "S" },
  ];

  test("parents come first, names as NetBox orders them", () => {
    const { steps } = plan(set, []);
    expect(steps.map(({ kind, operations }) => [kind, ...operations.map(({ label }) => label)])).toEqual([
      ["site", "S"],
      ["cluster", "c"],
      ["virtual-machine", "v2", "v10"],
    ]);
  });

  test("a plan is plain JSON", () => {
    const made = plan(set, []);
    expect(JSON.parse(JSON.stringify(made))).toEqual(made);
  });

  test("an object whose parent is nowhere fails by itself, and so do its children", () => {
    const { steps, settled } = plan(set.slice(0, 3), []);
    expect(steps).toEqual([]);
    expect(settled.map(({ outcome }) => [outcome.name, outcome.outcome, outcome.error?.code])).toEqual([
      ["c", "failed", "reference_missing"],
      ["v2", "failed", "reference_missing"],
      ["v10", "failed", "reference_missing"],
    ]);
  });

  test("an object that is not to be made is not, and nothing is said of it", () => {
    expect(plan([{ ...named(undefined, "a"), create: false }], [])).toEqual({ steps: [], settled: [] });
  });

  test("an object that is as it should be is unchanged, with its remark", () => {
    const { settled } = plan([{ ...named(1, "a"), note: "remark" }], [vmRow(1, "a")]);
    expect(settled.map(({ id, outcome }) => [id, outcome.outcome, outcome.reason])).toEqual([
      [1, "unchanged", "remark"],
    ]);
  });
});

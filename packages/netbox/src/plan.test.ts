import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Row } from "./canonical.ts";
import { assignedTo, type Desired } from "./desired.ts";
import type { Known } from "./identity.ts";
import { type KindName, kindNames, kindOf } from "./kinds.ts";
import { knownOfMatches, matchKind } from "./match.ts";
import type { Plan } from "./operation.ts";
import { planOf } from "./plan.ts";
import { isTemporaryName, temporaryName } from "./temporary-name.ts";

const vmRow = (id: number, name: string): Row => ({ id, name, cluster: { id: 1 }, tags: [{ id: 1, slug: "proxbox" }] });
const named = (id: number | undefined, name: string): Desired => ({
  kind: "virtual-machine",
  ...(id === undefined ? {} : { id }),
  identity: { cluster: 1, name },
  values: { cluster: 1, name },
  label: name,
});

function plan(desired: Desired[], rows: Row[] | Partial<Record<KindName, Row[]>>): Plan {
  const rowsOf = Array.isArray(rows) ? { "virtual-machine": rows } : rows;
  const known = new Map<string, Known>();
  const resolve = (key: string) => known.get(key);
  const matches = kindNames.flatMap((kind) => {
    const matched = matchKind(
      kind,
      desired.filter((entry) => entry.kind === kind),
      rowsOf[(kindOf(kind).completes as KindName | undefined) ?? kind] ?? [],
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

describe("what is to go", () => {
  const gone = (kind: KindName, id: number): Desired => ({
    kind,
    id,
    identity: {},
    values: {},
    gone: true,
    label: `${kind} ${id}`,
  });
  const summary = ({ steps }: Plan) =>
    steps.map(({ op, kind, operations }) => [op, kind, ...operations.map(({ id }) => id)]);

  test("goes first, and what refers before what is referred to", () => {
    const desired = [gone("vm-interface", 1), named(undefined, "a"), gone("ip-address", 2), gone("snapshot", 3)];
    const rows = { "vm-interface": [{ id: 1 }], "ip-address": [{ id: 2 }], snapshot: [{ id: 3 }] };
    expect(summary(plan(desired, rows))).toEqual([
      ["delete", "snapshot", 3],
      ["delete", "ip-address", 2],
      ["delete", "vm-interface", 1],
      ["create", "virtual-machine", null],
    ]);
  });

  test("goes after others of its kind that rest on it", () => {
    const desired = [gone("interface", 1), gone("interface", 2), gone("interface", 3)];
    const rows = { interface: [{ id: 1 }, { id: 2, parent: { id: 1 } }, { id: 3, bridge: { id: 2 } }] };
    expect(summary(plan(desired, rows))).toEqual([
      ["delete", "interface", 3],
      ["delete", "interface", 2],
      ["delete", "interface", 1],
    ]);
  });

  test("two that rest on each other go together", () => {
    const desired = [gone("interface", 1), gone("interface", 2)];
    const rows = {
      interface: [
        { id: 1, bridge: { id: 2 } },
        { id: 2, bridge: { id: 1 } },
      ],
    };
    expect(summary(plan(desired, rows))).toEqual([["delete", "interface", 1, 2]]);
  });

  test("is no news when it is gone already", () => {
    const { steps, settled } = plan([gone("snapshot", 3)], {});
    expect(steps).toEqual([]);
    expect(settled.map(({ id, outcome }) => [id, outcome.outcome])).toEqual([[null, "unchanged"]]);
  });

  test("gives its identity up to one that is made", () => {
    const { steps } = plan(
      [{ ...gone("virtual-machine", 1), identity: { cluster: 1, name: "a" } }, named(undefined, "a")],
      [vmRow(1, "a")],
    );
    expect(steps.map(({ op, operations }) => [op, operations[0]?.label])).toEqual([
      ["delete", "virtual-machine 1"],
      ["create", "a"],
    ]);
  });
});

describe("what completes another object", () => {
  const machine = { kind: "virtual-machine", id: 7 } as const;
  const identity = { virtual_machine: machine, name: "net0" };
  const nic: Desired = { kind: "vm-interface", identity, values: {}, label: "web net0" };
  const mac: Desired = {
    kind: "mac-address",
    identity: { ...assignedTo({ kind: "vm-interface", identity }), mac_address: "BC:24:11:00:00:01" },
    values: {},
    label: "web BC:24:11:00:00:01",
  };
  const primary: Desired = {
    kind: "primary-mac",
    identity,
    values: { primary_mac_address: { kind: "mac-address", identity: mac.identity } },
    label: "web net0",
  };
  const nicRow: Row = { id: 5, virtual_machine: { id: 7 }, name: "net0", primary_mac_address: { id: 8 }, tags: [] };
  const macRow: Row = {
    id: 8,
    mac_address: "BC:24:11:00:00:01",
    assigned_object_type: "virtualization.vminterface",
    assigned_object_id: 5,
    tags: [],
  };

  test("is written after what it refers to, in the plan that makes both", () => {
    const { steps } = plan([primary, mac, nic], {});
    expect(steps.map(({ op, kind }) => `${op} ${kind}`)).toEqual([
      "create vm-interface",
      "create mac-address",
      "update primary-mac",
    ]);
    const [last] = steps.at(-1)?.operations ?? [];
    expect(last?.id).toBeNull();
    expect(last?.completes?.pending).toBe(steps[0]?.operations[0]?.key as string);
    expect(last?.body).toEqual({
      primary_mac_address: { pending: steps[1]?.operations[0]?.key, label: expect.any(String) },
    });
  });

  test("is a change of an object that is there", () => {
    const { steps } = plan([primary, mac, nic], {
      "vm-interface": [{ ...nicRow, primary_mac_address: null }],
      "mac-address": [macRow],
    });
    expect(steps.map(({ op, kind, operations }) => [op, kind, operations[0]?.id, operations[0]?.body])).toEqual([
      ["update", "primary-mac", 5, { primary_mac_address: 8 }],
    ]);
  });

  test("needs nothing where all is as it should be", () => {
    const { steps, settled } = plan([primary, mac, nic], { "vm-interface": [nicRow], "mac-address": [macRow] });
    expect(steps).toEqual([]);
    expect(settled.map(({ id, outcome }) => [id, outcome.outcome])).toEqual([
      [5, "unchanged"],
      [8, "unchanged"],
      [5, "unchanged"],
    ]);
  });

  test("is nothing where the object is not and will not be", () => {
    expect(plan([{ ...primary, values: { primary_mac_address: { kind: "mac-address", id: 8 } } }], {})).toEqual({
      steps: [],
      settled: [],
    });
  });
});

import { describe, expect, test } from "bun:test";
import type { ProxboxError } from "@proxbox/runtime/errors";
import type { Row } from "./canonical.ts";
import type { Desired } from "./desired.ts";
import type { KindName } from "./kinds.ts";
import { matchKind } from "./match.ts";

const ours = [{ id: 1, slug: "proxbox" }];
const vmRow = (id: number, name: string, tags: unknown[] = ours, cluster = 1): Row => ({
  id,
  name,
  cluster: { id: cluster },
  tags,
});
const vm = (name: string, more: Partial<Desired> = {}): Desired => ({
  kind: "virtual-machine",
  identity: { cluster: 1, name },
  values: { name },
  label: name,
  ...more,
});
const tag = (slug: string, name: string): Desired => ({
  kind: "tag",
  identity: { slug },
  values: {},
  onCreate: { name },
  label: name,
});

/** Per desired object the id of its row, null for none yet, or the code of its error. */
function matched(kind: KindName, desired: Desired[], rows: Row[]): (number | string | null)[] {
  return matchKind(kind, desired, rows, () => undefined).map(({ row, error }) =>
    error ? (error as ProxboxError).code : (row?.id ?? null),
  );
}

describe("matchKind", () => {
  const cases: [string, KindName, Desired[], Row[], (number | string | null)[]][] = [
    ["finds a row by identity, whatever the case", "virtual-machine", [vm("web")], [vmRow(7, "WEB")], [7]],
    ["finds none in another cluster", "virtual-machine", [vm("web")], [vmRow(7, "web", ours, 2)], [null]],
    [
      "never takes a row that is not marked as ours",
      "virtual-machine",
      [vm("web")],
      [vmRow(7, "web", [])],
      ["name_taken"],
    ],
    [
      "takes the row it was recognised as, marked or not",
      "virtual-machine",
      [vm("new", { id: 7 })],
      [vmRow(7, "old", [])],
      [7],
    ],
    ["fails when that row is gone", "virtual-machine", [vm("web", { id: 8 })], [vmRow(7, "web")], ["netbox_gone"]],
    [
      "leaves a row to the one that was recognised as it",
      "virtual-machine",
      [vm("b", { id: 7 }), vm("a")],
      [vmRow(7, "a")],
      [7, null],
    ],
    [
      "refuses a second one of the same identity",
      "virtual-machine",
      [vm("web"), vm("Web")],
      [],
      [null, "duplicate_desired"],
    ],
    [
      "refuses a second one of the same row",
      "virtual-machine",
      [vm("a", { id: 7 }), vm("b", { id: 7 })],
      [vmRow(7, "a")],
      [7, "duplicate_desired"],
    ],
    [
      "finds the row that is to go, and gives its name to another",
      "virtual-machine",
      [vm("a", { id: 7, gone: true }), vm("a")],
      [vmRow(7, "a")],
      [7, null],
    ],
    ["does not miss a row that is to go", "virtual-machine", [vm("a", { id: 8, gone: true })], [], [null]],
    ["never guesses between several rows", "storage", [storage()], [storageRow(1), storageRow(2)], ["ambiguous"]],
    ["wants a name", "virtual-machine", [vm("  ")], [], ["identity_incomplete"]],
    [
      "finds a tag by slug before name",
      "tag",
      [tag("prod", "prod")],
      [
        { id: 1, slug: "x", name: "prod" },
        { id: 2, slug: "prod", name: "y" },
      ],
      [2],
    ],
    [
      "finds a tag by name under another slug",
      "tag",
      [tag("prod", "prod")],
      [{ id: 1, slug: "production", name: "Prod" }],
      [1],
    ],
  ];
  test.each(cases)("%s", (_, kind, desired, rows, expected) => {
    expect(matched(kind, desired, rows)).toEqual(expected);
  });

  test("a scope of another type is not the same site", () => {
    const cluster: Desired = { kind: "cluster", identity: { name: "c", scope_id: 4 }, values: {}, label: "c" };
    const row = (scope_type: string) => ({ id: 1, name: "c", scope_type, scope_id: 4 });
    expect(matched("cluster", [cluster], [row("dcim.region")])).toEqual([null]);
    expect(matched("cluster", [cluster], [row("dcim.site")])).toEqual([1]);
  });
});

test("what is to go is named by its row", () => {
  expect(() => matched("virtual-machine", [vm("a", { gone: true })], [vmRow(7, "a")])).toThrow("which row");
});

function storage(): Desired {
  return { kind: "storage", identity: { cluster: 1, name: "local" }, values: {}, label: "local" };
}

function storageRow(id: number): Row {
  return { id, cluster: { id: 1 }, name: "local" };
}

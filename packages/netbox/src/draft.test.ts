import { describe, expect, test } from "bun:test";
import { askable, type DraftEntry, draftId, isDraftId, laidOver, shownRow, shownValues } from "./draft.ts";
import type { Query } from "./identity.ts";

const machines = "virtualization/virtual-machines";
const addresses = "ipam/ip-addresses";
const noTags = () => "";

describe("draftId", () => {
  test("the same row has the same id, another one another, and NetBox has none of them", () => {
    const body = { name: "web", cluster: 1 };
    expect(draftId(machines, body)).toBe(draftId(machines, { ...body }));
    expect(draftId(machines, body)).not.toBe(draftId(machines, { ...body, name: "dns" }));
    expect(draftId(machines, body)).not.toBe(draftId("dcim/devices", body));
    expect(isDraftId(draftId(machines, body))).toBe(true);
    expect([1, "web", null].some(isDraftId)).toBe(false);
  });
});

describe("shownValues", () => {
  test.each<[string, string, Record<string, unknown>, Record<string, unknown>]>([
    ["references are nested", machines, { cluster: 3, tenant: null }, { cluster: { id: 3 }, tenant: null }],
    ["so are choices", machines, { status: "active" }, { status: { value: "active" } }],
    ["sets of references", "dcim/interfaces", { tagged_vlans: [1, 2] }, { tagged_vlans: [{ id: 1 }, { id: 2 }] }],
    [
      "what an address is on stands in two plain fields",
      addresses,
      { assigned_object_type: "dcim.interface", assigned_object_id: 7, address: "10.0.0.1/24" },
      { assigned_object_type: "dcim.interface", assigned_object_id: 7, address: "10.0.0.1/24" },
    ],
    ["fields that no kind knows are as they are", machines, { extra: 1 }, { extra: 1 }],
  ])("%s", (_, path, sent, shown) => expect(shownValues(path, sent, noTags)).toEqual(shown));

  test("tags by slug, however they are sent", () => {
    const shown = shownValues(machines, { tags: [5, { slug: "proxbox" }] }, (id) => `tag-${id}`);
    expect(shown.tags).toMatchObject([{ id: 5, slug: "tag-5" }, { slug: "proxbox" }]);
  });
});

test("a row has every field that its kinds know, those of what completes it too", () => {
  expect(shownRow(machines, -1, { name: "web" })).toMatchObject({
    ...{ id: -1, name: "web", description: "", vcpus: null, cluster: null, primary_ip4: null, tags: [] },
  });
});

describe("askable", () => {
  test.each<[string, Query, Query | null]>([
    ["what names no row", { name: "web", fields: "id" }, { name: "web", fields: "id" }],
    ["rows of NetBox's own", { cluster_id: [1, -2], vid: [10] }, { cluster_id: [1], vid: [10] }],
    ["rows that would be made only", { cluster_id: [-2], fields: "id" }, null],
    ["one of them", { endpoint: -2 }, null],
    ["nothing in a list stays nothing", { id: [] }, { id: [] }],
    ["a tag that is there", { tag: "other" }, { tag: "other" }],
    ["a tag that would be made", { tag: "proxbox" }, null],
  ])("%s", (_, query, asked) => expect(askable(query, new Set(["proxbox"]))).toEqual(asked));
});

describe("laidOver", () => {
  const row = (id: number, name: string, more: object = {}) => shownRow(machines, id, { name, ...more });
  const rows = [row(1, "web"), row(2, "dns")];
  const made: DraftEntry = { op: "create", row: row(-9, "New", { cluster: { id: -5 }, status: { value: "active" } }) };
  const ids = (entries: DraftEntry[], query: Query = {}) =>
    laidOver(machines, rows, entries, query).map(({ id }) => id);

  test.each<[string, Query, boolean]>([
    ["no filter", {}, true],
    ["its id", { id: [-9, 1] }, true],
    ["another id", { id: [1] }, false],
    ["its name in any case", { name: ["new"] }, true],
    ["another name", { name: ["old"] }, false],
    ["what it refers to", { cluster_id: [-5] }, true],
    ["what it does not refer to", { cluster_id: [4] }, false],
    ["a choice", { status: "active" }, true],
    ["a tag it has not", { tag: "proxbox" }, false],
    ["what rows cannot be held against", { name__ie: ["old"], region_id: [4] }, true],
  ])("a row that would be made, asked for by %s", (_, query, found) =>
    expect(ids([made], query)).toEqual(found ? [1, 2, -9] : [1, 2]),
  );

  test("changes are laid over one another, over rows that would be made too", () => {
    const entries: DraftEntry[] = [
      made,
      { op: "update", id: 1, values: { name: "first" } },
      { op: "update", id: 1, values: { name: "second" } },
      { op: "update", id: -9, values: { description: "changed" } },
    ];
    expect(laidOver(machines, rows, entries, {})).toMatchObject([
      { id: 1, name: "second" },
      { id: 2, name: "dns" },
      { id: -9, name: "New", description: "changed" },
    ]);
  });

  test("what would be deleted is not there", () => {
    expect(ids([made, { op: "delete", id: 2 }, { op: "delete", id: -9 }])).toEqual([1]);
  });

  test("a row that is made again is one", () => {
    expect(ids([made, made])).toEqual([1, 2, -9]);
  });

  test("fields that were asked for and that no kind knows are empty", () => {
    expect(laidOver(machines, [], [made], { fields: "id,virtual_disk_count" })).toMatchObject([
      { virtual_disk_count: null },
    ]);
  });

  test.each<[string, Query, boolean]>([
    ["its host", { address: ["10.0.0.1"] }, true],
    ["another host", { address: ["10.0.0.2"] }, false],
    ["the machine's interface it is on", { vminterface_id: [-7] }, true],
    ["the node's interface of that number", { interface_id: [-7] }, false],
  ])("an address that would be made, asked for by %s", (_, query, found) => {
    const values = {
      address: "10.0.0.1/24",
      assigned_object_type: "virtualization.vminterface",
      assigned_object_id: -7,
    };
    const entry: DraftEntry = { op: "create", row: shownRow(addresses, -1, values) };
    expect(laidOver(addresses, [], [entry], query)).toHaveLength(found ? 1 : 0);
  });
});

import { describe, expect, test } from "bun:test";
import { fieldsOf, identityKey, type Known, lookupOf, queriesOf, rowKey } from "./identity.ts";
import { kindOf } from "./kinds.ts";

const nothing = () => undefined;
const cluster = { kind: "cluster", identity: { name: "c", scope_id: { kind: "site", id: 1 } } } as const;
const clusterKey = identityKey("cluster", cluster.identity, nothing);
const known = (value: Known) => (key: string) => (key === clusterKey ? value : undefined);

describe("identityKey", () => {
  test("is the key of the row that answers it, whatever the case of its name", () => {
    const row = { id: 9, name: "WEB", cluster: { id: 5, name: "c" } };
    expect(identityKey("virtual-machine", { cluster: { kind: "cluster", id: 5 }, name: " web" }, nothing)).toBe(
      rowKey("virtual-machine", row),
    );
  });

  test("is the same for a reference by id and by identity", () => {
    const byIdentity = identityKey("virtual-machine", { cluster, name: "web" }, known({ id: 5 }));
    expect(byIdentity).toBe(identityKey("virtual-machine", { cluster: 5, name: "web" }, nothing));
  });

  test("tells names apart where NetBox does", () => {
    const key = (name: string) => identityKey("cluster", { name, scope_id: 1 }, nothing);
    expect(key("C")).not.toBe(key("c"));
  });
});

describe("lookupOf", () => {
  test("resolves references", () => {
    expect(lookupOf("virtual-machine", { cluster, name: "web" }, known({ id: 5 }))).toEqual({
      cluster: 5,
      name: "web",
    });
  });

  test("is not possible below an object that does not exist, or without a name", () => {
    expect(lookupOf("virtual-machine", { cluster, name: "web" }, known("absent"))).toBeNull();
    expect(lookupOf("virtual-machine", { cluster: 5, name: " " }, nothing)).toBeNull();
  });
});

describe("queriesOf", () => {
  test("asks for all parents and names at once", () => {
    const lookups = [
      { cluster: 1, name: "a" },
      { cluster: 2, name: "a" },
    ];
    expect(queriesOf(kindOf("virtual-machine"), lookups)).toEqual([{ cluster_id: [1, 2], name: ["a"] }]);
  });

  test("gives a filter that takes one value only one", () => {
    const storages = [
      { cluster: 1, name: "local" },
      { cluster: 2, name: "ceph" },
    ];
    expect(queriesOf(kindOf("storage"), storages.slice(0, 1))).toEqual([{ cluster: [1], name: ["local"] }]);
    expect(queriesOf(kindOf("storage"), storages)).toEqual([{ name: ["local", "ceph"] }]);
    expect(queriesOf(kindOf("vm-cloudinit"), [{ virtual_machine: 1 }, { virtual_machine: 2 }])).toEqual([
      { virtual_machine: 1 },
      { virtual_machine: 2 },
    ]);
  });

  test("asks for nothing where nothing is looked up", () => {
    expect(queriesOf(kindOf("tag"), [])).toEqual([]);
  });
});

test("fieldsOf leaves out what a release does not have", () => {
  expect(fieldsOf("virtual-machine", () => true).split(",")).toContain("virtual_machine_type");
  expect(fieldsOf("virtual-machine", () => false).split(",")).not.toContain("virtual_machine_type");
});

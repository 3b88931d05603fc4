import { expect, test } from "bun:test";
import { type Storage, storageOf } from "@proxbox/proxmox/resources/storage";
import { storageShape, volumeShape } from "./storage-shape.ts";

const listed = (node: string, maxdisk: unknown, disk: unknown) => ({
  type: "storage",
  storage: "s",
  node,
  maxdisk,
  disk,
});
const storage = (row: Record<string, unknown>) => storageOf({ storage: "s", ...row }) as Storage;

test.each<[string, Record<string, unknown>, Record<string, unknown>[], unknown]>([
  ["shared, told by each node", { type: "nfs" }, [listed("a", 100, 30), listed("b", 100, 30)], [100, 30, 70]],
  ["of each node", { type: "dir" }, [listed("a", 100, 30), listed("b", 50, 10)], [150, 40, 110]],
  ["of a node that is away", { type: "dir" }, [listed("a", 100, 30), listed("b", undefined, undefined)], [100, 30, 70]],
  ["that nobody knows", { type: "dir" }, [], [null, null, null]],
  ["fuller than it is", { type: "dir" }, [listed("a", 100, 101)], [100, 101, 0]],
])("a storage %s", (_, config, rows, figures) => {
  const { total, used, avail } = storageShape("prod", storage(config), [...rows, { type: "node", storage: "s" }]);
  expect([total, used, avail]).toEqual(figures as (number | null)[]);
});

test("a storage is flat and tells no secret", () => {
  const shape = storageShape(
    "prod",
    storage({
      type: "pbs",
      password: "secret",
      fingerprint: "aa:bb",
      "prune-backups": { "keep-last": 3 },
      nodes: "b,a",
    }),
    [],
  );
  expect(shape).toMatchObject({
    cluster: "prod",
    nodes: "a,b",
    "prune-backups": "keep-last=3",
    fingerprint: "aa:bb",
    shared: true,
  });
  expect(JSON.stringify(shape)).not.toContain("secret");
});

test("a volume has its id and is flat; what Proxmox does not say is left out", () => {
  expect(volumeShape({ content: "iso" })).toBeNull();
  const row = {
    volid: "s:backup/x",
    size: "12",
    vmid: "100",
    protected: 1,
    verification: { state: "ok", upid: "UPID:a" },
  };
  expect(volumeShape({ ...row, notes: null, something: { nested: 1 } })).toEqual({
    volid: "s:backup/x",
    size: 12,
    vmid: 100,
    verification: "ok",
    verification_upid: "UPID:a",
    protected: true,
  });
});

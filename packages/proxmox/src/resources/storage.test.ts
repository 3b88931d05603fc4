import { expect, test } from "bun:test";
import { storageOf } from "./storage.ts";

test("every field of a definition is read, in one spelling", () => {
  const storage = storageOf({
    storage: "backup",
    type: "pbs",
    content: "snippets,backup",
    nodes: "pve2,pve1",
    disable: "1",
    server: "pbs.example",
    port: "8007",
    username: "sync@pbs",
    datastore: "main",
    namespace: "prod",
    "prune-backups": "keep-daily=7,keep-last=3",
    "max-protected-backups": "5",
    fingerprint: "AA:BB",
    password: "hidden",
    "encryption-key": "hidden",
    digest: "0f",
  });
  expect(storage).toMatchObject({
    name: "backup",
    type: "pbs",
    content: "backup,snippets",
    nodes: "pve1,pve2",
    shared: true,
    enabled: false,
    server: "pbs.example",
    port: 8007,
    username: "sync@pbs",
    datastore: "main",
    namespace: "prod",
    pruneBackups: "keep-daily=7,keep-last=3",
    maxProtectedBackups: 5,
    path: null,
  });
  expect(JSON.stringify(storage)).not.toContain("hidden");
  expect(Object.keys(storage?.raw ?? {})).not.toContain("digest");
  expect(storage?.raw.fingerprint).toBe("AA:BB");
});

test.each([
  [
    { type: "dir", shared: "1" },
    { shared: true, enabled: true },
  ],
  [{ type: "dir" }, { shared: false }],
  [{ type: "nfs" }, { shared: true }],
  [{ type: "dir", is_mountpoint: "yes" }, { isMountpoint: "yes" }],
  [{ type: "dir", is_mountpoint: 1 }, { isMountpoint: "1" }],
  [{ type: "dir", is_mountpoint: true }, { isMountpoint: "1" }],
  [{ type: "dir", content: { iso: 1, images: 1 } }, { content: "images,iso" }],
  [{ type: "dir", content: "" }, { content: null }],
  [{ type: "dir", "prune-backups": { "keep-last": 3, "keep-all": 0 } }, { pruneBackups: "keep-all=0,keep-last=3" }],
])("%p", (row, storage) => {
  expect(storageOf({ storage: "s1", ...row })).toMatchObject(storage);
});

test("a row without name is no storage", () => {
  expect(storageOf({ type: "dir" })).toBeNull();
});

import { describe, expect, test } from "bun:test";
import { SyncOptions } from "@proxbox/contracts/sync-options";
import type { HostBinding } from "@proxbox/netbox/hosts/bind";
import { type Storage, storageOf } from "@proxbox/proxmox/resources/storage";
import { Value } from "@sinclair/typebox/value";
import { desiredStorage } from "./desired.ts";

const binding: HostBinding = {
  endpoint: 1,
  pluginEndpoint: 1,
  twin: null,
  others: [],
  takesOver: false,
  goneNodes: [],
  cluster: { id: 7, name: "pve" },
  proxmoxCluster: 3,
  site: { id: 1 },
  moves: false,
  scope: true,
  tenant: null,
  nodes: {},
  problem: null,
};
const options = Value.Default(SyncOptions, {}) as SyncOptions;
const desired = (row: Record<string, unknown>) =>
  desiredStorage(storageOf({ storage: "s", ...row }) as Storage, binding, options);

describe("desiredStorage", () => {
  const cases: { what: string; row: Record<string, unknown>; values: Record<string, unknown> }[] = [
    {
      what: "a directory; what it does not set is cleared",
      row: { type: "dir", path: "/var/lib/vz", content: "iso,backup" },
      values: {
        storage_type: "dir",
        path: "/var/lib/vz",
        content: "backup,iso",
        enabled: true,
        shared: false,
        server: null,
      },
    },
    {
      what: "retention under its hyphenated names",
      row: { "prune-backups": "keep-last=3", "max-protected-backups": "5" },
      values: { prune_backups: "keep-last=3", max_protected_backups: 5 },
    },
    { what: "an integer is_mountpoint is a text", row: { is_mountpoint: 1 }, values: { is_mountpoint: "1" } },
    {
      what: "disabled and shared as texts",
      row: { disable: "1", shared: "1" },
      values: { enabled: false, shared: true },
    },
    { what: "a port as text", row: { port: "8007" }, values: { port: 8007 } },
  ];
  for (const { what, row, values } of cases) {
    test(what, () => expect(desired(row).values).toMatchObject(values));
  }

  test("it stands under its cluster", () => {
    expect(desired({}).identity).toEqual({ cluster: { kind: "cluster", id: 7 }, name: "s" });
  });

  test("no secret reaches NetBox", () => {
    const secrets = { password: "hunter2", keyring: "AQ==", "encryption-key": "k", "master-pubkey": "m" };
    expect(JSON.stringify(desired({ type: "pbs", server: "pbs.example", digest: "d", ...secrets }))).not.toMatch(
      /hunter2|AQ==|"k"|"m"/,
    );
  });

  test("the tags flag is honoured", () => {
    const storage = storageOf({ storage: "s" }) as Storage;
    expect(desiredStorage(storage, binding, { ...options, overwrite_storage_tags: false }).tags?.keep).toBe(true);
  });
});

import { describe, expect, test } from "bun:test";
import { SyncOptions } from "@proxbox/contracts/sync-options";
import type { HostBinding } from "@proxbox/netbox/hosts/bind";
import { Value } from "@sinclair/typebox/value";
import { desiredStorage } from "./desired.ts";

const binding: HostBinding = {
  endpoint: 1,
  pluginEndpoint: 1,
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

describe("desiredStorage", () => {
  const cases: { what: string; config: Record<string, unknown>; values: Record<string, unknown> }[] = [
    { what: "a directory", config: { type: "dir", path: "/var/lib/vz", content: "iso,backup" }, values: { storage_type: "dir", path: "/var/lib/vz", content: "iso,backup", enabled: true, shared: false, server: null } },
    { what: "retention under its hyphenated names", config: { "prune-backups": "keep-last=3", "max-protected-backups": "5" }, values: { prune_backups: "keep-last=3", max_protected_backups: 5 } },
    { what: "retention as an object", config: { "prune-backups": { "keep-last": "3", "keep-daily": 7 } }, values: { prune_backups: "keep-last=3,keep-daily=7" } },
    { what: "an integer is_mountpoint is a text", config: { is_mountpoint: 1 }, values: { is_mountpoint: "1" } },
    { what: "disabled and shared as texts", config: { disable: "1", shared: "1" }, values: { enabled: false, shared: true } },
    { what: "a port as text", config: { port: "8007" }, values: { port: 8007 } },
    { what: "too long a text is cut", config: { monhost: "m".repeat(600) }, values: { monhost: "m".repeat(512) } },
  ];
  for (const { what, config, values } of cases) {
    test(what, () => expect(desiredStorage({ storage: "s", ...config }, binding, options).values).toMatchObject(values));
  }

  test("no secret reaches NetBox, and the order of options does not matter", () => {
    const config = { storage: "pbs", type: "pbs", password: "hunter2", keyring: "AQ==", "encryption-key": "k", server: "pbs.example", digest: "d1" };
    const raw = desiredStorage(config, binding, options).values.raw_config;
    expect(raw).toEqual({ server: "pbs.example", storage: "pbs", type: "pbs" });
    const reordered = Object.fromEntries(Object.entries(config).reverse()) as typeof config;
    expect(JSON.stringify(desiredStorage(reordered, binding, options).values.raw_config)).toBe(JSON.stringify(raw));
  });

  test("the tags flag is honoured", () => {
    expect(desiredStorage({ storage: "s" }, binding, { ...options, overwrite_storage_tags: false }).tags?.keep).toBe(true);
  });
});

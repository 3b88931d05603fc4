import type { SyncOptions } from "@proxbox/contracts/sync-options";
import type { Desired } from "@proxbox/netbox/desired";
import type { HostBinding } from "@proxbox/netbox/hosts/bind";
import { clusterRef } from "@proxbox/netbox/hosts/desired";
import { oursTag } from "@proxbox/netbox/hosts/support";

/** A storage as Proxmox configures it: scalars under Proxmox's own names. */
export type StorageConfig = Readonly<Record<string, unknown>> & { storage: string };

/** Text fields of the plugin's table, the Proxmox option each comes from, and the longest text the table takes. */
const textFields: readonly [field: string, option: string, longest: number][] = [
  ["storage_type", "type", 100],
  ["content", "content", 255],
  ["path", "path", 255],
  ["nodes", "nodes", Number.POSITIVE_INFINITY],
  ["server", "server", 255],
  ["username", "username", 255],
  ["export", "export", 255],
  ["share", "share", 255],
  ["pool", "pool", 255],
  ["monhost", "monhost", 512],
  ["namespace", "namespace", 255],
  ["datastore", "datastore", 255],
  ["subdir", "subdir", 255],
  ["mountpoint", "mountpoint", 255],
  ["is_mountpoint", "is_mountpoint", 255],
  ["preallocation", "preallocation", 50],
  ["format", "format", 100],
  ["prune_backups", "prune-backups", 512],
];

const secretOption = /pass|secret|keyring|encryption-key|master-pubkey|token|credential/i;

/** What the plugin's storage table should hold for one storage. Pure. What Proxmox no longer sets is cleared. */
export function desiredStorage(config: StorageConfig, binding: HostBinding, options: SyncOptions): Desired {
  const values: Record<string, unknown> = {
    shared: isTrue(config.shared),
    enabled: !isTrue(config.disable),
    port: integer(config.port),
    max_protected_backups: integer(config["max-protected-backups"]),
    raw_config: withoutSecrets(config),
  };
  for (const [field, option, longest] of textFields) values[field] = text(config[option], longest);
  return {
    kind: "storage",
    identity: { cluster: clusterRef(binding), name: config.storage },
    values,
    tags: { add: [oursTag], keep: !options.overwrite_storage_tags },
    label: `${binding.cluster.name}/${config.storage}`,
  };
}

/** Everything but secrets, in one order, so that two readings of one configuration are equal. */
function withoutSecrets(config: StorageConfig): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(config)
      // The digest is of the whole file: it changes with every other storage.
      .filter(([option]) => !secretOption.test(option) && option !== "digest")
      .sort(([left], [right]) => left.localeCompare(right)),
  );
}

function text(value: unknown, longest: number): string | null {
  const plain = value !== null && typeof value === "object" ? propertyString(value) : value == null ? "" : String(value);
  return plain === "" ? null : plain.slice(0, longest);
}

function propertyString(value: object): string {
  return Object.entries(value)
    .map(([key, entry]) => `${key}=${entry}`)
    .join(",");
}

function integer(value: unknown): number | null {
  const number = typeof value === "number" ? value : typeof value === "string" && value.trim() !== "" ? Number(value) : Number.NaN;
  return Number.isInteger(number) ? number : null;
}

function isTrue(value: unknown): boolean {
  return value === true || value === 1 || value === "1";
}

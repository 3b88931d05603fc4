import type { ProxmoxClient } from "../client.ts";
import { badListing } from "../failures.ts";
import { parseRows, type Row } from "../parse/rows.ts";
import { parseFlag, parseInteger, parseText } from "../parse/scalars.ts";

/** A storage as it is configured, one for the whole cluster; null for what the configuration does not say. */
export type Storage = {
  name: string;
  type: string;
  /** Kinds of content, comma list in alphabetical order: Proxmox gives them in any. */
  content: string | null;
  path: string | null;
  /** Nodes it is restricted to, comma list in alphabetical order; null: all. */
  nodes: string | null;
  shared: boolean;
  enabled: boolean;
  server: string | null;
  port: number | null;
  username: string | null;
  export: string | null;
  share: string | null;
  pool: string | null;
  monhost: string | null;
  namespace: string | null;
  datastore: string | null;
  subdir: string | null;
  mountpoint: string | null;
  /** `1`, `0` or a path. */
  isMountpoint: string | null;
  preallocation: string | null;
  format: string | null;
  pruneBackups: string | null;
  maxProtectedBackups: number | null;
  /** The whole configuration as Proxmox gave it, without what could be a secret and without its digest. */
  raw: Record<string, unknown>;
};

/** Reads the storages of an endpoint (GET /storage holds their whole configuration), by name. */
export async function readStorages(client: ProxmoxClient, signal: AbortSignal): Promise<Storage[]> {
  const data = await client.get("/storage", { signal });
  if (!Array.isArray(data)) throw badListing(client.name, "/storage");
  const storages = parseRows(data).map(storageOf);
  const named = storages.filter((storage) => storage !== null);
  return named.sort((left, right) => (left.name < right.name ? -1 : 1));
}

/** One row of GET /storage; null when it has no name. Pure. */
export function storageOf(row: Row): Storage | null {
  const name = parseText(row.storage);
  if (!name) return null;
  return {
    name,
    type: parseText(row.type) ?? "",
    content: parseList(row.content),
    path: parseText(row.path),
    nodes: parseList(row.nodes),
    shared: parseFlag(row.shared) ?? sharedTypes.has(String(row.type)),
    enabled: !(parseFlag(row.disable) ?? false),
    server: parseText(row.server),
    port: parseInteger(row.port),
    username: parseText(row.username),
    export: parseText(row.export),
    share: parseText(row.share),
    pool: parseText(row.pool),
    monhost: parseText(row.monhost),
    namespace: parseText(row.namespace),
    datastore: parseText(row.datastore),
    subdir: parseText(row.subdir),
    mountpoint: parseText(row.mountpoint),
    isMountpoint:
      typeof row.is_mountpoint === "boolean" ? `${Number(row.is_mountpoint)}` : parseText(row.is_mountpoint),
    preallocation: parseText(row.preallocation),
    format: parseText(row.format),
    pruneBackups: parseRetention(row["prune-backups"]),
    maxProtectedBackups: parseInteger(row["max-protected-backups"]),
    raw: withoutSecrets(row),
  };
}

/** Types that every node sees the same of, whatever the configuration says (Proxmox VE 9.2). */
const sharedTypes = new Set(["nfs", "cifs", "pbs", "cephfs", "rbd", "iscsi", "iscsidirect", "zfs", "esxi"]);

function parseList(value: unknown): string | null {
  const text = typeof value === "object" && value !== null ? Object.keys(value).join(",") : parseText(value);
  const entries = (text ?? "").split(/[\s,;]+/).filter((entry) => entry !== "");
  return entries.length > 0 ? [...new Set(entries)].sort().join(",") : null;
}

/** `keep-last=3,keep-daily=7`, also when a server sends it as an object. */
function parseRetention(value: unknown): string | null {
  if (typeof value !== "object" || value === null) return parseText(value);
  const entries = Object.entries(value).map(([key, count]) => `${key}=${count}`);
  return entries.length > 0 ? entries.sort().join(",") : null;
}

const secretKey = /pass|secret|token|keyring|credential|encryption-key|master-pubkey/i;

function withoutSecrets(row: Row): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).filter(([key]) => key !== "digest" && !secretKey.test(key)));
}

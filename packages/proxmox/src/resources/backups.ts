import type { ProxmoxClient } from "../client.ts";
import { badListing } from "../failures.ts";
import { instantOf } from "../parse/instant.ts";
import { parseRow, parseRows, type Row } from "../parse/rows.ts";
import { parseFlag, parseInteger, parseText } from "../parse/scalars.ts";
import { type BackupVolume, parseVolume } from "../parse/volume.ts";
import type { Storage } from "./storage.ts";

/** A backup on a storage. Sizes in bytes, instants ISO 8601 in UTC. */
export type Backup = {
  volid: string;
  storage: string;
  vmid: number | null;
  subtype: BackupVolume["subtype"];
  format: BackupVolume["format"];
  createdAt: string | null;
  size: number | null;
  used: number | null;
  notes: string | null;
  /** The key's fingerprint, or `1`; "" when it is not encrypted. */
  encrypted: string;
  /** How its last verification ended; Proxmox Backup Server only. */
  verification: { state: string | null; upid: string | null } | null;
  protected: boolean;
};

/** A node that is asked for the backups of a storage. */
export type BackupSource = { storage: string; node: string; shared: boolean };

/** A storage whose backups, or some of them, cannot be read for now, so that none of them counts as gone. */
export type UnreadStorage = { storage: string; reason: string };

/**
 * Which node is asked for the backups of which storage: for a shared one the first of its nodes that is online, for any
 * other each of them. Storages that hold no backups are left out. Pure.
 */
export function backupSources(
  storages: readonly Storage[],
  nodes: readonly { name: string; online: boolean }[],
): { sources: BackupSource[]; unread: UnreadStorage[] } {
  const sources: BackupSource[] = [];
  const unread: UnreadStorage[] = [];
  for (const { name, content, nodes: restricted, shared, enabled } of storages) {
    if (!content?.split(",").includes("backup")) continue;
    const only = restricted?.split(",");
    const serving = nodes.filter((node) => !only || only.includes(node.name));
    const online = enabled ? serving.filter((node) => node.online) : [];
    for (const node of shared ? online.slice(0, 1) : online) sources.push({ storage: name, node: node.name, shared });
    if (!enabled) unread.push({ storage: name, reason: `Storage ${name} is disabled.` });
    else if (online.length === 0) unread.push({ storage: name, reason: `No node with storage ${name} is online.` });
    else if (!shared && online.length < serving.length) {
      const away = serving.filter((node) => !node.online).map((node) => node.name);
      unread.push({ storage: name, reason: `Storage ${name} of ${away.join(", ")} cannot be read: not online.` });
    }
  }
  return { sources, unread };
}

/** Reads the backups of a storage (GET /nodes/{node}/storage/{storage}/content). Throws ProxmoxAPIError as the client does. */
export async function readBackups(
  client: ProxmoxClient,
  { storage, node }: Pick<BackupSource, "storage" | "node">,
  signal: AbortSignal,
): Promise<Backup[]> {
  const path = `/nodes/${encodeURIComponent(node)}/storage/${encodeURIComponent(storage)}/content`;
  const data = await client.get(path, { signal, node, query: { content: "backup" } });
  if (!Array.isArray(data)) throw badListing(client.name, path);
  return parseRows(data).flatMap((row) => backupOf(row, storage) ?? []);
}

/** One row of the listing; null when it has no volume id or is no backup. Pure. */
export function backupOf(row: Row, storage: string): Backup | null {
  const volid = parseText(row.volid);
  if (!volid || (row.content !== undefined && row.content !== "backup")) return null;
  const volume = parseVolume(volid, { subtype: row.subtype, format: row.format });
  const verification = parseRow(row.verification);
  return {
    volid,
    storage: volume.storage || storage,
    vmid: parseInteger(row.vmid) ?? volume.vmid,
    subtype: volume.subtype,
    format: volume.format,
    createdAt: instantOf(row.ctime) ?? volume.takenAt,
    size: parseInteger(row.size) ?? parseInteger(row["approximate-size"]),
    used: parseInteger(row.used),
    notes: parseText(row.notes),
    encrypted: encryptionOf(row.encrypted),
    verification: verification && { state: parseText(verification.state), upid: parseText(verification.upid) },
    protected: parseFlag(row.protected) ?? false,
  };
}

function encryptionOf(value: unknown): string {
  if (typeof value === "boolean") return value ? "1" : "";
  const text = parseText(value)?.trim() ?? "";
  return text === "0" ? "" : text;
}

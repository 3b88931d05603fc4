import { parseRow, type Row } from "@proxbox/proxmox/parse/rows";
import { parseFlag, parseInteger, parseText } from "@proxbox/proxmox/parse/scalars";
import type { Storage } from "@proxbox/proxmox/resources/storage";

/** What a storage holds, in bytes; null where no node tells. */
type Usage = { total: number | null; used: number | null; avail: number | null };

/**
 * A storage, flat, with what it holds (plugin 0.0.29.post6 finds it by `storage` and `cluster`, and shows used of total):
 * a shared one is counted once, of any other the parts on all nodes together. Pure.
 */
export function storageShape(cluster: string, storage: Storage, listed: readonly Row[]): Row {
  const rows = listed.filter((row) => row.type === "storage" && row.storage === storage.name);
  return {
    cluster,
    storage: storage.name,
    type: storage.type,
    path: storage.path,
    content: storage.content,
    digest: null,
    nodes: storage.nodes,
    "prune-backups": storage.pruneBackups,
    shared: storage.shared,
    enabled: storage.enabled,
    disable: storage.enabled ? null : 1,
    export: storage.export,
    server: storage.server,
    pool: storage.pool,
    sparse: parseText(storage.raw.sparse),
    username: storage.username,
    datastore: storage.datastore,
    fingerprint: parseText(storage.raw.fingerprint),
    mountpoint: storage.mountpoint,
    ...usageOf(storage, rows),
  };
}

function usageOf({ shared }: Storage, rows: readonly Row[]): Usage {
  const known = rows.flatMap((row) => {
    const total = parseInteger(row.maxdisk);
    return total === null ? [] : [{ total, used: parseInteger(row.disk) ?? 0 }];
  });
  const counted = shared ? known.slice(0, 1) : known;
  if (counted.length === 0) return { total: null, used: null, avail: null };
  const total = counted.reduce((sum, row) => sum + row.total, 0);
  const used = counted.reduce((sum, row) => sum + row.used, 0);
  return { total, used, avail: Math.max(total - used, 0) };
}

/**
 * A volume on a storage, flat: a row with anything nested in it makes plugin 0.0.29.post6 give up the whole node. What
 * Proxmox does not say is left out, because that page takes no more than 1 MiB. Null without a volume id. Pure.
 */
export function volumeShape(row: Row): Row | null {
  const volid = parseText(row.volid);
  if (!volid) return null;
  const verification = parseRow(row.verification);
  const shape = {
    volid,
    content: parseText(row.content),
    format: parseText(row.format),
    subtype: parseText(row.subtype),
    size: parseInteger(row.size) ?? parseInteger(row["approximate-size"]),
    used: parseInteger(row.used),
    vmid: parseInteger(row.vmid),
    parent: parseText(row.parent),
    ctime: parseInteger(row.ctime),
    notes: parseText(row.notes),
    encrypted: parseText(row.encrypted),
    verification: parseText(verification?.state),
    verification_upid: parseText(verification?.upid),
    protected: parseFlag(row.protected),
  };
  return Object.fromEntries(Object.entries(shape).filter(([, value]) => value !== null));
}

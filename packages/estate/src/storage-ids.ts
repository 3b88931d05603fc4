import type { NetBoxClient } from "@proxbox/netbox/client";
import type { Ref } from "@proxbox/netbox/desired";

/** The plugin's storage rows of one NetBox cluster: their ids by name. */
export type StorageIds = Readonly<Record<string, number>>;

/**
 * Reads the plugin's storage rows by NetBox cluster, all at once: its filter takes one cluster at a time, and there are
 * few. Throws NetBoxAPIError as the client does.
 */
export async function readStorageIds(
  client: NetBoxClient,
  signal: AbortSignal,
): Promise<ReadonlyMap<number, StorageIds>> {
  const rows = await client.list<{ id: number; name: string; cluster: { id: number } }>(
    "plugins/proxbox/storage",
    { fields: "id,name,cluster" },
    signal,
  );
  const clusters = Map.groupBy(rows, ({ cluster }) => cluster.id);
  return new Map(
    [...clusters].map(([cluster, group]) => [cluster, Object.fromEntries(group.map(({ id, name }) => [name, id]))]),
  );
}

/** The value of a field that points to a storage: null when none is named, and when NetBox does not have it. */
export function storageRef(ids: StorageIds, name: string | null): Ref | null {
  const id = name !== null && Object.hasOwn(ids, name) ? ids[name] : undefined;
  return id === undefined ? null : { kind: "storage", id };
}

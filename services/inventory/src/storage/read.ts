import type { NetBoxClient } from "@proxbox/netbox/client";
import { oursTag } from "@proxbox/netbox/tags";
import type { StorageRow } from "./gone.ts";

/** Reads the plugin's rows of the storages of one NetBox cluster. Throws NetBoxAPIError as the client does. */
export async function readStorageRows(
  client: NetBoxClient,
  cluster: number,
  signal: AbortSignal,
): Promise<StorageRow[]> {
  const rows = await client.list<{
    id: number;
    name: string;
    enabled: boolean;
    cluster: { id: number };
    tags: { slug: string }[];
  }>("plugins/proxbox/storage", { cluster, fields: "id,name,enabled,cluster,tags" }, signal);
  return rows
    .filter((row) => row.cluster.id === cluster)
    .map(({ id, name, enabled, tags }) => ({ id, name, enabled, ours: tags.some(({ slug }) => slug === oursTag) }));
}

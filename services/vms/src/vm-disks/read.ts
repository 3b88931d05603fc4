import type { Row } from "@proxbox/netbox/canonical";
import type { NetBoxClient } from "@proxbox/netbox/client";
import { oursTag, tagsOf } from "@proxbox/netbox/tags";
import type { DiskRow } from "./facts.ts";

/** Reads the virtual disks of some machines, whole. Throws NetBoxAPIError as the client does. */
export async function readDisks(
  client: NetBoxClient,
  machines: readonly number[],
  signal: AbortSignal,
): Promise<Row[]> {
  return machines.length === 0 ? [] : client.readAll("virtual-disk", { virtual_machine_id: machines }, signal);
}

/** What telling which disk it is needs of a row. */
export function diskRowOf(row: Row): DiskRow {
  const { id } = row.virtual_machine as { id: number };
  return { id: row.id, vm: id, name: String(row.name), ours: tagsOf(row).some(({ slug }) => slug === oursTag) };
}

import type { NetBoxClient } from "@proxbox/netbox/client";
import { oursTag } from "@proxbox/netbox/tags";
import type { DiskRow } from "./facts.ts";

/** Reads the virtual disks of some machines. Throws NetBoxAPIError as the client does. */
export async function readDiskRows(
  client: NetBoxClient,
  machines: readonly number[],
  signal: AbortSignal,
): Promise<DiskRow[]> {
  if (machines.length === 0) return [];
  const rows = await client.list<{
    id: number;
    virtual_machine: { id: number };
    name: string;
    tags: { slug: string }[];
  }>("virtualization/virtual-disks", { virtual_machine_id: machines, fields: "id,virtual_machine,name,tags" }, signal);
  return rows.map(({ id, virtual_machine: vm, name, tags }) => ({
    id,
    vm: vm.id,
    name,
    ours: tags.some(({ slug }) => slug === oursTag),
  }));
}

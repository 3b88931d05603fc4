import type { NetBoxClient } from "@proxbox/netbox/client";
import { oursTag } from "@proxbox/netbox/tags";
import type { DiskRow } from "./facts.ts";

type Answer = { id: number; virtual_machine: { id: number }; name: string; tags: { slug: string }[] };

/**
 * Reads virtual disks, by machine: of some machines, or of all at once, which for a whole estate is far fewer requests.
 * Throws NetBoxAPIError as the client does.
 */
export async function readDiskRows(
  client: NetBoxClient,
  machines: readonly number[] | null,
  signal: AbortSignal,
): Promise<ReadonlyMap<number, DiskRow[]>> {
  const rows = await client.list<Answer>(
    "virtualization/virtual-disks",
    { ...(machines ? { virtual_machine_id: machines } : {}), fields: "id,virtual_machine,name,tags" },
    signal,
  );
  const disks = rows.map(({ id, virtual_machine: vm, name, tags }) => {
    return { id, vm: vm.id, name, ours: tags.some(({ slug }) => slug === oursTag) };
  });
  return Map.groupBy(disks, ({ vm }) => vm);
}

import type { NetBoxClient } from "@proxbox/netbox/client";
import { slugCandidates, type TagRow } from "./tags.ts";

/** Reads the ids of the cloud-init rows, by machine. NetBox's filter takes one machine at a time, so these are read whole. */
export async function readCloudInits(client: NetBoxClient, signal: AbortSignal): Promise<ReadonlyMap<number, number>> {
  const rows = await client.list<{ id: number; virtual_machine: { id: number } }>(
    "plugins/proxbox/vm-cloudinit",
    { fields: "id,virtual_machine" },
    signal,
  );
  return new Map(rows.map((row) => [row.virtual_machine.id, row.id]));
}

/** Reads the tags that stand under these names or under the slugs they could have. */
export async function readTags(client: NetBoxClient, names: string[], signal: AbortSignal): Promise<TagRow[]> {
  if (names.length === 0) return [];
  const [bySlug, byName] = await Promise.all([
    client.list<TagRow & { id: number }>(
      "extras/tags",
      { slug: slugCandidates(names), fields: "id,name,slug" },
      signal,
    ),
    client.list<TagRow & { id: number }>("extras/tags", { name__ie: names, fields: "id,name,slug" }, signal),
  ]);
  return [...new Map([...bySlug, ...byName].map((tag) => [tag.id, { name: tag.name, slug: tag.slug }])).values()];
}

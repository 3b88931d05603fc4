import type { NetBoxClient } from "@proxbox/netbox/client";
import type { KnownRow } from "@proxbox/netbox/desired";
import { readPluginSettings } from "@proxbox/netbox/hosts/plugin-settings";
import { type DefaultRoles, type DefaultRolesAnswer, rolesOf } from "@proxbox/netbox/hosts/rows";
import { platformNames } from "@proxbox/proxmox/parse/os-type";
import { platformSlug } from "./platforms.ts";
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

/** Reads the platforms that guests can name and that NetBox has under the slugs of these names. */
export async function readPlatforms(client: NetBoxClient, signal: AbortSignal): Promise<KnownRow[]> {
  const rows = await client.list<{ id: number; slug: string }>(
    "dcim/platforms",
    { slug: platformNames.map(platformSlug), fields: "id,slug" },
    signal,
  );
  return rows.map(({ id, slug }) => ({ kind: "platform", identity: { slug }, id }));
}

/** Reads the roles that the plugin's settings name; none when the token may not see the settings. */
export async function readSettingsRoles(client: NetBoxClient, signal: AbortSignal): Promise<DefaultRoles> {
  const row = await readPluginSettings<DefaultRolesAnswer>(client, ["default_role_qemu", "default_role_lxc"], signal);
  return rolesOf({ default_role_qemu: null, default_role_lxc: null, ...row });
}

/** The ids among these under which NetBox has no role. */
export async function missingRoles(client: NetBoxClient, ids: number[], signal: AbortSignal): Promise<number[]> {
  if (ids.length === 0) return [];
  const rows = await client.list<{ id: number }>("dcim/device-roles", { id: ids, fields: "id" }, signal);
  return ids.filter((id) => !rows.some((row) => row.id === id));
}

import { createHash } from "node:crypto";
import type { Desired } from "@proxbox/netbox/desired";
import { slugOf } from "@proxbox/netbox/hosts/facts";

/** A tag that NetBox has. */
export type TagRow = { name: string; slug: string };

/** NetBox 4.6.8 takes no more for the name or slug of a tag. */
const longest = 100;

/**
 * Finds the slug under which each Proxmox tag stands in NetBox. Pure.
 * A tag of the same name, whatever its case, is used as it is, and so is one that differs in case only by its slug.
 * Tags that would share a slug without being one (`a+b`, `a-b`) are kept apart, so that none renames the other.
 */
export function assignSlugs(names: Iterable<string>, existing: TagRow[]): Record<string, string> {
  const bySlug = new Map(existing.map((tag) => [tag.slug, tag.name.toLowerCase()]));
  const byName = new Map(existing.map((tag) => [tag.name.toLowerCase(), tag.slug]));
  const slugs: Record<string, string> = {};
  for (const name of [...new Set(names)].sort()) {
    const slug = byName.get(name) ?? freeSlug(name, bySlug);
    slugs[name] = slug;
    if (!bySlug.has(slug)) bySlug.set(slug, name);
  }
  return slugs;
}

/** The slugs worth asking NetBox for before they are assigned. */
export function slugCandidates(names: Iterable<string>): string[] {
  return [...new Set([...names].flatMap((name) => [slugOf(name, "tag"), distinctSlug(name)]))].sort();
}

/** The tag as NetBox should hold it; what is there under its slug is used as it is, never renamed or recoloured. */
export function desiredTag(name: string, slug: string, color: string): Desired {
  return {
    kind: "tag",
    identity: { slug },
    values: {},
    onCreate: { name: name.slice(0, longest), color, description: "A tag of Proxmox guests." },
    label: name,
  };
}

function freeSlug(name: string, taken: Map<string, string>): string {
  const plain = slugOf(name, "tag");
  const holder = taken.get(plain);
  return holder === undefined || holder === name || slugOf(holder, "tag") !== plain ? plain : distinctSlug(name);
}

function distinctSlug(name: string): string {
  const mark = createHash("sha256").update(name).digest("hex").slice(0, 6);
  return `${slugOf(name, "tag").slice(0, longest - 7)}-${mark}`;
}

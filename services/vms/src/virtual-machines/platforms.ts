import type { Desired, KnownRow } from "@proxbox/netbox/desired";
import { slugOf } from "@proxbox/netbox/hosts/facts";
import { oursTag } from "@proxbox/netbox/tags";
import type { GuestConfig } from "./facts.ts";

/** The slug of a platform of this name. */
export function platformSlug(name: string): string {
  return slugOf(name, "platform");
}

/** The platforms that guests name and that are not known already, each once. Pure. */
export function desiredPlatforms(configs: Iterable<GuestConfig>, known: readonly KnownRow[]): Desired[] {
  const names = [...new Set([...configs].flatMap(({ platform }) => (platform === null ? [] : [platform])))].sort();
  const slugs = new Set(known.flatMap(({ kind, identity }) => (kind === "platform" ? [identity.slug] : [])));
  const missing = names.filter((name) => !slugs.has(platformSlug(name)));
  return missing.map((name) => ({
    kind: "platform",
    identity: { slug: platformSlug(name) },
    values: {},
    onCreate: { name },
    tags: { add: [oursTag], onCreateOnly: true },
    label: name,
  }));
}

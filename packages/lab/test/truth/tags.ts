import { createHash } from "node:crypto";
import type { EstateGuest } from "../../src/proxmox/estate.ts";
import { type Shown, slug, sorted } from "./form.ts";

/** Of several tags with one slug the first in the alphabet has it plain, the others with a mark of their own. */
export function slugsOf(shown: readonly Shown[]): Record<string, string> {
  const guests = shown.flatMap(({ cluster }) =>
    [...cluster.guests.values()].filter(({ vmid }) => !cluster.hidden.has(vmid)),
  );
  const slugs: Record<string, string> = {};
  for (const tag of sorted(guests.flatMap(tagsOf))) {
    const plain = slug(tag);
    slugs[tag] = Object.values(slugs).includes(plain) ? `${plain}-${hash("sha256", tag)}` : plain;
  }
  return slugs;
}

/** The tags of a guest. */
export function tagsOf(guest: EstateGuest): string[] {
  const parts = String(guest.config.tags ?? "").split(/[;, ]/);
  return [...new Set(parts.map((tag) => tag.toLowerCase()).filter((tag) => tag !== ""))];
}

/** The colour of a guest's tag: that of the datacenter, or one made of its name. */
export function colorOf(tag: string): string {
  const colors: Record<string, string> = { prod: "cc0000", staging: "ff9900", web: "00aa00" };
  return colors[tag] ?? hash("md5", tag);
}

function hash(algorithm: "md5" | "sha256", text: string): string {
  return createHash(algorithm).update(text).digest("hex").slice(0, 6);
}

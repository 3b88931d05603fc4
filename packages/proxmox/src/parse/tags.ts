/**
 * The tags of a guest, lower-case, each once, in their order. Proxmox VE separates them by `;`, `,` or white space
 * and takes them as equal in any case.
 */
export function parseTags(text: unknown): string[] {
  if (typeof text !== "string") return [];
  const tags = text.split(/[\s,;\0]+/).map((tag) => tag.toLowerCase());
  return [...new Set(tags.filter((tag) => tag !== ""))];
}

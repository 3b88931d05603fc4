const longestName = 255;

/**
 * A host's own name as NetBox takes it for a DNS name: lower-case, without dot at the end. Null for `localhost` and its
 * kin, and for what is no DNS name.
 */
export function parseHostname(text: unknown): string | null {
  if (typeof text !== "string") return null;
  const name = text.trim().replace(/\.+$/, "").toLowerCase();
  const isName = name.length <= longestName && /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/.test(name);
  return isName && !name.startsWith("localhost") ? name : null;
}

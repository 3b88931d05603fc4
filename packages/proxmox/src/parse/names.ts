/** The entries of a list, which Proxmox VE sends as text or as a list, each once, in their order. */
export function parseNames(value: unknown): string[] {
  const entries = Array.isArray(value) ? value.map(String) : typeof value === "string" ? value.split(/[\s,;]+/) : [];
  return [...new Set(entries.map((entry) => entry.trim()).filter((entry) => entry !== ""))];
}

/**
 * A MAC address as NetBox keeps it: upper-case, with colons. Null for anything else, and for the address of nothing
 * (all zero), which is what a loopback has.
 */
export function parseMac(text: unknown): string | null {
  if (typeof text !== "string") return null;
  const mac = text.trim().toUpperCase().replaceAll("-", ":");
  return /^(?:[0-9A-F]{2}:){5}[0-9A-F]{2}$/.test(mac) && !/^[0:]+$/.test(mac) ? mac : null;
}

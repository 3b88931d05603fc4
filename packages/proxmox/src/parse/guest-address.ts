import ipaddr from "ipaddr.js";
import { parseInteger } from "./scalars.ts";

/**
 * What an address is good for. Only `global` and, where it is wanted, `link-local` belong to an interface; `network` and
 * `broadcast` are the first and last address of their own prefix, which NetBox gives to no interface.
 */
export type AddressScope = "global" | "link-local" | "loopback" | "unspecified" | "multicast" | "network" | "broadcast";

/** An address of a guest or node in canonical form. */
export type GuestAddress = {
  /** With its prefix, e.g. `10.0.0.5/24`, `2001:db8::5/64`. */
  address: string;
  /** Without prefix. */
  host: string;
  family: 4 | 6;
  scope: AddressScope;
};

/**
 * An address without prefix, such as an agent reports, and its prefix. A zone (`fe80::1%eth0`) is taken off; a prefix
 * that is none, or 0, which NetBox takes for no address, stands for the host alone. Null for anything else than one
 * address: a mask in the text, too few parts, an IPv4 address that is mapped into IPv6.
 */
export function parseGuestAddress(text: unknown, prefix?: unknown): GuestAddress | null {
  if (typeof text !== "string") return null;
  const bare = text.trim().replace(/%.*$/s, "");
  const parsed = parseHost(bare);
  if (!parsed) return null;
  const longest = parsed.kind() === "ipv4" ? 32 : 128;
  const given = parseInteger(prefix) ?? longest;
  const length = given >= 1 && given <= longest ? given : longest;
  const host = parsed.toString();
  const family = longest === 32 ? 4 : 6;
  return { address: `${host}/${length}`, host, family, scope: scopeOf(parsed, length) };
}

/** An address with its prefix, as configurations hold it (`10.0.0.5/24`); without one it stands for the host alone. */
export function parseCidr(text: unknown): GuestAddress | null {
  if (typeof text !== "string") return null;
  const [host = "", length, ...more] = text.trim().split("/");
  if (more.length > 0 || (length !== undefined && !/^\d{1,3}$/.test(length))) return null;
  return parseGuestAddress(host, length);
}

type Host = ipaddr.IPv4 | ipaddr.IPv6;

function parseHost(text: string): Host | null {
  // The library also reads 10.1 and 0x0a000001, which no tool of ours writes.
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  if (!text.includes(":") || !ipaddr.IPv6.isValid(text)) return null;
  const parsed = ipaddr.IPv6.parse(text);
  return parsed.isIPv4MappedAddress() ? null : parsed;
}

const scopes: Record<string, AddressScope> = {
  unspecified: "unspecified",
  loopback: "loopback",
  multicast: "multicast",
  linkLocal: "link-local",
  broadcast: "broadcast",
};

function scopeOf(host: Host, prefix: number): AddressScope {
  return scopes[host.range()] ?? placeInPrefix(host.toByteArray(), prefix);
}

/** A prefix of one or two addresses has neither a network nor a broadcast address (RFC 3021, RFC 6164). */
function placeInPrefix(bytes: readonly number[], prefix: number): AddressScope {
  const bits = bytes.length * 8;
  if (prefix >= bits - 1) return "global";
  const low = bytes.reduce((all, byte) => (all << 8n) | BigInt(byte), 0n) & ((1n << BigInt(bits - prefix)) - 1n);
  if (low === 0n) return "network";
  return bits === 32 && low === (1n << BigInt(bits - prefix)) - 1n ? "broadcast" : "global";
}

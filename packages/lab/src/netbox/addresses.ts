import ipaddr from "ipaddr.js";

type Address = ReturnType<typeof ipaddr.parse>;

/** An address with its prefix length. */
export type Network = { readonly address: Address; readonly length: number };

const bytesOf = (address: Address): number[] => address.toByteArray();

const text = (address: Address): string => {
  if (address.kind() !== "ipv6") return address.toString();
  const six = address as ipaddr.IPv6;
  return six.isIPv4MappedAddress() ? `::ffff:${six.toIPv4Address()}` : six.toRFC5952String();
};

/** Bits of an address of this family. */
const bits = (address: Address): number => (address.kind() === "ipv4" ? 32 : 128);

/** Reads "10.0.0.1/24" or "10.0.0.1" (then with the full length); undefined when it is neither. */
export const parseNetwork = (value: string): Network | undefined => {
  const [host = "", length, ...rest] = value.trim().split("/");
  if (rest.length > 0 || host.includes("%") || !(ipaddr.IPv4.isValidFourPartDecimal(host) || ipaddr.IPv6.isValid(host)))
    return undefined;
  const address = ipaddr.parse(host);
  const wanted = length === undefined ? bits(address) : Number(length);
  if (length === "" || !Number.isInteger(wanted) || wanted < 0 || wanted > bits(address)) return undefined;
  return { address, length: wanted };
};

/** "10.0.0.1/24", IPv6 in its short form. */
export const formatNetwork = ({ address, length }: Network): string => `${text(address)}/${length}`;

/** A bare address in its canonical form: without a zone, IPv4 where it is mapped into IPv6; undefined when it is none. */
export const parseHost = (value: string): string | undefined => {
  const bare = value.trim().replace(/%.*$/, "");
  const network = bare.includes("/") ? undefined : parseNetwork(bare);
  if (!network) return undefined;
  const { address } = network;
  if (address.kind() !== "ipv6") return text(address);
  const six = address as ipaddr.IPv6;
  return six.isIPv4MappedAddress() ? six.toIPv4Address().toString() : text(six);
};

/** The host alone, without its length. */
export const hostOf = (value: string): string => value.slice(0, value.indexOf("/"));

/** 4 or 6. */
export const familyOf = (value: string): 4 | 6 => (value.includes(":") ? 6 : 4);

/** Length of the prefix of a stored address. */
export const lengthOf = (value: string): number => Number(value.slice(value.indexOf("/") + 1));

const masked = (bytes: readonly number[], length: number, fill: 0 | 255): number[] =>
  bytes.map((byte, at) => {
    const kept = Math.min(8, Math.max(0, length - at * 8));
    const mask = (0xff << (8 - kept)) & 0xff;
    return (byte & mask) | (fill & ~mask & 0xff);
  });

const same = (a: readonly number[], b: readonly number[]) => a.every((byte, at) => byte === b[at]);

/** The network address: host bits zero. */
export const networkOf = ({ address, length }: Network): Network => ({
  address: ipaddr.fromByteArray(masked(bytesOf(address), length, 0)),
  length,
});

/** Whether the address is the network's own, or its broadcast address, which IPv6 does not have. */
export const special = (network: Network): "network" | "broadcast" | undefined => {
  const own = bytesOf(network.address);
  const hostBits = bits(network.address) - network.length;
  if (hostBits < 2) return undefined;
  if (same(own, masked(own, network.length, 0))) return "network";
  const last = network.address.kind() === "ipv4" && same(own, masked(own, network.length, 255));
  return last ? "broadcast" : undefined;
};

/** Whether `inner` lies in `outer` (or equals it). */
export const contains = (outer: Network, inner: Network): boolean =>
  outer.address.kind() === inner.address.kind() &&
  outer.length <= inner.length &&
  same(masked(bytesOf(outer.address), outer.length, 0), masked(bytesOf(inner.address), outer.length, 0));

/** A sort key: family, bytes, length. */
export const sortKey = (value: string): string => {
  const network = parseNetwork(value);
  if (!network) return value;
  const bytes = bytesOf(network.address).map((byte) => byte.toString(16).padStart(2, "0"));
  return `${network.address.kind()} ${bytes.join("")} ${String(network.length).padStart(3, "0")}`;
};

/** A MAC address in NetBox's form, or undefined. */
export const parseMac = (value: string): string | undefined => {
  const digits = value.replace(/[-:.]/g, "").toUpperCase();
  return /^[0-9A-F]{12}$/.test(digits) ? (digits.match(/../g) ?? []).join(":") : undefined;
};

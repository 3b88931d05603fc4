import ipaddr from "ipaddr.js";

/** Whether a text is an address or a range of addresses in CIDR notation. */
export function isAddressRange(text: string): boolean {
  return ipaddr.isValid(text) || ipaddr.isValidCIDR(text);
}

/**
 * Whose request it is: the peer, or behind trusted proxies the last hop of X-Forwarded-For that is none of them.
 * Pure. An IPv6 client counts as its /64, because it may have any address of that.
 */
export function clientSource(peer: string, forwardedFor: string | null, trusted: readonly string[]): string {
  const hops = (forwardedFor ?? "").split(",").map((hop) => hop.trim());
  let client = peer;
  while (isTrusted(client, trusted)) {
    const before = hops.pop();
    if (before === undefined || !ipaddr.isValid(before)) break;
    client = before;
  }
  return sourceOf(client);
}

function isTrusted(address: string, trusted: readonly string[]): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  return trusted.some((entry) => {
    const range = ipaddr.isValidCIDR(entry) ? ipaddr.parseCIDR(entry) : singleAddress(entry);
    return parsed.kind() === range[0].kind() && parsed.match(range);
  });
}

function singleAddress(text: string): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  const address = ipaddr.process(text);
  return [address, address.kind() === "ipv4" ? 32 : 128];
}

function sourceOf(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  if (parsed.kind() === "ipv4") return parsed.toString();
  return `${new ipaddr.IPv6([...(parsed as ipaddr.IPv6).parts.slice(0, 4), 0, 0, 0, 0]).toString()}/64`;
}

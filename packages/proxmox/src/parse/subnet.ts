import ipaddr from "ipaddr.js";
import { parseCidr } from "./guest-address.ts";

/** A prefix in canonical form, its host part cleared: `10.0.0.5/24` is `10.0.0.0/24`. Null for anything else. */
export function parseSubnet(text: unknown): string | null {
  const address = parseCidr(text)?.address;
  const [, length] = address?.split("/") ?? [];
  if (!address || typeof text !== "string" || !text.trim().endsWith(`/${length}`)) return null;
  const network = ipaddr.IPv4.isValidCIDR(address)
    ? ipaddr.IPv4.networkAddressFromCIDR(address)
    : ipaddr.IPv6.networkAddressFromCIDR(address);
  return `${network.toString()}/${length}`;
}

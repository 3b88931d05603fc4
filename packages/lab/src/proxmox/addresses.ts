/** The MAC address of a guest's card, different for every guest of an estate. */
export function macOf(cluster: number, vmid: number, card: number): string {
  const hex = (vmid * 16 + card).toString(16).toUpperCase().padStart(6, "0").slice(-6);
  const third = (0x11 + cluster).toString(16).toUpperCase();
  return `BC:24:${third}:${hex.replace(/..(?=.)/g, "$&:")}`;
}

/** The IPv4 address of a guest's card (0 to 2) with its prefix length, different for every card of an estate. */
export function ipv4Of(cluster: number, vmid: number, card: number): string {
  return `10.${([64, 128, 192][card] as number) + cluster}.${Math.floor(vmid / 250)}.${(vmid % 250) + 1}/24`;
}

/** The gateway of that address's network. */
export function gatewayOf(address: string): string {
  return address.replace(/\.\d+\/24$/, ".254");
}

/** The IPv6 address of a guest's card with its prefix length, different for every card of an estate. */
export function ipv6Of(cluster: number, vmid: number, card: number): string {
  return `2001:db8:${cluster + 1}:${card}::${vmid.toString(16)}/64`;
}

/** The link-local address that goes with a MAC address. */
export function linkLocalOf(mac: string): string {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = mac.split(":").map((byte) => Number.parseInt(byte, 16));
  const groups = [((a ^ 2) << 8) | b, (c << 8) | 0xff, 0xfe00 | d, (e << 8) | f];
  return `fe80::${groups.map((group) => group.toString(16)).join(":")}/64`;
}

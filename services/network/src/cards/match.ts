import type { GuestInterface } from "@proxbox/proxmox/parse/agent-interfaces";
import type { Nic } from "@proxbox/proxmox/parse/nic";

/** Cards, and interfaces as a guest calls them, that are one: the card's key and the interfaces behind it, its own first. */
export type CardInterfaces = ReadonlyMap<string, readonly GuestInterface[]>;

/**
 * Finds which of a guest's interfaces are behind which of its network cards: by MAC address, else by an equal name. Pure.
 * Bridges, bonds and VLANs within the guest bear the MAC address of their card, so a card may have several; an interface
 * is of one card at most, and many (`lo`, `docker0`) are of none.
 */
export function matchCards(nics: readonly Nic[], interfaces: readonly GuestInterface[]): CardInterfaces {
  const found = new Map<string, GuestInterface[]>();
  for (const each of interfaces) {
    const nic =
      (each.mac === null ? undefined : nics.find(({ mac }) => mac === each.mac)) ??
      nics.find(({ key, name }) => each.name === (name ?? key));
    if (nic) found.set(nic.key, [...(found.get(nic.key) ?? []), each]);
  }
  return found;
}

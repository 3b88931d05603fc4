import { type Desired, isRef, type Ref } from "@proxbox/netbox/desired";
import { oursTag } from "@proxbox/netbox/tags";
import type { GuestInterface } from "@proxbox/proxmox/parse/agent-interfaces";
import type { CardInterfaces } from "../cards/match.ts";
import type { GuestInterfaceRow } from "./facts.ts";

/** A guest whose own interfaces are known. */
export type TellingGuest = {
  vm: number;
  machine: string;
  label: string;
  interfaces: readonly GuestInterface[];
  behind: CardInterfaces;
  /** NetBox's interface of each card, by the card's key. */
  cards: ReadonlyMap<string, Ref>;
};

/**
 * The plugin's rows of what a guest calls its interfaces, `lo` and `docker0` included, and those rows of ours whose
 * interface it has no more. Pure. A card's interface can be linked once: to the first of the guest's interfaces that are
 * behind it. An interface of another name but the same MAC address is renamed, unless both are there.
 */
export function desiredGuestInterfaces(
  guest: TellingGuest,
  rows: readonly GuestInterfaceRow[],
): { desired: Desired[]; gone: Desired[] } {
  const { vm, machine: parent, interfaces, behind, cards } = guest;
  const names = new Set(interfaces.map(({ name }) => name));
  const free = rows.filter((row) => row.ours && !names.has(row.name));
  const desired = interfaces.map(({ name, mac }): Desired => {
    const address = mac?.toLowerCase() ?? "";
    const named = rows.find((row) => row.name === name);
    const renamed = named || !address ? -1 : free.findIndex((row) => row.mac === address);
    const row = named ?? (renamed < 0 ? undefined : free.splice(renamed, 1)[0]);
    const card = [...behind].find(([, each]) => each[0]?.name === name)?.[0];
    return {
      kind: "guest-vm-interface",
      ...(row ? { id: row.id } : {}),
      identity: { virtual_machine: { kind: "virtual-machine", id: vm }, name },
      values: { name, vm_interface: (card && cards.get(card)) ?? null, mac_address: address },
      tags: { add: [oursTag] },
      label: `${guest.label} ${name}`,
      parent,
    };
  });
  const gone = free.map(
    ({ id, name }): Desired => ({
      kind: "guest-vm-interface",
      id,
      identity: {},
      values: {},
      gone: true,
      label: `${guest.label} ${name}`,
      parent,
    }),
  );
  return { desired, gone };
}

/**
 * The rows that have to give up the interface of NetBox they are linked to before another can have it: the plugin refuses
 * a second link, also while two are exchanged. Pure.
 */
export function swappedLinks(desired: readonly Desired[], rows: readonly GuestInterfaceRow[]): Desired[] {
  const takers = new Map(
    desired.flatMap(({ id, values: { vm_interface: card } }) =>
      isRef(card) && "id" in card ? [[card.id, id] as const] : [],
    ),
  );
  return rows
    .filter(({ id, card }) => card !== null && takers.has(card) && takers.get(card) !== id)
    .map(({ id, name }) => ({
      kind: "guest-vm-interface",
      id,
      identity: { name },
      values: { vm_interface: null },
      label: name,
    }));
}

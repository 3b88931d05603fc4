import { interfaceName } from "@proxbox/proxmox/parse/interface-name";
import type { Nic } from "@proxbox/proxmox/parse/nic";

/** An interface of a virtual machine in NetBox. */
export type CardRow = {
  id: number;
  name: string;
  /** Whether it carries our tag. */
  ours: boolean;
  /** The MAC addresses that are assigned to it, with their ids. */
  macs: { id: number; mac: string }[];
  primaryMac: number | null;
};

/** A network card of a guest, the name that NetBox's interface has for it, and its row. */
export type Card = { nic: Nic; name: string; row: CardRow | null };

/** A guest's cards, and the rows of ours that are none of them any more. */
export type SettledCards = { cards: Card[]; gone: CardRow[] };

/**
 * Finds the interface of NetBox for each network card of one guest, and its name there. Pure. A row of ours with the
 * card's MAC address is the card whatever it is called, so that a new name renames it; else the row that bears the name.
 * @param guestNames what the guest calls its cards, by key, when NetBox is to call them so: a card it does not name just
 * now keeps the name it has. Null: cards have the names of the configuration
 */
export function settleCards(
  nics: readonly Nic[],
  rows: readonly CardRow[],
  guestNames: ReadonlyMap<string, string> | null,
): SettledCards {
  const taken = new Set<CardRow>();
  const byMac = new Map<Nic, CardRow>();
  for (const nic of nics) {
    const same = rows.filter((row) => row.ours && !taken.has(row) && row.macs.some(({ mac }) => mac === nic.mac));
    const row = same.find(({ name }) => name === configuredName(nic)) ?? same[0];
    if (!row) continue;
    byMac.set(nic, row);
    taken.add(row);
  }
  const names = new Set<string>();
  const cards = nics.map((nic): Card => {
    const row = byMac.get(nic) ?? null;
    const wanted = guestNames ? (guestNames.get(nic.key) ?? row?.name) : undefined;
    const name = freeName(interfaceName(wanted, configuredName(nic)), names);
    names.add(name);
    return { nic, name, row };
  });
  for (const card of cards) {
    card.row ??= rows.find((row) => row.name === card.name && !taken.has(row)) ?? null;
    if (card.row) taken.add(card.row);
  }
  return { cards, gone: rows.filter((row) => row.ours && !taken.has(row)) };
}

/** The name of a card in the configuration: its key, of a container the name inside it. */
function configuredName({ name, key }: Nic): string {
  return interfaceName(name, key);
}

const longestName = 64;

function freeName(wanted: string, used: ReadonlySet<string>): string {
  let name = wanted;
  for (let index = 2; used.has(name); index += 1) {
    const suffix = ` (${index})`;
    name = `${[...wanted].slice(0, longestName - suffix.length).join("")}${suffix}`;
  }
  return name;
}

import type { ObjectOutcome } from "@proxbox/contracts/messages";
import type { SyncOptions } from "@proxbox/contracts/sync-options";
import { type AddressRow, type Claim, familyOf, type Knowledge } from "../addresses/settle.ts";
import { guestNamesOf } from "../cards/names.ts";
import { type GuestNetwork, labelOf } from "../cards/observe.ts";
import { type CardRow, settleCards } from "../cards/settle.ts";
import { type GuestAddresses, type WantedAddress, wantedAddresses } from "./wanted.ts";

/** A guest with the addresses it claims on NetBox's interfaces. */
export type PlacedGuest = GuestNetwork & {
  addresses: GuestAddresses;
  /** What is claimed, in the order of the cards, and what it comes from. */
  claims: { claim: Claim; wanted: WantedAddress }[];
  /** Keys of the cards by the ids of their interfaces. */
  cardOf: ReadonlyMap<number, string>;
  /** What is told of addresses that cannot be claimed. */
  told: ObjectOutcome[];
};

/** How the machine of this id is called in claims and rows. */
export function ownerOf(vm: number): string {
  return `virtual-machine/${vm}`;
}

/**
 * Puts a guest's addresses on the interfaces of its machine. Pure.
 * @param cards the machine's interfaces in NetBox @param rows the addresses on them
 */
export function placeGuest(
  network: GuestNetwork,
  cards: readonly CardRow[],
  rows: readonly AddressRow[],
  options: SyncOptions,
): PlacedGuest {
  const { guest, config, agent } = network;
  const addresses = wantedAddresses(network, options);
  const settled = settleCards(config.nics, cards, guestNamesOf(network, options)).cards;
  const byKey = new Map(settled.map(({ nic, row }) => [nic.key, row]));
  const label = labelOf(guest);
  const skipped = (name: string, reason: string): ObjectOutcome => ({
    kind: "ip-address",
    name,
    outcome: "skipped",
    reason,
  });
  const claims = addresses.wanted.flatMap((wanted) => {
    const row = byKey.get(wanted.card);
    if (!row || isKnownBetter(wanted, row, rows)) return [];
    const { address, host } = wanted.address;
    const at = { type: "virtualization.vminterface" as const, id: row.id };
    return [{ claim: { address, host, at, owner: ownerOf(guest.vm.id), label: `${label} ${row.name}` }, wanted }];
  });
  const without = new Set(addresses.wanted.flatMap(({ card }) => (byKey.get(card) ? [] : [card])));
  const told = [
    ...[...without].map((card) =>
      skipped(`${label} ${card}`, "Its interface is not in NetBox; the stage vm-interfaces says why."),
    ),
    ...addresses.unusable.map(({ card, address: { address, scope } }) =>
      skipped(
        `${label} ${card} ${address}`,
        `It is the ${scope} address of its prefix, which NetBox gives to no interface.`,
      ),
    ),
    ...(agent?.state === "failed" ? [skipped(label, `${agent.error.message} NetBox keeps the addresses it has.`)] : []),
  ];
  const cardOf = new Map(settled.flatMap(({ nic, row }) => (row ? [[row.id, nic.key]] : [])));
  return { ...network, addresses, claims, cardOf, told };
}

function isKnownBetter({ lastResort, address }: WantedAddress, { id }: CardRow, rows: readonly AddressRow[]): boolean {
  return (
    lastResort &&
    rows.some(({ at, host }) => at?.id === id && host !== address.host && familyOf(host) === address.family)
  );
}

/**
 * What is known of the interfaces that addresses are on. Pure.
 * @param guests the guests whose configuration was read @param gone the ids of machines whose guests exist no more
 */
export function knowledgeOf(guests: readonly PlacedGuest[], gone: ReadonlySet<number>): (row: AddressRow) => Knowledge {
  const byOwner = new Map(guests.map((one) => [ownerOf(one.guest.vm.id), one]));
  const goneOwners = new Set([...gone].map(ownerOf));
  return ({ at, owner, host }) => {
    if (at?.type !== "virtualization.vminterface" || owner === null) return "unknown";
    const one = byOwner.get(owner);
    if (!one) return goneOwners.has(owner) ? "gone" : "unknown";
    return one.addresses.isWhole(one.cardOf.get(at.id) ?? null, familyOf(host)) ? "answered" : "unknown";
  };
}

import type { ObjectOutcome } from "@proxbox/contracts/messages";
import type { Claim, Settled } from "../addresses/settle.ts";
import { labelOf } from "../cards/observe.ts";
import type { AddressBatch, AddressPlan } from "./facts.ts";
import { type GuestLinks, guestInterfaceKey } from "./links.ts";
import type { PlacedGuest } from "./place.ts";
import { choosePrimaries, type Granted } from "./primaries.ts";

/** What was settled for the whole run, as far as items need it. */
export type RunPlan = {
  settled: ReadonlyMap<Claim, Settled>;
  /** Whether the address of this id stays on the machine of this id. */
  remains: (address: number, vm: number) => boolean;
  /** Null: links are not to be made, or cannot be. */
  links: GuestLinks | null;
};

/** The addresses of some guests, and which become primary. Pure. */
export function planBatch(
  guests: readonly PlacedGuest[],
  { settled, remains, links }: RunPlan,
  onlyNew: boolean,
): AddressBatch {
  const batch: AddressBatch = { addresses: [], primaries: [] };
  const isLinked = linkFinder(links);
  for (const { guest, claims, agent, config } of guests) {
    const granted = new Map<Granted, number>();
    for (const { claim, wanted } of claims) {
      const entry = settled.get(claim);
      if (!entry || entry.state === "conflict" || (onlyNew && entry.state !== "create")) continue;
      const own = wanted.guestInterface && links?.interfaces.get(guestInterfaceKey(guest.vm.id, wanted.guestInterface));
      const link = own && !("row" in entry && isLinked(own, entry.row.id)) ? { link: own } : {};
      const dnsName = (agent?.state === "ok" ? agent.hostname : null) ?? config.hostname;
      granted.set(entry, batch.addresses.length);
      batch.addresses.push({ granted: entry, dnsName, ...link } satisfies AddressPlan);
    }
    const { vm } = guest;
    const chosen = choosePrimaries(vm, [...granted.keys()], (id) => onlyNew || remains(id, vm.id));
    const places = Object.entries(chosen).map(([field, entry]) => [field, granted.get(entry)]);
    if (places.length > 0)
      batch.primaries.push({ vm: vm.id, machine: vm.name, label: labelOf(guest), ...Object.fromEntries(places) });
  }
  return batch;
}

/** A link that holds no more, and the id of its address. */
export type StaleLink = { id: number; address: number; label: string };

/** The links of guests that told, by which an address is on an interface that has it no more. Pure. */
export function staleLinks(guests: readonly PlacedGuest[], { settled, links }: RunPlan): StaleLink[] {
  if (!links) return [];
  const telling = new Map(
    guests.flatMap((one) => (one.agent?.state === "ok" ? [[one.guest.vm.id, one] as const] : [])),
  );
  const wanted = new Set<string>();
  for (const { guest, claims } of telling.values()) {
    for (const {
      claim,
      wanted: { guestInterface },
    } of claims) {
      const entry = settled.get(claim);
      if (guestInterface && entry && "row" in entry)
        wanted.add(`${links.interfaces.get(guestInterfaceKey(guest.vm.id, guestInterface))}/${entry.row.id}`);
    }
  }
  const owners = new Map([...links.interfaces].map(([key, id]) => [id, Number.parseInt(key, 10)]));
  return links.links.flatMap(({ id, guestInterface, address }) => {
    const owner = telling.get(owners.get(guestInterface) ?? 0);
    if (!owner || wanted.has(`${guestInterface}/${address}`)) return [];
    return [{ id, address, label: `${labelOf(owner.guest)}, address ${address} of its own interface` }];
  });
}

/** What is told of addresses that belong to something else: once each, by both names. Pure. */
export function conflictsOf(guests: readonly PlacedGuest[], settled: ReadonlyMap<Claim, Settled>): ObjectOutcome[] {
  return guests.flatMap(({ claims }) =>
    claims.flatMap(({ claim }): ObjectOutcome[] => {
      const entry = settled.get(claim);
      if (entry?.state !== "conflict") return [];
      const reason = `NetBox has it on ${entry.holder}, and there it stays. If it is not shared on purpose, one of the two is wrong.`;
      return [{ kind: "ip-address", name: `${claim.label} ${claim.address}`, outcome: "skipped", reason }];
    }),
  );
}

function linkFinder(links: GuestLinks | null): (guestInterface: number, address: number) => boolean {
  const known = new Set(links?.links.map(({ guestInterface, address }) => `${guestInterface}/${address}`));
  return (guestInterface, address) => known.has(`${guestInterface}/${address}`);
}

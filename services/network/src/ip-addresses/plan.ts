import type { ObjectOutcome } from "@proxbox/contracts/messages";
import type { Desired } from "@proxbox/netbox/desired";
import { goneLink } from "../addresses/release.ts";
import type { Claim, Settled } from "../addresses/settle.ts";
import { labelOf } from "../cards/observe.ts";
import type { GuestPlan } from "./facts.ts";
import { type GuestLinks, guestInterfaceKey } from "./links.ts";
import type { PlacedGuest } from "./place.ts";
import { choosePrimaries, type Granted } from "./primaries.ts";
import type { WantedAddress } from "./wanted.ts";

/** What was settled for the whole run, as far as items need it. */
export type RunPlan = {
  settled: ReadonlyMap<Claim, Settled>;
  /** The ids of addresses that leave their interface. */
  leaving: ReadonlySet<number>;
  /** Null: links are not to be made, or cannot be. */
  links: GuestLinks | null;
};

/**
 * The addresses that a guest's machine gets, and which of them become primary; null: none. Pure.
 * @param onlyNew whether all that is there already is left alone
 */
export function planGuest(
  { guest, claims, agent, config }: PlacedGuest,
  { settled, leaving, links }: RunPlan,
  onlyNew: boolean,
): GuestPlan | null {
  const dnsName = (agent?.state === "ok" ? agent.hostname : null) ?? config.hostname;
  const plan: GuestPlan = { vm: guest.vm.id, machine: guest.vm.name, label: labelOf(guest), addresses: [] };
  const places = new Map<Granted, number>();
  for (const { claim, wanted } of claims) {
    const granted = settled.get(claim);
    if (!granted || granted.state === "conflict" || (onlyNew && granted.state !== "create")) continue;
    const link = missingLink(granted, guestInterfaceOf(links, guest.vm.id, wanted), links);
    places.set(granted, plan.addresses.length);
    plan.addresses.push({ granted, dnsName, ...(link === null ? {} : { link }) });
  }
  const chosen = choosePrimaries(guest.vm, [...places.keys()], leaving);
  for (const field of ["primary_ip4", "primary_ip6"] as const) {
    const place = chosen[field] && places.get(chosen[field]);
    if (place !== undefined) plan[field] = place;
  }
  return plan.addresses.length > 0 ? plan : null;
}

/** Deletes the links of ours, of guests that told, by which an address is on an interface that has it no more. Pure. */
export function staleLinks(guests: readonly PlacedGuest[], { settled, leaving, links }: RunPlan): Desired[] {
  if (!links) return [];
  const telling = new Map(guests.flatMap((one) => (one.agent?.state === "ok" ? [[one.guest.vm.id, one]] : [])));
  const wanted = new Set(
    [...telling.values()].flatMap(({ guest, claims }) =>
      claims.flatMap(({ claim, wanted: told }) => {
        const entry = settled.get(claim);
        return entry && "row" in entry ? [`${guestInterfaceOf(links, guest.vm.id, told)}/${entry.row.id}`] : [];
      }),
    ),
  );
  return links.ours.flatMap(({ id, vm, guestInterface, address }) => {
    const one = telling.get(vm);
    // Those of addresses that leave their interface go with them.
    if (!one || leaving.has(address) || wanted.has(`${guestInterface}/${address}`)) return [];
    return [goneLink(id, `${labelOf(one.guest)}, address ${address} of its own interface`)];
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

function guestInterfaceOf(links: GuestLinks | null, vm: number, { guestInterface }: WantedAddress): number | null {
  return (guestInterface !== null && links?.interfaces.get(guestInterfaceKey(vm, guestInterface))) || null;
}

function missingLink(granted: Granted, guestInterface: number | null, links: GuestLinks | null): number | null {
  const isLinked = "row" in granted && links?.addresses.has(`${guestInterface}/${granted.row.id}`);
  return isLinked ? null : guestInterface;
}

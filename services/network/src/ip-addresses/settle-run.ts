import type { ObjectOutcome } from "@proxbox/contracts/messages";
import type { SyncOptions } from "@proxbox/contracts/sync-options";
import { isTargeted } from "@proxbox/contracts/targets";
import type { NetBoxClient } from "@proxbox/netbox/client";
import type { Desired } from "@proxbox/netbox/desired";
import { netboxOf } from "@proxbox/netbox/session";
import type { StageContext } from "@proxbox/runtime/stage";
import { readAddressRows } from "../addresses/read.ts";
import { type AddressRow, settleAddresses } from "../addresses/settle.ts";
import type { EstateNetworks } from "../cards/observe.ts";
import { readCardRows } from "../cards/read.ts";
import { readGuestLinks } from "./links.ts";
import { observeGone } from "./observe.ts";
import { knowledgeOf, ownerOf, type PlacedGuest, placeGuest } from "./place.ts";
import { type RunPlan, staleLinks } from "./plan.ts";
import { readDoubtfulPrimaries } from "./read.ts";
import { judgeReleases, type Releases } from "./releases.ts";

/** An endpoint with its guests' addresses on NetBox's interfaces. */
export type PlacedEstate = EstateNetworks & { guests: PlacedGuest[] };

/** What is settled for a run, what has to leave its interface before that is true, and what is told of it all. */
export type SettledRun = {
  placed: PlacedEstate[];
  run: RunPlan;
  releases: Releases["releases"];
  /** Links of guests' own interfaces that are to be deleted. */
  unlinked: Desired[];
  told: ObjectOutcome[];
};

/**
 * Settles which row of NetBox stands for which address of all these guests; writes nothing. Throws NetBoxAPIError when
 * NetBox cannot be read, and as `observeGone` does.
 */
export async function settleRun(networks: readonly EstateNetworks[], ctx: StageContext): Promise<SettledRun> {
  const { options, signal } = ctx;
  const client = netboxOf(ctx);
  const estates = networks.map(({ estate }) => estate);
  const [{ placed, rows }, gone] = await Promise.all([placeAll(client, networks, ctx), observeGone(ctx, estates)]);
  const guests = placed.flatMap((estate) => estate.guests);
  const claims = guests.flatMap((one) => one.claims.map(({ claim }) => claim));
  const all = [...rows, ...(await readRivals(client, claims, rows, signal))];
  const settlement = settleAddresses(claims, all, knowledgeOf(guests, gone));
  const endpoints = new Map(
    placed.flatMap(({ estate, guests: own }) => own.map(({ guest }) => [ownerOf(guest.vm.id), estate.endpoint.id])),
  );
  const onlyNew = options.sync_mode_ip_address === "bootstrap_only";
  const { releases, kept }: Releases = onlyNew
    ? { releases: [], kept: [] }
    : judgeReleases(settlement, (owner) => endpoints.get(owner));
  const links = await readLinks(client, guests, options, signal);
  const leaving = new Set(releases.map(({ row }) => row.id));
  const run: RunPlan = {
    settled: new Map(settlement.settled.map((entry) => [entry.claim, entry])),
    leaving,
    links: links.known,
  };
  const unlinked = onlyNew ? [] : staleLinks(guests, run);
  return { placed, run, releases, unlinked, told: [...kept, ...links.outcomes] };
}

async function placeAll(client: NetBoxClient, networks: readonly EstateNetworks[], { options, signal }: StageContext) {
  const guests = networks.flatMap(({ chunks }) => chunks.flatMap((chunk) => chunk.networks));
  const machines = guests.map(({ guest }) => guest.vm);
  const few = isTargeted(options);
  const scope = few
    ? { virtual_machine_id: machines.map(({ id }) => id) }
    : { assigned_object_type: "virtualization.vminterface" };
  const [cards, rows] = await Promise.all([
    readCardRows(client, machines, few, signal),
    readAddressRows(client, machines.length > 0 ? [scope] : [], signal),
  ]);
  const primaries = await readDoubtfulPrimaries(client, machines, rows, signal);
  const byOwner = Map.groupBy(rows, ({ owner }) => owner);
  const placed = networks.map((network): PlacedEstate => {
    const own = network.chunks
      .flatMap((chunk) => chunk.networks)
      .map((one) => ({ ...one, guest: { ...one.guest, vm: { ...one.guest.vm, ...primaries.get(one.guest.vm.id) } } }));
    const place = (one: (typeof own)[number]) =>
      placeGuest(one, cards.get(one.guest.vm.id) ?? [], byOwner.get(ownerOf(one.guest.vm.id)) ?? [], options);
    return { ...network, guests: own.map(place) };
  });
  return { placed, rows };
}

/** The addresses that claims could be about and that are not on any machine's interface. */
async function readRivals(
  client: NetBoxClient,
  claims: readonly { host: string; at: { id: number } }[],
  rows: readonly AddressRow[],
  signal: AbortSignal,
): Promise<AddressRow[]> {
  const owned = new Set(rows.map(({ host, at }) => `${at?.id} ${host}`));
  const hosts = claims.filter(({ host, at }) => !owned.has(`${at.id} ${host}`)).map(({ host }) => host);
  const known = new Set(rows.map(({ id }) => id));
  const found = await readAddressRows(client, [{ address: [...new Set(hosts)] }], signal);
  return found.filter(({ id }) => !known.has(id));
}

/** What guests call their interfaces is only kept by one of the two strategies. */
async function readLinks(
  client: NetBoxClient,
  guests: readonly PlacedGuest[],
  options: SyncOptions,
  signal: AbortSignal,
): ReturnType<typeof readGuestLinks> {
  if (options.vm_interface_sync_strategy !== "guest_os_model") return { known: null, outcomes: [] };
  return readGuestLinks(client, isTargeted(options) ? guests.map(({ guest }) => guest.vm.id) : null, signal);
}

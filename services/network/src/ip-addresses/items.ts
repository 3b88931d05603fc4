import type { ObjectOutcome } from "@proxbox/contracts/messages";
import { readEstates } from "@proxbox/estate/estates";
import { portionsOf } from "@proxbox/estate/portions";
import type { NetBoxClient } from "@proxbox/netbox/client";
import { reconcile } from "@proxbox/netbox/reconcile";
import { netboxOf } from "@proxbox/netbox/session";
import { itemKey, type StageContext, type StageItemSpec } from "@proxbox/runtime/stage";
import { readAddressRows } from "../addresses/read.ts";
import { releaseAddresses } from "../addresses/release.ts";
import { type AddressRow, settleAddresses } from "../addresses/settle.ts";
import { type EstateNetworks, observeNetworks, unreadOutcome } from "../cards/observe.ts";
import { readCardRows } from "../cards/read.ts";
import type { AddressBatch } from "./facts.ts";
import { readGuestLinks } from "./links.ts";
import { observeGone } from "./observe.ts";
import { knowledgeOf, ownerOf, type PlacedGuest, placeGuest } from "./place.ts";
import { conflictsOf, planGuest, type RunPlan, type StaleLink, staleLinks } from "./plan.ts";
import { judgeReleases } from "./releases.ts";

type Spec = StageItemSpec<AddressBatch>;

/**
 * Settles for all guests of a run which row of NetBox stands for which of their addresses, takes off their interfaces the
 * addresses that leave them, and cuts the rest into items, which then only add. Throws NetBoxAPIError when NetBox cannot be
 * read.
 */
export async function listItems(ctx: StageContext): Promise<Spec[]> {
  const { options, signal } = ctx;
  if (options.sync_mode_ip_address === "disabled") return [];
  const { estates, settled: failedBefore } = await readEstates(ctx);
  const { networks, failed } = await observeNetworks(ctx, estates, { agents: true });
  const client = netboxOf(ctx);
  const { placed, rows } = await placeAll(client, networks, ctx);
  const guests = new Map(placed.flatMap((estate) => estate.guests).map((one) => [ownerOf(one.guest.vm.id), one]));
  const gone = await observeGone(
    ctx,
    networks.map(({ estate }) => estate),
  );
  const knowledge = knowledgeOf(guests, new Set([...gone].map(ownerOf)));
  const claims = [...guests.values()].flatMap((one) => one.claims.map(({ claim }) => claim));
  const all = [...rows, ...(await readRivals(client, claims, rows, signal))];
  const settlement = settleAddresses(claims, all, knowledge);
  const endpoints = new Map(
    placed.flatMap(({ estate, guests }) => guests.map((one) => [ownerOf(one.guest.vm.id), estate.endpoint.id])),
  );
  const onlyNew = options.sync_mode_ip_address === "bootstrap_only";
  const { releases, kept } = onlyNew
    ? { releases: [], kept: [] }
    : judgeReleases(settlement, all, knowledge, (owner) => endpoints.get(owner));
  const few = options.netbox_vm_ids ? placed.flatMap(({ guests }) => guests.map(({ guest }) => guest.vm.id)) : null;
  const withLinks = options.vm_interface_sync_strategy === "guest_os_model";
  const read = withLinks ? await readGuestLinks(client, few, signal) : { known: null, outcomes: [] };
  const leaving = new Set(releases.map(({ row }) => row.id));
  const owners = new Map(all.map(({ id, owner }) => [id, owner]));
  const run: RunPlan = {
    settled: new Map(settlement.settled.map((entry) => [entry.claim, entry])),
    remains: (address, vm) => owners.get(address) === ownerOf(vm) && !leaving.has(address),
    links: read.known,
  };
  const machines = estates.flatMap((estate) => estate.machines.map(({ vm }) => vm));
  const released = await releaseAddresses(client, releases, machines, signal);
  const unlinked = onlyNew ? [] : await removeLinks(client, staleLinks([...guests.values()], run), leaving, signal);
  const told = [...kept, ...released, ...unlinked, ...read.outcomes];
  return [
    ...failedBefore,
    ...failed,
    ...(told.length > 0 ? [{ key: "released", endpoint: null, report: { objects: told } }] : []),
    ...placed.flatMap((estate) => itemsOf(estate, run, onlyNew)),
  ];
}

type PlacedEstate = EstateNetworks & { guests: PlacedGuest[] };

async function placeAll(client: NetBoxClient, networks: readonly EstateNetworks[], { options, signal }: StageContext) {
  const guests = networks.flatMap(({ chunks }) => chunks.flatMap((chunk) => chunk.networks));
  const machines = guests.map(({ guest }) => guest.vm);
  const few = options.netbox_vm_ids !== undefined;
  const scope = few
    ? { virtual_machine_id: machines.map(({ id }) => id) }
    : { assigned_object_type: "virtualization.vminterface" };
  const [cards, rows] = await Promise.all([
    readCardRows(client, machines, few, signal),
    readAddressRows(client, machines.length > 0 ? [scope] : [], signal),
  ]);
  const byOwner = Map.groupBy(rows, ({ owner }) => owner);
  const placed = networks.map((network): PlacedEstate => {
    const own = network.chunks.flatMap((chunk) => chunk.networks);
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

async function removeLinks(
  client: NetBoxClient,
  stale: readonly StaleLink[],
  leaving: ReadonlySet<number>,
  signal: AbortSignal,
): Promise<ObjectOutcome[]> {
  // Those of addresses that leave their interface have gone with them.
  const gone = stale
    .filter(({ address }) => !leaving.has(address))
    .map(({ id, label }) => ({
      kind: "guest-vm-interface-address" as const,
      id,
      identity: {},
      values: {},
      gone: true as const,
      label,
    }));
  return (await reconcile(client, gone, { signal })).outcomes;
}

function itemsOf({ estate, chunks, guests }: PlacedEstate, run: RunPlan, onlyNew: boolean): Spec[] {
  const endpoint = estate.endpoint.id;
  const told = [
    ...chunks.flatMap((chunk) => chunk.unread.map((one) => unreadOutcome("ip-address", one))),
    ...guests.flatMap((one) => one.told),
    ...conflictsOf(guests, run.settled),
  ];
  const byVmid = new Map(guests.map((one) => [one.guest.vmid, one]));
  const work = chunks.flatMap(({ key, networks }) => {
    const own = networks.flatMap(({ guest }) => byVmid.get(guest.vmid) ?? []);
    const plans = own.flatMap((one) => planGuest(one, run, onlyNew) ?? []);
    // Almost always one: only guests with very many addresses do not fit into one message.
    return portionsOf(plans, plans.length).map(
      (portion, index): Spec => ({
        key: itemKey("addresses", endpoint, key, index),
        endpoint,
        body: { guests: portion },
      }),
    );
  });
  const settled: Spec[] =
    told.length > 0 ? [{ key: itemKey("told", endpoint), endpoint, report: { objects: told } }] : [];
  return [...settled, ...work];
}

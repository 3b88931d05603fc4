import type { SyncOptions } from "@proxbox/contracts/sync-options";
import { isTargeted } from "@proxbox/contracts/targets";
import { readEstates } from "@proxbox/estate/estates";
import { portionsOf } from "@proxbox/estate/portions";
import type { NetBoxClient } from "@proxbox/netbox/client";
import { netboxOf } from "@proxbox/netbox/session";
import { itemKey, type StageContext, type StageItemSpec } from "@proxbox/runtime/stage";
import { areNamedByGuests, guestNamesOf } from "../cards/names.ts";
import { type EstateNetworks, type GuestNetwork, labelOf, observeNetworks, unreadOutcome } from "../cards/observe.ts";
import { readCardRows } from "../cards/read.ts";
import { type CardRow, type SettledCards, settleCards } from "../cards/settle.ts";
import { ensureVlans } from "../vlans/ensure.ts";
import { ensureBridges } from "./bridges.ts";
import type { CardBatch } from "./facts.ts";
import { type BridgeNeed, type CardSupport, planCard, vlanNeeds } from "./plan.ts";
import { removeCards } from "./removals.ts";

type Spec = StageItemSpec<CardBatch>;

/**
 * Settles for all guests of a run which interface stands for which network card, makes the VLANs and bridges they share,
 * deletes the interfaces of cards that are gone, and cuts the rest into items. Throws NetBoxAPIError when NetBox cannot be
 * read.
 */
export async function listItems(ctx: StageContext): Promise<Spec[]> {
  const { options, signal } = ctx;
  if (options.sync_mode_vm_interface === "disabled") return [];
  const { estates, settled } = await readEstates(ctx);
  const { networks, failed } = await observeNetworks(ctx, estates, { agents: areNamedByGuests(options) });
  const client = netboxOf(ctx);
  const machines = networks.flatMap(({ chunks }) =>
    chunks.flatMap((chunk) => chunk.networks.map(({ guest }) => guest.vm)),
  );
  const rows = await readCardRows(client, machines, isTargeted(options), signal);
  const placed = networks.map((network) => placeCards(network, rows, options));
  const { support, outcomes } = await makeSupport(client, placed, ctx);
  const items: Spec[] = [...settled, ...failed, { key: "support", endpoint: null, report: { objects: outcomes } }];
  for (const endpoint of placed) items.push(...(await itemsOf(client, endpoint, support, ctx)));
  return items;
}

/** The cards of one guest, with the device of the node it is on, and its name. */
type PlacedGuest = GuestNetwork & SettledCards & { device: number | null; node: string };
type PlacedEstate = EstateNetworks & { guests: ReadonlyMap<string, PlacedGuest[]> };

function placeCards(network: EstateNetworks, rows: ReadonlyMap<number, CardRow[]>, options: SyncOptions): PlacedEstate {
  const { nodes } = network.estate.binding;
  const place = (one: GuestNetwork): PlacedGuest => ({
    ...one,
    ...settleCards(one.config.nics, rows.get(one.guest.vm.id) ?? [], guestNamesOf(one, options)),
    device: nodes[one.guest.node]?.device ?? null,
    node: nodes[one.guest.node]?.name ?? one.guest.node,
  });
  return { ...network, guests: new Map(network.chunks.map(({ key, networks }) => [key, networks.map(place)])) };
}

async function makeSupport(client: NetBoxClient, placed: readonly PlacedEstate[], ctx: StageContext) {
  const { options, signal } = ctx;
  const guests = placed.flatMap((estate) => [...estate.guests.values()].flat());
  const bridgeNeeds = guests.flatMap(({ config, device, node }) =>
    config.nics.flatMap(({ bridge: name }): BridgeNeed[] => (name && device !== null ? [{ device, node, name }] : [])),
  );
  const [vlans, bridges] = await Promise.all([
    ensureVlans(
      ctx,
      client,
      guests.flatMap(({ guest, config }) => vlanNeeds(guest, config.nics)),
    ),
    ensureBridges(client, bridgeNeeds, options, signal),
  ]);
  const support: CardSupport = { vlans: vlans.ids, bridges: bridges.ids };
  return { support, outcomes: [...vlans.outcomes, ...bridges.outcomes] };
}

async function itemsOf(
  client: NetBoxClient,
  { estate, chunks, guests }: PlacedEstate,
  support: CardSupport,
  { options, signal }: StageContext,
): Promise<Spec[]> {
  const endpoint = estate.endpoint.id;
  const census = [...guests.values()].flat().map(({ guest, cards, gone }) => ({
    vm: guest.vm,
    label: labelOf(guest),
    listed: cards.length,
    gone,
  }));
  const removed =
    options.sync_mode_vm_interface === "always" ? await removeCards(client, census, options.max_deletions, signal) : [];
  const unread = chunks.flatMap((chunk) => chunk.unread.map((one) => unreadOutcome("vm-interface", one)));
  const settled: Spec[] = [
    { key: itemKey("removals", endpoint), endpoint, report: { objects: removed } },
    { key: itemKey("unread", endpoint), endpoint, report: { objects: unread } },
  ];
  const work = [...guests].flatMap(([chunk, placed]) => {
    const planned = placed.map(({ guest, cards, device }) => ({
      guest,
      cards: cards.map((card) => planCard(guest, card, device, support)),
    }));
    // Almost always one: only guests with very many cards do not fit into one message.
    return portionsOf(planned, planned.length).map(
      (portion, index): Spec => ({
        key: itemKey("cards", endpoint, chunk, index),
        endpoint,
        body: { chunk, guests: portion },
      }),
    );
  });
  return [...settled.filter((item) => "report" in item && item.report.objects.length > 0), ...work];
}

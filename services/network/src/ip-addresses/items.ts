import type { SyncOptions } from "@proxbox/contracts/sync-options";
import { readEstates } from "@proxbox/estate/estates";
import { portionsOf } from "@proxbox/estate/portions";
import { reconcile } from "@proxbox/netbox/reconcile";
import { netboxOf } from "@proxbox/netbox/session";
import { itemKey, type StageContext, type StageItemSpec } from "@proxbox/runtime/stage";
import { releaseAddresses } from "../addresses/release.ts";
import { observeNetworks, unreadOutcome } from "../cards/observe.ts";
import type { AddressBatch } from "./facts.ts";
import { conflictsOf, planGuest, type RunPlan } from "./plan.ts";
import { type PlacedEstate, settleRun } from "./settle-run.ts";

type Spec = StageItemSpec<AddressBatch>;

/**
 * Settles for all guests of a run which row of NetBox stands for which of their addresses, takes off their interfaces the
 * addresses that leave them, and cuts the rest into items, which then only add. Throws NetBoxAPIError when NetBox cannot be
 * read.
 */
export async function listItems(ctx: StageContext): Promise<Spec[]> {
  const { options, signal } = ctx;
  if (options.sync_mode_ip_address === "disabled") return [];
  const { estates, settled } = await readEstates(ctx);
  const { networks, failed } = await observeNetworks(ctx, estates, { agents: true });
  const { placed, run, releases, unlinked, told } = await settleRun(networks, ctx);
  const client = netboxOf(ctx);
  const machines = estates.flatMap((estate) => estate.machines.map(({ vm }) => vm));
  const released = await releaseAddresses(client, releases, machines, signal);
  const { outcomes } = await reconcile(client, unlinked, { signal });
  const objects = [...told, ...released, ...outcomes];
  return [
    ...settled,
    ...failed,
    ...(objects.length > 0 ? [{ key: "released", endpoint: null, report: { objects } }] : []),
    ...placed.flatMap((estate) => itemsOf(estate, run, options)),
  ];
}

function itemsOf({ estate, chunks, guests }: PlacedEstate, run: RunPlan, options: SyncOptions): Spec[] {
  const endpoint = estate.endpoint.id;
  const onlyNew = options.sync_mode_ip_address === "bootstrap_only";
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

import type { ObjectOutcome } from "@proxbox/contracts/messages";
import { isTargeted } from "@proxbox/contracts/targets";
import { chunksOf } from "@proxbox/estate/chunks";
import { isWanted, leavesGuestsOut } from "@proxbox/estate/estates";
import { rememberPlaced } from "@proxbox/estate/placed";
import { unplacedItem } from "@proxbox/estate/unplaced";
import type { KnownRow } from "@proxbox/netbox/desired";
import { readKnownVms } from "@proxbox/netbox/guests/read";
import type { HostBinding } from "@proxbox/netbox/hosts/bind";
import { ensureHosts } from "@proxbox/netbox/hosts/place";
import { guestRoles, guestTypes } from "@proxbox/netbox/hosts/support";
import { withoutRelics } from "@proxbox/netbox/hosts/twins";
import { reconcile, rowsOf } from "@proxbox/netbox/reconcile";
import { netboxOf } from "@proxbox/netbox/session";
import { SyncError, toWireError } from "@proxbox/runtime/errors";
import { askEndpoints } from "@proxbox/runtime/isolation";
import { itemKey, type StageContext, type StageItemSpec } from "@proxbox/runtime/stage";
import { desiredName } from "./desired.ts";
import type { GuestBatch } from "./facts.ts";
import { colorOf, observeListing, type SeenEndpoint } from "./observe.ts";
import { type GuestPlan, notFound, planGuests, strays } from "./plan.ts";
import { missingRoles, readCloudInits, readPlatforms, readSettingsRoles, readTags } from "./read.ts";
import { defaultRoleOf } from "./roles.ts";
import { assignSlugs, desiredTag } from "./tags.ts";

type Spec = StageItemSpec<GuestBatch>;
type Placed = SeenEndpoint & { binding: HostBinding; cluster: number };

/**
 * Settles for all guests of a run what depends on more than one of them (machine, name, tags), makes what they share, and
 * cuts them into items. Throws NetBoxAPIError when NetBox cannot be read.
 */
export async function listItems(ctx: StageContext): Promise<Spec[]> {
  const { answered, failed } = await askEndpoints(ctx, (endpoint) => observeListing(ctx, endpoint));
  if (answered.length === 0) return failed;
  const client = netboxOf(ctx);
  const observed = answered.map(({ value }) => value);
  const { bindings, outcomes } = await ensureHosts(
    client,
    observed.map((entry) => entry.facts),
    ctx.configured,
    ctx.options,
    ctx.signal,
  );
  await rememberPlaced(ctx, bindings);
  const placed: Placed[] = [];
  for (const entry of observed) {
    const binding = bindings.find((candidate) => candidate.endpoint === entry.facts.endpoint);
    if (binding && binding.problem === null && binding.cluster.id !== null)
      placed.push({ ...entry, binding, cluster: binding.cluster.id });
    else failed.push(unplacedItem(entry.endpoint, entry.facts.cluster.name, binding));
  }
  if (placed.length === 0) return failed;
  const vmTypes = (await client.status(ctx.signal)).atLeast(4, 6);
  const plans = await planAll(ctx, placed, outcomes);
  const support = await makeSupport(ctx, plans, placed, vmTypes, outcomes);
  const listed = new Set(placed.flatMap(({ listing }) => listing.guests.map(({ vmid }) => vmid)));
  outcomes.push(...notFound(ctx.options, plans, listed));
  const items = placed.flatMap((entry, index) => itemsOf(entry, plans[index], support, vmTypes));
  return [...failed, { key: "support", endpoint: null, report: { objects: outcomes } }, ...items];
}

async function planAll(ctx: StageContext, placed: Placed[], outcomes: ObjectOutcome[]): Promise<GuestPlan[]> {
  const client = netboxOf(ctx);
  const endpoints = new Set(
    placed.flatMap(({ binding }) => (binding.pluginEndpoint === null ? [] : [binding.pluginEndpoint])),
  );
  const clusters = placed.map((entry) => entry.cluster);
  const asked = [ctx.options.default_role_qemu, ctx.options.default_role_lxc].filter((id) => id !== undefined);
  const [known, cloudInits, settings, missing] = await Promise.all([
    readKnownVms(client, clusters, endpoints, ctx.signal),
    readCloudInits(client, ctx.signal),
    readSettingsRoles(client, ctx.signal),
    missingRoles(client, asked, ctx.signal),
  ]);
  outcomes.push(...missing.map(roleMissing));
  const plans = placed.map(({ listing, binding, cluster }) =>
    planGuests(
      listing.guests.filter((guest) => isWanted(guest, ctx.options)),
      {
        pluginEndpoint: binding.pluginEndpoint,
        cluster,
        vms: known.vms,
        states: withoutRelics(known.states, binding),
        cloudInits,
      },
      ({ type, node }) => {
        const role = defaultRoleOf(type, ctx.options, binding.nodes[node]?.roles, settings);
        return role !== null && missing.includes(role) ? null : role;
      },
      ctx.options,
    ),
  );
  if (!isTargeted(ctx.options) && !leavesGuestsOut(ctx.options))
    for (const [index, plan] of plans.entries())
      outcomes.push(...strays({ ...known, cluster: placed[index]?.cluster ?? 0 }, plan));
  const vacate = plans.flatMap((plan) => plan.vacate);
  if (vacate.length > 0) {
    await reconcile(client, vacate.map(desiredName), { signal: ctx.signal });
  }
  return plans;
}

/** What guests share: the slug of each Proxmox tag, and the rows of roles, types and platforms. */
type Support = { slugs: Record<string, string>; rows: KnownRow[] };

async function makeSupport(
  ctx: StageContext,
  plans: GuestPlan[],
  placed: Placed[],
  vmTypes: boolean,
  outcomes: ObjectOutcome[],
): Promise<Support> {
  const client = netboxOf(ctx);
  const guests = plans.flatMap((plan) => plan.planned);
  const wanted = ctx.options.overwrite_vm_proxmox_tags ? [...new Set(guests.flatMap(({ guest }) => guest.tags))] : [];
  const names = [...new Set([...wanted, ...guests.flatMap((plan) => plan.previousTags)])];
  const slugs = assignSlugs(names, await readTags(client, names, ctx.signal));
  const types = [...new Set(guests.map(({ guest }) => guest.type))].sort();
  const support = [
    ...types.flatMap((type) => [guestRoles[type].desired, ...(vmTypes ? [guestTypes[type].desired] : [])]),
    ...wanted.sort().map((name) => desiredTag(name, slugs[name] ?? name, colorOf(name, placed))),
  ];
  const [made, platforms] = await Promise.all([
    reconcile(client, support, { signal: ctx.signal }),
    readPlatforms(client, ctx.signal),
  ]);
  outcomes.push(...made.outcomes);
  return { slugs, rows: [...rowsOf(made).filter(({ kind }) => kind !== "tag"), ...platforms] };
}

function itemsOf(
  { endpoint: { id }, listing, facts, binding, webUrl }: Placed,
  plan: GuestPlan | undefined,
  { slugs, rows: support }: Support,
  vmTypes: boolean,
): Spec[] {
  if (!plan) return [];
  const planned = new Map(plan.planned.map((one) => [one.guest.vmid, one]));
  const items = chunksOf(listing.guests).flatMap(({ key: chunk, guests: listed }): Spec[] => {
    const guests = listed.flatMap(({ vmid }) => planned.get(vmid) ?? []);
    if (guests.length === 0) return [];
    const used = new Set(guests.flatMap(({ guest, previousTags }) => [...guest.tags, ...previousTags]));
    const tagSlugs = Object.fromEntries(Object.entries(slugs).filter(([name]) => used.has(name)));
    const body = { chunk, facts, binding, guests, tagSlugs, webUrl, vmTypes, support };
    return [{ key: itemKey("guests", id, chunk), endpoint: id, body }];
  });
  if (plan.problems.length > 0)
    items.push({ key: itemKey("ambiguous", id), endpoint: id, report: { objects: plan.problems } });
  return items;
}

function roleMissing(id: number): ObjectOutcome {
  const name = `role ${id}`;
  const error = new SyncError("role_missing", `NetBox has no role ${id}, which was given as a default for machines.`, {
    next: "Give the id of a device role, or none.",
  });
  return { kind: "device-role", name, outcome: "failed", error: toWireError(error, name) };
}

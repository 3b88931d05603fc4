import type { ObjectOutcome } from "@proxbox/contracts/messages";
import type { KnownRow } from "@proxbox/netbox/desired";
import { readKnownVms } from "@proxbox/netbox/guests/read";
import type { HostBinding } from "@proxbox/netbox/hosts/bind";
import { ensureHosts } from "@proxbox/netbox/hosts/place";
import { guestRoles, guestTypes } from "@proxbox/netbox/hosts/support";
import { reconcile, rowsOf } from "@proxbox/netbox/reconcile";
import { netboxOf } from "@proxbox/netbox/session";
import { SyncError } from "@proxbox/runtime/errors";
import { askEndpoints, failedEndpoint } from "@proxbox/runtime/isolation";
import { itemKey, type StageContext, type StageItemSpec } from "@proxbox/runtime/stage";
import { desiredName } from "./desired.ts";
import type { GuestBatch } from "./facts.ts";
import { colorOf, type ObservedEndpoint, observeListing } from "./observe.ts";
import { batches, batchSize, type GuestPlan, notFound, planGuests, selectByMode } from "./plan.ts";
import { readCloudInits, readTags } from "./read.ts";
import { assignSlugs, desiredTag } from "./tags.ts";

type Spec = StageItemSpec<GuestBatch>;
type Placed = ObservedEndpoint & { binding: HostBinding; cluster: number };

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
    ctx.options,
    ctx.signal,
  );
  const placed: Placed[] = [];
  for (const entry of observed) {
    const binding = bindings.find((candidate) => candidate.endpoint === entry.facts.endpoint);
    if (binding && binding.problem === null && binding.cluster.id !== null)
      placed.push({ ...entry, binding, cluster: binding.cluster.id });
    else failed.push(failedEndpoint(entry.endpoint, notPlaced(entry, binding)));
  }
  if (placed.length === 0) return failed;
  const plans = await planAll(ctx, placed);
  const vmTypes = (await client.status(ctx.signal)).atLeast(4, 6);
  const support = await makeSupport(ctx, plans, placed, vmTypes, outcomes);
  outcomes.push(...notFound(ctx.options.netbox_vm_ids ?? [], plans));
  const items = placed.flatMap((entry, index) => itemsOf(entry, plans[index], support, vmTypes));
  return [...failed, { key: "support", endpoint: null, report: { objects: outcomes } }, ...items];
}

async function planAll(ctx: StageContext, placed: Placed[]): Promise<GuestPlan[]> {
  const client = netboxOf(ctx);
  const endpoints = new Set(
    placed.flatMap(({ binding }) => (binding.pluginEndpoint === null ? [] : [binding.pluginEndpoint])),
  );
  const clusters = placed.map((entry) => entry.cluster);
  const [rows, cloudInits] = await Promise.all([
    readKnownVms(client, clusters, endpoints, ctx.signal),
    readCloudInits(client, ctx.signal),
  ]);
  const known = { ...rows, cloudInits };
  const only = ctx.options.netbox_vm_ids ? new Set(ctx.options.netbox_vm_ids) : null;
  const plans = placed.map((entry) =>
    planGuests(
      selectByMode(entry.guests, ctx.options),
      { pluginEndpoint: entry.binding.pluginEndpoint, cluster: entry.cluster, ...known },
      only,
    ),
  );
  const vacate = plans.flatMap((plan) => plan.vacate);
  if (vacate.length > 0) {
    await reconcile(client, vacate.map(desiredName), { signal: ctx.signal });
  }
  return plans;
}

/** What guests share: the slug of each Proxmox tag, and the rows of roles and types. */
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
  const made = await reconcile(client, support, { signal: ctx.signal });
  outcomes.push(...made.outcomes);
  return { slugs, rows: rowsOf(made).filter(({ kind }) => kind !== "tag") };
}

function itemsOf(
  entry: Placed,
  plan: GuestPlan | undefined,
  { slugs, rows: support }: Support,
  vmTypes: boolean,
): Spec[] {
  if (!plan) return [];
  const id = entry.endpoint.id;
  const items = batches(plan.planned, batchSize(plan.planned.length)).map((guests): Spec => {
    const first = guests[0]?.guest.vmid ?? 0;
    const used = new Set(guests.flatMap(({ guest, previousTags }) => [...guest.tags, ...previousTags]));
    const tagSlugs = Object.fromEntries(Object.entries(slugs).filter(([name]) => used.has(name)));
    const { facts, binding, webUrl } = entry;
    const body = { facts, binding, guests, tagSlugs, webUrl, vmTypes, support };
    return { key: itemKey("guests", id, first, guests.length), endpoint: id, body };
  });
  if (plan.problems.length > 0)
    items.push({ key: itemKey("ambiguous", id), endpoint: id, report: { objects: plan.problems } });
  return items;
}

function notPlaced(entry: ObservedEndpoint, binding: HostBinding | undefined): SyncError {
  const problem = binding?.problem;
  if (problem) return new SyncError("placement_missing", problem.message, problem);
  return new SyncError("cluster_missing", `The cluster ${entry.facts.cluster.name} could not be made in NetBox.`, {
    next: "See the errors of stage devices for its reason.",
  });
}

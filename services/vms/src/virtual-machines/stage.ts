import type { WireError } from "@proxbox/contracts/errors";
import type { ObjectOutcome } from "@proxbox/contracts/messages";
import { createOnly, type KnownRow, pointingTo } from "@proxbox/netbox/desired";
import type { HostBinding } from "@proxbox/netbox/hosts/bind";
import { ensureHosts } from "@proxbox/netbox/hosts/place";
import { guestRoles, guestTypes } from "@proxbox/netbox/hosts/support";
import { reconcile, rowsOf } from "@proxbox/netbox/reconcile";
import { netboxOf } from "@proxbox/netbox/session";
import type { Guest } from "@proxbox/proxmox/resources/listing";
import { SyncError } from "@proxbox/runtime/errors";
import { askEndpoints, failedEndpoint } from "@proxbox/runtime/isolation";
import { defineStage, itemKey, type StageContext, type StageItemSpec } from "@proxbox/runtime/stage";
import { Type } from "@sinclair/typebox";
import pLimit from "p-limit";
import { desiredGuest, desiredName, desiredPlatforms, labelOf } from "./desired.ts";
import type { GuestBatch, PlannedGuest } from "./facts.ts";
import { colorOf, type ObservedEndpoint, observeConfigs, observeListing } from "./observe.ts";
import { batches, batchSize, type GuestPlan, notFound, planGuests, selectByMode } from "./plan.ts";
import { readKnownVms, readTags } from "./read.ts";
import { sweepOrphans } from "./sweep-orphans.ts";
import { assignSlugs, desiredTag } from "./tags.ts";

const GuestItem = Type.Unsafe<GuestBatch>(
  Type.Object({ facts: Type.Object({}), binding: Type.Object({}), guests: Type.Array(Type.Object({})) }),
);

type Spec = StageItemSpec<GuestBatch>;
type Placed = ObservedEndpoint & { binding: HostBinding; cluster: number };

/** Guests of Proxmox become virtual machines of NetBox; one item is up to fifty guests of one endpoint. */
export const stage = defineStage({
  name: "virtual-machines",
  body: GuestItem,

  async items(ctx) {
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
    const { version, plans } = await planAll(ctx, placed);
    const support = await makeSupport(ctx, plans, placed, version, outcomes);
    outcomes.push(...notFound(ctx.options.netbox_vm_ids ?? [], plans));
    const items = placed.flatMap((entry, index) => itemsOf(entry, plans[index], support, version));
    return [...failed, { key: "support", endpoint: null, report: { objects: outcomes } }, ...items];
  },

  async work(batch, ctx) {
    const { read, failures, gone } = await observeConfigs(ctx, batch);
    const client = netboxOf(ctx);
    // Items share platforms: made one item after another, they do not stumble over each other's.
    const inTurn = ctx.shared("platforms in turn", () => pLimit(1));
    const named = desiredPlatforms(read.map(({ config }) => config));
    const platforms = await inTurn(() => reconcile(client, named, { signal: ctx.signal }));
    const desired = read.flatMap(({ plan, config }) => {
      const wanted = desiredGuest(plan, config, batch, ctx.options);
      return isBootstrapOnly(plan.guest, ctx) ? wanted.map(createOnly) : wanted;
    });
    const pointed = desired.map(pointingTo([...batch.support, ...rowsOf(platforms)]));
    // One that cannot be read must not be left with the name it bears while others take theirs.
    const waiting = [...failures.map(({ plan }) => plan), ...gone].flatMap(({ vm, name, steppedAside }) =>
      vm !== null && steppedAside ? [desiredName({ vm, name })] : [],
    );
    const { outcomes } = await reconcile(client, [...pointed, ...waiting], { signal: ctx.signal });
    const made = platforms.outcomes.filter(({ outcome }) => outcome !== "unchanged");
    return { objects: [...made, ...failures.map(unread), ...gone.map(vanished), ...outcomes] };
  },

  async finish(results, ctx) {
    return {
      objects: ctx.options.delete_orphans && !ctx.options.netbox_vm_ids ? await sweepOrphans(results, ctx) : [],
    };
  },
});

async function planAll(ctx: StageContext, placed: Placed[]): Promise<{ version: boolean; plans: GuestPlan[] }> {
  const client = netboxOf(ctx);
  const { atLeast } = await client.status(ctx.signal);
  const endpoints = new Set(
    placed.flatMap(({ binding }) => (binding.pluginEndpoint === null ? [] : [binding.pluginEndpoint])),
  );
  const known = await readKnownVms(
    client,
    placed.map((entry) => entry.cluster),
    endpoints,
    ctx.signal,
  );
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
  return { version: atLeast(4, 6), plans };
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

function isBootstrapOnly(guest: Guest, ctx: StageContext): boolean {
  return (guest.template ? ctx.options.sync_mode_vm_template : ctx.options.sync_mode_vm) === "bootstrap_only";
}

function notPlaced(entry: ObservedEndpoint, binding: HostBinding | undefined): SyncError {
  const problem = binding?.problem;
  if (problem) return new SyncError("placement_missing", problem.message, problem);
  return new SyncError("cluster_missing", `The cluster ${entry.facts.cluster.name} could not be made in NetBox.`, {
    next: "See the errors of stage devices for its reason.",
  });
}

/**
 * A guest whose node is known to be away keeps what NetBox has. It is a failure when NetBox does not have it yet, and when
 * its node is said to be there and does not answer.
 */
function unread({ plan, error }: { plan: PlannedGuest; error: WireError }): ObjectOutcome {
  const base = outcomeOf(plan);
  if (plan.guest.known || plan.vm === null)
    return { ...base, outcome: "failed", error: { ...error, object: base.name } };
  return { ...base, outcome: "skipped", reason: `${error.message} NetBox keeps what it has.` };
}

function vanished(plan: PlannedGuest): ObjectOutcome {
  return { ...outcomeOf(plan), outcome: "skipped", reason: "It was deleted in Proxmox while the run was at work." };
}

function outcomeOf(plan: PlannedGuest) {
  return { kind: "virtual-machine", name: labelOf(plan), ...(plan.vm === null ? {} : { id: plan.vm }) };
}

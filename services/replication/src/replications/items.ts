import type { ObjectOutcome } from "@proxbox/contracts/messages";
import type { SyncOptions } from "@proxbox/contracts/sync-options";
import { isAskedFor, isTargeted } from "@proxbox/contracts/targets";
import { eachEstate } from "@proxbox/estate/each-estate";
import { type Estate, leavesGuestsOut, readEstates } from "@proxbox/estate/estates";
import { portionsOf } from "@proxbox/estate/portions";
import type { Desired } from "@proxbox/netbox/desired";
import { netboxOf } from "@proxbox/netbox/session";
import type { ReplicationJob } from "@proxbox/proxmox/resources/replication";
import { itemKey, type StageContext, type StageItemSpec } from "@proxbox/runtime/stage";
import type { Machine, OwnReplication, ReplicationPlace, ReplicationRow } from "./facts.ts";
import { observeReplications } from "./observe.ts";
import { readReplicationRows } from "./read.ts";
import { judgeStale, settleJobs, withoutMachine } from "./settle.ts";

/** One item: replications of one endpoint, and rows whose job is gone. */
export type ReplicationBatch = { jobs: OwnReplication[]; stale: Desired[]; place: ReplicationPlace };

type Spec = StageItemSpec<ReplicationBatch>;

const fullPortion = 200;

/**
 * Lists the jobs of every endpoint, finds their machines and rows, judges the rows that are left over, and cuts what has
 * to be looked at into items. Throws NetBoxAPIError when NetBox cannot be read.
 */
export async function listItems(ctx: StageContext): Promise<Spec[]> {
  const { estates, settled } = await readEstates(ctx);
  const concerned = isTargeted(ctx.options)
    ? estates.filter(({ machines }) => machines.some(({ vm, vmid }) => isAskedFor(ctx.options, { vmid, vm: vm.id })))
    : estates;
  if (concerned.length === 0) return settled;
  const rows = await readReplicationRows(netboxOf(ctx), ctx.signal);
  const items = await eachEstate(concerned, ctx.signal, async (estate) =>
    itemsOf(estate, await observeReplications(ctx, estate), rows, ctx.options),
  );
  return [...settled, ...items];
}

function itemsOf(
  { endpoint: { id }, binding, chunks, machines: all, gaps }: Estate,
  jobs: readonly ReplicationJob[],
  rows: readonly ReplicationRow[],
  options: SyncOptions,
): Spec[] {
  const endpoint = binding.pluginEndpoint;
  const report = (objects: ObjectOutcome[]): Spec[] =>
    objects.length > 0 ? [{ key: itemKey("told", id), endpoint: id, report: { objects } }] : [];
  if (endpoint === null) return report(jobs.map(withoutEndpoint));
  const present = chunks.flatMap(({ guests }) => guests.map(({ vm, vmid }) => ({ id: vm.id, name: vm.name, vmid })));
  const known = all.map(({ vm, vmid }): Machine => ({ id: vm.id, name: vm.name, vmid }));
  const asked = known.filter(({ id: vm, vmid }) => isAskedFor(options, { vmid, vm })).map(({ id: vm }) => vm);
  const only = isTargeted(options) ? new Set(asked) : null;
  const { own, without } = settleJobs(jobs, present, rows, { endpoint, others: binding.others });
  const { stale, kept } = judgeStale(rows, jobs, { endpoint, machines: known, gaps: gaps.guests, only });
  // A job of a machine that the sync modes leave out is nobody's news.
  const left = new Set(leavesGuestsOut(options) ? known.map(({ vmid }) => vmid) : []);
  const untold = without.filter(({ guest }) => !left.has(guest));
  const place: ReplicationPlace = {
    endpoint,
    nodes: Object.fromEntries(Object.entries(binding.nodes).map(([name, node]) => [name, node.proxmoxNode])),
  };
  const items = portionsOf(own, fullPortion).map((part, index): Spec => {
    const key = itemKey("replications", id, part[0]?.job.id ?? "", part.length, index);
    return { key, endpoint: id, body: { jobs: part, stale: [], place } };
  });
  for (const [index, part] of portionsOf(stale, fullPortion).entries())
    items.push({ key: itemKey("stale", id, index), endpoint: id, body: { jobs: [], stale: part, place } });
  return [...items, ...report([...kept, ...(only ? [] : untold.map(withoutMachine))])];
}

function withoutEndpoint({ id }: ReplicationJob): ObjectOutcome {
  const reason = "The plugin has no row for this Proxmox endpoint, and a replication belongs to one.";
  return { kind: "replication", name: id, outcome: "skipped", reason };
}

import type { ObjectOutcome } from "@proxbox/contracts/messages";
import { isTargeted } from "@proxbox/contracts/targets";
import { eachEstate } from "@proxbox/estate/each-estate";
import { type Estate, readEstates } from "@proxbox/estate/estates";
import { portionsOf } from "@proxbox/estate/portions";
import { readStorageIds, type StorageIds } from "@proxbox/estate/storage-ids";
import { summariseStage } from "@proxbox/estate/summarise";
import { reconcile } from "@proxbox/netbox/reconcile";
import { netboxOf } from "@proxbox/netbox/session";
import { defineStage, itemKey, type StageItemSpec } from "@proxbox/runtime/stage";
import { Type } from "@sinclair/typebox";
import { type CoveredJob, desiredRoutine, type RoutinePlace, type RoutineRow, staleRoutines } from "./desired.ts";
import { observeRoutines } from "./observe.ts";
import { readRoutineRows } from "./read.ts";

/** One item: scheduled backups of one endpoint, and rows whose job is gone. */
type RoutineBatch = { jobs: CoveredJob[]; stale: ReturnType<typeof staleRoutines>; place: RoutinePlace };

const RoutineItem = Type.Unsafe<RoutineBatch>(
  Type.Object({ jobs: Type.Array(Type.Object({})), stale: Type.Array(Type.Object({})), place: Type.Object({}) }),
);

const fullPortion = 200;

/** Scheduled backups of Proxmox become backup routines of the plugin. A run of chosen machines leaves them alone. */
export const stage = defineStage({
  name: "backup-routines",
  body: RoutineItem,

  async items(ctx) {
    const { estates, settled } = await readEstates(ctx);
    if (estates.length === 0 || isTargeted(ctx.options)) return settled;
    const client = netboxOf(ctx);
    const [rows, storageIds] = await Promise.all([
      readRoutineRows(client, ctx.signal),
      readStorageIds(client, ctx.signal),
    ]);
    const items = await eachEstate(estates, ctx.signal, async (estate) => {
      const jobs = await observeRoutines(ctx, estate);
      return itemsOf(estate, jobs, rows, storageIds.get(estate.cluster) ?? {});
    });
    return [...settled, ...items];
  },

  async work({ jobs, stale, place }, ctx) {
    const desired = [...stale, ...jobs.map((job) => desiredRoutine(job, place))];
    const { outcomes } = await reconcile(netboxOf(ctx), desired, { signal: ctx.signal });
    return { objects: outcomes };
  },

  finish: summariseStage,
});

function itemsOf(
  { endpoint, binding }: Estate,
  jobs: CoveredJob[],
  rows: readonly RoutineRow[],
  storages: StorageIds,
): StageItemSpec<RoutineBatch>[] {
  const { id } = endpoint;
  const { pluginEndpoint } = binding;
  if (pluginEndpoint === null) {
    const objects = jobs.map(({ job }) => withoutEndpoint(`${binding.cluster.name}/${job.id}`));
    return objects.length > 0 ? [{ key: itemKey("told", id), endpoint: id, report: { objects } }] : [];
  }
  const nodes = Object.fromEntries(Object.entries(binding.nodes).map(([name, node]) => [name, node.proxmoxNode]));
  const place: RoutinePlace = { cluster: binding.cluster.name, endpoint: pluginEndpoint, nodes, storages };
  const items = portionsOf(jobs, fullPortion).map((part, index): StageItemSpec<RoutineBatch> => {
    return { key: itemKey("routines", id, index), endpoint: id, body: { jobs: part, stale: [], place } };
  });
  const stale = staleRoutines(rows, jobs, place);
  if (stale.length > 0) items.push({ key: itemKey("stale", id), endpoint: id, body: { jobs: [], stale, place } });
  return items;
}

function withoutEndpoint(name: string): ObjectOutcome {
  const reason = "The plugin has no row for this Proxmox endpoint, and a routine belongs to one.";
  return { kind: "backup-routine", name, outcome: "skipped", reason };
}

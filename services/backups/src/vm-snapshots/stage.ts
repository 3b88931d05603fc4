import { readEstates } from "@proxbox/estate/estates";
import { readStorageIds } from "@proxbox/estate/storage-ids";
import { summariseStage } from "@proxbox/estate/summarise";
import { unreadOutcomes } from "@proxbox/estate/unread";
import { reconcile } from "@proxbox/netbox/reconcile";
import { netboxOf } from "@proxbox/netbox/session";
import { defineStage, itemKey } from "@proxbox/runtime/stage";
import { Type } from "@sinclair/typebox";
import { desiredSnapshot } from "./desired.ts";
import type { SnapshotChunk } from "./facts.ts";
import { observeSnapshots } from "./observe.ts";
import { nodeNames, readNodes, readSnapshotRows } from "./read.ts";
import { judgeMissing } from "./removals.ts";
import { replacedBy, settleSnapshots } from "./settle.ts";

const SnapshotItem = Type.Unsafe<SnapshotChunk>(
  Type.Object({
    key: Type.String(),
    guests: Type.Array(Type.Object({})),
    former: Type.Array(Type.Integer()),
    nodes: Type.Object({}),
    storages: Type.Object({}),
  }),
);

/** Snapshots of guests become rows of the plugin's snapshot table; one item is up to fifty guests of one endpoint. */
export const stage = defineStage({
  name: "vm-snapshots",
  body: SnapshotItem,

  async items(ctx) {
    const { estates, settled } = await readEstates(ctx);
    if (estates.every(({ chunks }) => chunks.length === 0)) return settled;
    const client = netboxOf(ctx);
    const [storageIds, nodes] = await Promise.all([readStorageIds(client, ctx.signal), readNodes(client, ctx.signal)]);
    const items = estates.flatMap(({ endpoint, binding, cluster, chunks, machines }) =>
      chunks.map(({ key, guests }) => ({
        key: itemKey("snapshots", endpoint.id, key),
        endpoint: endpoint.id,
        body: {
          key,
          guests,
          former: replacedBy(guests, machines),
          nodes: nodeNames(nodes, binding.pluginEndpoint),
          storages: storageIds.get(cluster) ?? {},
        },
      })),
    );
    return [...settled, ...items];
  },

  async work(chunk, ctx) {
    const client = netboxOf(ctx);
    const observed = await observeSnapshots(ctx, chunk);
    const { read } = observed;
    const unread = unreadOutcomes("snapshot", "snapshots", observed.unread);
    if (read.length === 0) return { objects: unread };
    const vmids = read.map(({ guest }) => guest.vmid);
    const former = new Set(chunk.former);
    const { rows, known } = await readSnapshotRows(client, vmids, ctx.signal);
    const { settled, taken, missing } = settleSnapshots(read, rows, former, chunk.nodes);
    const { gone, kept } = judgeMissing(missing, read, ctx.options);
    const desired = settled.map((snapshot) => desiredSnapshot(snapshot, chunk.storages));
    const options = { signal: ctx.signal, rows: { snapshot: known } };
    const { outcomes } = await reconcile(client, [...gone, ...desired], options);
    // Another endpoint may have taken a place since the rows were read: NetBox's refusal does not say who holds it.
    const refused = outcomes.some(({ outcome }) => outcome === "failed");
    const now = refused ? (await readSnapshotRows(client, vmids, ctx.signal)).rows : [];
    const late = settleSnapshots(read, now, former, chunk.nodes).taken;
    const told = outcomes.map((one) =>
      one.outcome === "failed" ? (late.find(({ name }) => name === one.name) ?? one) : one,
    );
    return { objects: [...unread, ...taken, ...kept, ...told] };
  },

  finish: summariseStage,
});

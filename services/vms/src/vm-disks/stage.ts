import { readEstates } from "@proxbox/estate/estates";
import { readStorageIds } from "@proxbox/estate/storage-ids";
import { summariseStage } from "@proxbox/estate/summarise";
import { unreadOutcomes } from "@proxbox/estate/unread";
import { createOnly } from "@proxbox/netbox/desired";
import { reconcile } from "@proxbox/netbox/reconcile";
import { netboxOf } from "@proxbox/netbox/session";
import { countOf } from "@proxbox/runtime/results";
import { defineStage, itemKey } from "@proxbox/runtime/stage";
import { Type } from "@sinclair/typebox";
import { isBootstrapOnly } from "../modes.ts";
import { desiredDisks, sizeless } from "./desired.ts";
import type { DiskChunk } from "./facts.ts";
import { observeDisks } from "./observe.ts";
import { diskRowOf, readDisks } from "./read.ts";
import { findGoneDisks } from "./removals.ts";
import { rememberCensus, removeDisks } from "./remove-disks.ts";

const DiskItem = Type.Unsafe<DiskChunk>(
  Type.Object({ key: Type.String(), guests: Type.Array(Type.Object({})), storages: Type.Object({}) }),
);

/** Disks of guests become virtual disks of NetBox; one item is up to fifty guests of one endpoint. */
export const stage = defineStage({
  name: "vm-disks",
  body: DiskItem,

  async items(ctx) {
    const { estates, settled } = await readEstates(ctx);
    if (estates.every(({ chunks }) => chunks.length === 0)) return settled;
    const storageIds = await readStorageIds(netboxOf(ctx), ctx.signal);
    const items = estates.flatMap(({ endpoint, cluster, chunks }) =>
      chunks.map(({ key, guests }) => ({
        key: itemKey("disks", endpoint.id, key),
        endpoint: endpoint.id,
        body: { key, guests, storages: storageIds.get(cluster) ?? {} },
      })),
    );
    return [...settled, ...items];
  },

  async work(chunk, ctx) {
    const client = netboxOf(ctx);
    const { read, observed } = await observeDisks(ctx, chunk);
    const followed = read.filter(({ guest }) => !isBootstrapOnly(guest, ctx.options));
    const rows = await readDisks(
      client,
      read.map(({ guest }) => guest.vm.id),
      ctx.signal,
    );
    await rememberCensus(ctx, findGoneDisks(followed, rows.map(diskRowOf)));
    const desired = read.flatMap((one) => {
      const wanted = desiredDisks(one, chunk.storages);
      return isBootstrapOnly(one.guest, ctx.options) ? wanted.map(createOnly) : wanted;
    });
    const { outcomes } = await reconcile(client, desired, {
      signal: ctx.signal,
      rows: { "virtual-disk": rows },
    });
    const unread = unreadOutcomes("virtual-disk", "disks", observed);
    return { objects: [...unread, ...read.flatMap(sizeless), ...outcomes] };
  },

  async finish(results, ctx) {
    const removed = await removeDisks(results, ctx);
    const changed = removed.map(({ endpoint, objects }) => ({ endpoint, counts: countOf(objects) }));
    await summariseStage([...results, ...changed], ctx);
    return { objects: removed.flatMap(({ objects }) => objects) };
  },
});

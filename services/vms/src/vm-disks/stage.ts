import { readEstates } from "@proxbox/estate/estates";
import { readStorageIds } from "@proxbox/estate/storage-ids";
import { summariseStage } from "@proxbox/estate/summarise";
import { unreadOutcomes } from "@proxbox/estate/unread";
import { createOnly } from "@proxbox/netbox/desired";
import { reconcile } from "@proxbox/netbox/reconcile";
import { netboxOf } from "@proxbox/netbox/session";
import { defineStage, itemKey } from "@proxbox/runtime/stage";
import { Type } from "@sinclair/typebox";
import { isBootstrapOnly } from "../modes.ts";
import { desiredDisks, sizeless } from "./desired.ts";
import type { DiskChunk } from "./facts.ts";
import { observeDisks } from "./observe.ts";
import { diskRowOf, readDisks } from "./read.ts";
import { judgeGoneDisks } from "./removals.ts";

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
    const { gone, kept } = judgeGoneDisks(followed, rows.map(diskRowOf), ctx.options);
    const desired = read.flatMap((one) => {
      const wanted = desiredDisks(one, chunk.storages);
      return isBootstrapOnly(one.guest, ctx.options) ? wanted.map(createOnly) : wanted;
    });
    const { outcomes } = await reconcile(client, [...gone, ...desired], {
      signal: ctx.signal,
      rows: { "virtual-disk": rows },
    });
    const unread = unreadOutcomes("virtual-disk", "disks", observed);
    return { objects: [...unread, ...kept, ...read.flatMap(sizeless), ...outcomes] };
  },

  finish: summariseStage,
});

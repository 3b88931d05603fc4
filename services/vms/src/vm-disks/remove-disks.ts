import type { ObjectOutcome, StageResult } from "@proxbox/contracts/messages";
import { reconcile } from "@proxbox/netbox/reconcile";
import { netboxOf } from "@proxbox/netbox/session";
import type { ItemContext, StageContext } from "@proxbox/runtime/stage";
import type { DiskCensus } from "./facts.ts";
import { judgeGoneDisks } from "./removals.ts";

/** Leaves what an item found for the end of the stage, where an endpoint's disks are judged together. */
export async function rememberCensus(ctx: ItemContext, census: DiskCensus): Promise<void> {
  await ctx.blobs.putJson(nameOf(ctx, ctx.item.key), census);
}

/**
 * Deletes the disks that the items of this attempt found to be gone, endpoint by endpoint. Throws NetBoxAPIError as
 * `reconcile` does.
 */
export async function removeDisks(
  results: readonly StageResult["data"][],
  ctx: StageContext,
): Promise<{ endpoint: number | null; objects: ObjectOutcome[] }[]> {
  const found = await Promise.all(
    results.map(async ({ key, endpoint }) => {
      const census = (await ctx.blobs.getJson(nameOf(ctx, key))) as DiskCensus | null;
      return { endpoint, census };
    }),
  );
  const removed = [];
  for (const [endpoint, group] of Map.groupBy(found, (one) => one.endpoint)) {
    const censuses = group.flatMap(({ census }) => census ?? []);
    const { gone, kept } = judgeGoneDisks(censuses, ctx.options);
    const { outcomes } = await reconcile(netboxOf(ctx), gone, { signal: ctx.signal });
    removed.push({ endpoint, objects: [...outcomes, ...kept] });
  }
  return removed;
}

function nameOf({ run, attempt }: StageContext, key: string): string {
  return `disks.${run}.${attempt}.${key}`;
}

import type { StageResult } from "@proxbox/contracts/messages";
import { type RunCluster, summariseRun } from "@proxbox/netbox/run-summary";
import { netboxOf } from "@proxbox/netbox/session";
import { lastSeen } from "@proxbox/proxmox/observe-endpoint";
import type { ItemReport, StageContext } from "@proxbox/runtime/stage";
import { placedHosts } from "./placed.ts";

/**
 * The finish of a stage that has nothing else to finish: what it changed goes into the journal entry that each cluster
 * gets per run. Without changes it asks for nothing; the journal is a courtesy and fails no stage.
 */
export async function summariseStage(
  results: readonly Pick<StageResult["data"], "endpoint" | "counts">[],
  ctx: StageContext,
): Promise<ItemReport> {
  await summariseRun(ctx, netboxOf(ctx), results, () => clustersOf(ctx));
  return { objects: [] };
}

/** The NetBox clusters of the endpoints, by what a stage of this run saw of them. */
async function clustersOf(ctx: StageContext): Promise<RunCluster[]> {
  const seen = await Promise.all(ctx.endpoints.map((endpoint) => lastSeen(ctx, endpoint)));
  const hosts = seen.flatMap((observed) => observed?.hosts ?? []);
  const bindings = await placedHosts(ctx, hosts);
  return bindings.flatMap(({ endpoint, cluster }) => (cluster.id === null ? [] : [{ endpoint, cluster: cluster.id }]));
}

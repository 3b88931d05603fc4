import type { ObjectOutcome } from "@proxbox/contracts/messages";
import type { SyncOptions } from "@proxbox/contracts/sync-options";
import type { NetBoxClient } from "@proxbox/netbox/client";
import type { Desired } from "@proxbox/netbox/desired";
import { reconcile } from "@proxbox/netbox/reconcile";
import { oursTag } from "@proxbox/netbox/tags";
import { type BridgeNeed, bridgeKey } from "./plan.ts";

/**
 * Finds the interfaces of nodes that are the bridges guests are on, by `bridgeKey`. Those that the stage network-interfaces
 * has not made are made here, in the one place that lists items: bridges of software-defined networks are no interface of
 * a node's configuration. Throws NetBoxAPIError as `reconcile` does.
 */
export async function ensureBridges(
  client: NetBoxClient,
  needs: readonly BridgeNeed[],
  options: Pick<SyncOptions, "sync_mode_node">,
  signal: AbortSignal,
): Promise<{ ids: Map<string, number>; outcomes: ObjectOutcome[] }> {
  const desired = new Map(
    [...Map.groupBy(needs, bridgeKey)].flatMap(([key, [need]]) => (need ? [[key, desiredBridge(need, options)]] : [])),
  );
  const { ids, outcomes } = await reconcile(client, [...desired.values()], { signal });
  const found = [...desired].flatMap(([key, bridge]): [string, number][] => {
    const id = ids.get(bridge);
    return id === undefined ? [] : [[key, id]];
  });
  return { ids: new Map(found), outcomes: outcomes.filter(({ outcome }) => outcome !== "unchanged") };
}

function desiredBridge({ device, node, name }: BridgeNeed, options: Pick<SyncOptions, "sync_mode_node">): Desired {
  return {
    kind: "interface",
    identity: { device: { kind: "device", id: device }, name },
    values: {},
    onCreate: { type: "bridge" },
    tags: { add: [oursTag], onCreateOnly: true },
    create: options.sync_mode_node !== "disabled",
    label: `${node} ${name}`,
    parent: node,
  };
}

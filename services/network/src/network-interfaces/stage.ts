import { summariseStage } from "@proxbox/estate/summarise";
import { reconcile } from "@proxbox/netbox/reconcile";
import { netboxOf } from "@proxbox/netbox/session";
import { defineStage } from "@proxbox/runtime/stage";
import { Type } from "@sinclair/typebox";
import { desiredNode } from "./desired.ts";
import type { PlannedNode } from "./facts.ts";
import { listItems } from "./items.ts";

const NodesItem = Type.Object({ nodes: Type.Array(Type.Unsafe<PlannedNode>(Type.Object({}))) });

/** Interfaces of Proxmox nodes and their addresses become those of NetBox's devices; one item is a few nodes of one endpoint. */
export const stage = defineStage({
  name: "network-interfaces",
  body: NodesItem,

  items: listItems,

  async work({ nodes }, ctx) {
    const client = netboxOf(ctx);
    const desired = nodes.flatMap((node) => [...desiredNode(node, ctx.options), ...node.left]);
    const written = await reconcile(client, desired, { signal: ctx.signal });
    // NetBox deletes what is on an interface with it, so that goes first which is to stay.
    const gone = nodes.flatMap((node) => node.gone);
    const deleted = await reconcile(client, gone, { signal: ctx.signal });
    return { objects: [...nodes.flatMap(({ told }) => told), ...written.outcomes, ...deleted.outcomes] };
  },

  finish: summariseStage,
});

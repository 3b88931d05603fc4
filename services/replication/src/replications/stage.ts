import { summariseStage } from "@proxbox/estate/summarise";
import { reconcile } from "@proxbox/netbox/reconcile";
import { netboxOf } from "@proxbox/netbox/session";
import { defineStage } from "@proxbox/runtime/stage";
import { Type } from "@sinclair/typebox";
import { desiredReplication } from "./desired.ts";
import { listItems, type ReplicationBatch } from "./items.ts";

const ReplicationItem = Type.Unsafe<ReplicationBatch>(
  Type.Object({ jobs: Type.Array(Type.Object({})), stale: Type.Array(Type.Object({})), place: Type.Object({}) }),
);

/** Replication jobs of Proxmox become rows of the plugin's replication table; one item is up to 200 jobs of one endpoint. */
export const stage = defineStage({
  name: "replications",
  body: ReplicationItem,

  items: listItems,

  async work({ jobs, stale, place }, ctx) {
    const desired = [...stale, ...jobs.map((job) => desiredReplication(job, place))];
    const options = { signal: ctx.signal, absent: ["replication"] } as const;
    const { outcomes } = await reconcile(netboxOf(ctx), desired, options);
    return { objects: outcomes };
  },

  finish: summariseStage,
});

import type { ObjectOutcome } from "@proxbox/contracts/messages";
import { isTargeted } from "@proxbox/contracts/targets";
import { type Estate, readEstates } from "@proxbox/estate/estates";
import { summariseStage } from "@proxbox/estate/summarise";
import type { NetBoxClient } from "@proxbox/netbox/client";
import { reconcile } from "@proxbox/netbox/reconcile";
import { netboxOf } from "@proxbox/netbox/session";
import type { Task } from "@proxbox/proxmox/resources/tasks";
import { SyncError } from "@proxbox/runtime/errors";
import { defineStage, itemKey, type StageContext, type StageItemSpec } from "@proxbox/runtime/stage";
import { Type } from "@sinclair/typebox";
import { attachTasks, machinesOf } from "./attach.ts";
import { desiredTask } from "./desired.ts";
import type { TaskMachine, TaskNode } from "./facts.ts";
import { observeTasks } from "./observe.ts";
import { readTaskRows } from "./read.ts";
import { type SettledPage, settlePage } from "./settle.ts";

const TaskItem = Type.Unsafe<TaskNode>(Type.Object({ node: Type.String(), machines: Type.String() }));

/**
 * Finished tasks of guests become rows of the plugin's task history; one item is one node. Rows are never deleted: how
 * far back Proxmox remembers says nothing about what happened.
 */
export const stage = defineStage({
  name: "task-history",
  body: TaskItem,

  async items(ctx) {
    const { estates, settled } = await readEstates(ctx);
    const items = await Promise.all(estates.map((estate) => itemsOf(estate, ctx)));
    return [...settled, ...items.flat()];
  },

  async work(item, ctx) {
    const machines = (await ctx.blobs.getJson(item.machines)) as TaskMachine[] | null;
    if (!machines) throw machinesGone(item);
    const client = netboxOf(ctx);
    const objects: ObjectOutcome[] = [];
    for (const series of observeTasks(ctx, item)) {
      const pages = await readUnknown(client, series, machines, ctx.signal);
      // The oldest first: a run that dies leaves no gap behind what the next one takes for known.
      for (const { write, told } of pages.reverse()) {
        const { outcomes } = await reconcile(client, write.map(desiredTask), {
          signal: ctx.signal,
          absent: ["task-history"],
        });
        objects.push(...outcomes, ...told);
      }
    }
    return { objects };
  },

  finish: summariseStage,
});

async function itemsOf(estate: Estate, ctx: StageContext): Promise<StageItemSpec<TaskNode>[]> {
  const machines = machinesOf(estate, ctx.options);
  if (machines.length === 0) return [];
  const { id } = estate.endpoint;
  const { name } = await ctx.blobs.putJson(`machines.${ctx.run}.${ctx.attempt}.${id}`, machines);
  const vmids = isTargeted(ctx.options) ? machines.map(({ vmid }) => vmid) : null;
  return estate.hosts.nodes.map(({ name: node, online }): StageItemSpec<TaskNode> => {
    const key = itemKey("tasks", id, node);
    if (online) return { key, endpoint: id, body: { node, machines: name, vmids } };
    const reason = "The node is offline; its tasks are read when it is back.";
    const outcome: ObjectOutcome = { kind: "task-history", name: `tasks of node ${node}`, outcome: "skipped", reason };
    return { key, endpoint: id, report: { objects: [outcome] } };
  });
}

function machinesGone({ node }: TaskNode): SyncError {
  return new SyncError("listing_expired", `What was listed for the tasks of node ${node} is no longer stored.`, {
    object: `node ${node}`,
    next: "Replay the stage, or start a new run.",
  });
}

/** Reads pages until one is known altogether. */
async function readUnknown(
  client: NetBoxClient,
  pages: AsyncGenerator<Task[]>,
  machines: readonly TaskMachine[],
  signal: AbortSignal,
): Promise<SettledPage[]> {
  const own = new Set(machines.map(({ id }) => id));
  const settled: SettledPage[] = [];
  for await (const tasks of pages) {
    const attached = attachTasks(tasks, machines);
    const page = settlePage(attached, await readTaskRows(client, attached, signal), own);
    settled.push(page);
    if (page.known) break;
  }
  return settled;
}

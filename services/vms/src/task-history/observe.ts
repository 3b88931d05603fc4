import { type Task, taskPages } from "@proxbox/proxmox/resources/tasks";
import { proxmoxOf } from "@proxbox/proxmox/session";
import { endpointOf, type ItemContext } from "@proxbox/runtime/stage";
import type { TaskNode } from "./facts.ts";

/**
 * The finished tasks of a node, newest first: of all guests in one series of pages, or one series for each guest that was
 * asked for. Reading throws ProxmoxAPIError as the client does.
 */
export function observeTasks(ctx: ItemContext, { node, vmids }: TaskNode): AsyncGenerator<Task[]>[] {
  const client = proxmoxOf(ctx, endpointOf(ctx));
  const window = { until: Math.floor(Date.now() / 1_000), signal: ctx.signal };
  if (vmids === null) return [taskPages(client, node, window)];
  return vmids.map((vmid) => taskPages(client, node, { ...window, vmid }));
}

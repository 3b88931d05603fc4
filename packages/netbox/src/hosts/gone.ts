import type { ObjectOutcome } from "@proxbox/contracts/messages";
import type { SyncOptions } from "@proxbox/contracts/sync-options";
import type { Desired } from "../desired.ts";
import { judgeRemovals } from "../removals.ts";
import type { HostBinding } from "./bind.ts";
import type { HostFacts } from "./facts.ts";

/**
 * What becomes of nodes that left their cluster: the plugin's rows of them go, with the proof that any deletion needs.
 * Their devices stay, because a device is more than its place in a cluster: they are set to offline. Pure.
 */
export function judgeGoneNodes(
  facts: HostFacts,
  binding: HostBinding,
  options: SyncOptions,
): { desired: Desired[]; kept: ObjectOutcome[] } {
  if (options.sync_mode_node !== "always") return { desired: [], kept: [] };
  const { gone, kept } = judgeRemovals(
    binding.goneNodes.map(({ proxmoxNode: id, name: label }) => ({ kind: "proxmox-node", id, label, ours: true })),
    {
      doubt: facts.cluster.mode === "cluster" && !facts.cluster.quorate ? "the cluster has no quorum" : null,
      known: facts.nodes.length + binding.goneNodes.length,
      cap: options.max_deletions,
    },
  );
  const bound = new Set(Object.values(binding.nodes).map(({ device }) => device));
  const devices = binding.goneNodes.flatMap(({ proxmoxNode, device }): Desired[] => {
    if (!device?.ours || bound.has(device.id) || !gone.some(({ id }) => id === proxmoxNode)) return [];
    const { id, name } = device;
    return [
      {
        kind: "device",
        id,
        identity: { name },
        values: { status: "offline" },
        keep: options.overwrite_device_status ? [] : ["status"],
        label: name,
        note: `Its node left the Proxmox cluster ${facts.cluster.name}; the device stays.`,
      },
    ];
  });
  return { desired: [...gone, ...devices], kept };
}

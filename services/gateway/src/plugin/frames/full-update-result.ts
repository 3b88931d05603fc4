import type { StageName } from "@proxbox/contracts/stages";
import type { ObjectLists } from "./object-lists.ts";
import { listStages } from "./object-lists.ts";
import { degradation, inPlace, ownCounts, stageResult } from "./stage-result.ts";
import type { StageTally } from "./stage-tally.ts";

/** The keys of a full update's result, in order; each has a number under `<key>_count` besides. */
const resultKeys = {
  devices: "devices",
  storage: "storage",
  virtual_machines: "virtual-machines",
  virtual_disks: "vm-disks",
  task_history: "task-history",
  backups: "vm-backups",
  snapshots: "vm-snapshots",
  replications: "replications",
  backup_routines: "backup-routines",
  node_interfaces: "network-interfaces",
  vm_interfaces: "vm-interfaces",
  vm_ip_addresses: "ip-addresses",
} as const satisfies Record<string, StageName>;

/** The key of a stage in the result of a full update; undefined for one that has none there. */
export function resultKeyOf(stage: StageName): string | undefined {
  return Object.entries(resultKeys).find(([, name]) => name === stage)?.[0];
}

/**
 * `result` of a full update (replaced program 0.0.19 to 0.0.30: `/full-update`): each stage's objects or numbers, then how many
 * objects of each are in place. Of a long list the first thousand are there, and `truncated` says so; numbers are of all.
 */
export function fullUpdateResult(
  tally: (stage: StageName) => StageTally,
  lists: ObjectLists,
  extra: { stages: readonly StageName[]; degraded: boolean },
): Record<string, unknown> {
  const keys = Object.entries(resultKeys);
  const content = keys.map(([key, stage]) => [
    key,
    listStages.includes(stage) ? lists.of(stage) : stageResult(tally(stage)),
  ]);
  const counts = keys.map(([key, stage]) => [`${key}_count`, inPlace(ownCounts(tally(stage)))]);
  return {
    ...Object.fromEntries([...content, ...counts]),
    ...(extra.stages.includes("sdn") ? { sdn: stageResult(tally("sdn")) } : {}),
    ...(extra.stages.some(lists.isCut) ? { truncated: true } : {}),
    ...(extra.degraded ? degradation("devices", extra.stages.map(tally)) : {}),
  };
}

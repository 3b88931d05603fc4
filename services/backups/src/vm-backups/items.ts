import type { ObjectOutcome } from "@proxbox/contracts/messages";
import type { SyncOptions } from "@proxbox/contracts/sync-options";
import { isTargeted } from "@proxbox/contracts/targets";
import { eachEstate } from "@proxbox/estate/each-estate";
import { type Estate, leavesGuestsOut, readEstates } from "@proxbox/estate/estates";
import { portionsOf } from "@proxbox/estate/portions";
import { readStorageIds, type StorageIds } from "@proxbox/estate/storage-ids";
import type { Desired } from "@proxbox/netbox/desired";
import { netboxOf } from "@proxbox/netbox/session";
import { itemKey, type StageContext, type StageItemSpec } from "@proxbox/runtime/stage";
import { assignBackups, wantedMachines } from "./assign.ts";
import type { BackupRow, Machine, OwnBackup } from "./facts.ts";
import { type ObservedBackups, observeBackups } from "./observe.ts";
import { readBackupRows } from "./read.ts";
import { judgeBackups, namelessRows } from "./removals.ts";

/** One item: backups of one endpoint, and rows of backups that are gone. */
export type BackupBatch = { backups: OwnBackup[]; gone: Desired[]; storages: StorageIds };

type Spec = StageItemSpec<BackupBatch>;

const fullPortion = 400;

/**
 * Lists the backups of every endpoint, finds their machines and rows, judges the rows that are left over, and cuts what
 * has to be looked at into items. Throws NetBoxAPIError when NetBox cannot be read.
 */
export async function listItems(ctx: StageContext): Promise<Spec[]> {
  const { estates, settled } = await readEstates(ctx);
  const client = netboxOf(ctx);
  const wanted = (estate: Estate) => wantedMachines(estate, ctx.options);
  const all = estates.flatMap(wanted);
  if (all.length === 0) return settled;
  const vmids = isTargeted(ctx.options) ? [...new Set(all.map(({ vmid }) => vmid))] : null;
  const [rows, storageIds] = await Promise.all([
    readBackupRows(client, vmids, ctx.signal),
    readStorageIds(client, ctx.signal),
  ]);
  const items = await eachEstate(estates, ctx.signal, async (estate): Promise<Spec[]> => {
    const machines = wanted(estate);
    if (machines.length === 0) return [];
    const observed = await observeBackups(ctx, estate);
    return itemsOf(estate, machines, observed, { rows, storages: storageIds.get(estate.cluster) ?? {}, ctx });
  });
  return [...settled, ...items];
}

type Known = { rows: readonly BackupRow[]; storages: StorageIds; ctx: StageContext };

function itemsOf(
  estate: Estate,
  machines: Estate["machines"],
  observed: ObservedBackups,
  { rows, storages, ctx }: Known,
): Spec[] {
  const { id } = estate.endpoint;
  const { own, ownerless, doubles } = assignBackups(observed.backups, machines, rows);
  const byId = new Map(machines.map(({ vm, vmid }): [number, Machine] => [vm.id, { id: vm.id, name: vm.name, vmid }]));
  const { gone, kept } = judgeBackups(rows, byId, {
    own,
    storages: observed.storages,
    gaps: estate.gaps.backups,
    option: { name: "delete_nonexistent_backup", on: ctx.options.delete_nonexistent_backup },
  });
  const told = [...doubles, ...namelessRows(rows, byId), ...kept];
  if (isWhole(ctx.options)) told.push(...ownerless, ...observed.unread.map(keptOn), ...hiddenFrom(estate));
  const items = portionsOf(own.sort(byMachine), fullPortion).map((backups, index): Spec => {
    const first = backups[0]?.machine.vmid ?? 0;
    const key = itemKey("backups", id, first, backups.length, index);
    return { key, endpoint: id, body: { backups, gone: [], storages } };
  });
  for (const [index, part] of portionsOf(gone, fullPortion).entries())
    items.push({ key: itemKey("gone", id, index), endpoint: id, body: { backups: [], gone: part, storages } });
  for (const { source, error } of observed.failures) {
    const key = itemKey("storage", id, source.storage, source.node);
    items.push({ key, endpoint: id, report: { objects: [], error } });
  }
  if (told.length > 0) items.push({ key: itemKey("told", id), endpoint: id, report: { objects: told } });
  return items;
}

/** Whether all backups are looked at, so that one without a machine is worth a word. */
function isWhole(options: SyncOptions): boolean {
  return !isTargeted(options) && !leavesGuestsOut(options);
}

function byMachine({ machine: left }: OwnBackup, { machine: right }: OwnBackup): number {
  return left.name.localeCompare(right.name, "en", { numeric: true }) || left.id - right.id;
}

/** What Proxmox leaves out it does not mention: only our own privileges tell of it. */
function hiddenFrom({ endpoint, gaps }: Estate): ObjectOutcome[] {
  const reasons = gaps.backups.filter((reason) => !gaps.storages.includes(reason));
  if (reasons.length === 0) return [];
  const reason = `Proxmox leaves out backups that this token may not restore. ${reasons.join(" ")}`;
  return [{ kind: "backup", name: `backups of ${endpoint.name}`, outcome: "skipped", reason }];
}

function keptOn({ storage, reason }: ObservedBackups["unread"][number]): ObjectOutcome {
  return {
    kind: "backup",
    name: `backups on ${storage}`,
    outcome: "skipped",
    reason: `${reason} NetBox keeps what it has.`,
  };
}

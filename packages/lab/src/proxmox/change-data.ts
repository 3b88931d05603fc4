import { backupOf } from "./build-backups.ts";
import { estateTime } from "./build-snapshots.ts";
import { taskOf } from "./build-tasks.ts";
import { configure, guestOf } from "./change.ts";
import type { EstateCluster, EstateSnapshot, EstateTask, EstateVolume } from "./estate.ts";
import { seededRandom } from "./random.ts";

/** Gives a guest a disk, e.g. `scsi7` of `16G`. */
export function addDisk(cluster: EstateCluster, vmid: number, disk: string, size: string): void {
  configure(cluster, vmid, { [disk]: `local-lvm:vm-${vmid}-${disk},size=${size}` });
}

/** Takes a disk away. */
export function removeDisk(cluster: EstateCluster, vmid: number, disk: string): void {
  if (guestOf(cluster, vmid).config[disk] === undefined) throw new RangeError(`Guest ${vmid} has no disk ${disk}.`);
  configure(cluster, vmid, { [disk]: undefined });
}

/** Makes a snapshot of a guest, grown from its last one. */
export function addSnapshot(
  cluster: EstateCluster,
  vmid: number,
  name: string,
  values: Partial<EstateSnapshot> = {},
): EstateSnapshot {
  const { snapshots } = guestOf(cluster, vmid);
  const parent = snapshots.at(-1)?.name;
  const made = {
    name,
    description: "",
    snaptime: estateTime + 60,
    ...(parent === undefined ? {} : { parent }),
    ...values,
  };
  snapshots.push(made);
  return made;
}

/** Takes a snapshot away; those grown from it now grow from its parent. */
export function removeSnapshot(cluster: EstateCluster, vmid: number, name: string): void {
  const guest = guestOf(cluster, vmid);
  const gone = guest.snapshots.find((snapshot) => snapshot.name === name);
  if (!gone) throw new RangeError(`Guest ${vmid} has no snapshot ${name}.`);
  guest.snapshots = guest.snapshots.filter((snapshot) => snapshot !== gone);
  for (const snapshot of guest.snapshots) {
    if (snapshot.parent !== name) continue;
    if (gone.parent === undefined) delete snapshot.parent;
    else snapshot.parent = gone.parent;
  }
}

/** Makes a backup of a guest on a storage, so many days before the estate's time, and gives it back. */
export function addBackup(cluster: EstateCluster, vmid: number, storage: string, daysAgo = 0): EstateVolume {
  const guest = guestOf(cluster, vmid);
  const made = backupOf(seededRandom(vmid + daysAgo), guest, storage, estateTime + 120 - daysAgo * 86_400);
  cluster.volumes.push(made);
  return made;
}

/** Takes a backup away. */
export function removeBackup(cluster: EstateCluster, volid: string): void {
  const kept = cluster.volumes.filter(({ row }) => row.volid !== volid);
  if (kept.length === cluster.volumes.length) throw new RangeError(`There is no volume ${volid}.`);
  cluster.volumes = kept;
}

/** Adds a finished task of a guest to its node's archive and gives it back. */
export function addTask(
  cluster: EstateCluster,
  vmid: number,
  type: string,
  values: Partial<EstateTask> = {},
): EstateTask {
  const guest = guestOf(cluster, vmid);
  const made = { ...taskOf(seededRandom(vmid), guest.node, type, `${vmid}`), ...values };
  cluster.nodes.find(({ name }) => name === guest.node)?.tasks.push(made);
  return made;
}

/** Takes a storage away with everything on it. */
export function removeStorage(cluster: EstateCluster, storage: string): void {
  const kept = cluster.storages.filter((one) => one.storage !== storage);
  if (kept.length === cluster.storages.length) throw new RangeError(`There is no storage ${storage}.`);
  cluster.storages = kept;
  cluster.volumes = cluster.volumes.filter((volume) => volume.storage !== storage);
}

/** Hides storages from the token and the user, and shows all others. */
export function hideStorages(cluster: EstateCluster, ...storages: string[]): void {
  cluster.hiddenStorages = new Set(storages);
}

/** Switches a replication job off, or on again. */
export function disableReplication(cluster: EstateCluster, id: string, disabled = true): void {
  const job = cluster.replications.find((one) => one.id === id);
  if (!job) throw new RangeError(`There is no replication job ${id}.`);
  if (disabled) job.disable = 1;
  else delete job.disable;
}

/** Takes a replication job or a scheduled backup away. */
export function removeJob(cluster: EstateCluster, id: string): void {
  const other = (job: { id?: unknown }) => job.id !== id;
  if (![...cluster.replications, ...cluster.backupJobs].some((job) => job.id === id))
    throw new RangeError(`There is no job ${id}.`);
  cluster.replications = cluster.replications.filter(other);
  cluster.backupJobs = cluster.backupJobs.filter(other);
}

/** Gives a cluster another name. */
export function renameCluster(cluster: EstateCluster, name: string): void {
  cluster.name = name;
  cluster.version++;
}

import { estateTime } from "./build-snapshots.ts";
import type { EstateGuest, EstateStorage, EstateVolume, Row } from "./estate.ts";
import { type Random, seededRandom, seedOf } from "./random.ts";

/** What backups are made of: the guests, and the storages with the nodes that have them. */
export type BackupSources = {
  seed: number;
  guests: Iterable<EstateGuest>;
  storages: readonly EstateStorage[];
  nodes: readonly string[];
  /** Backups of each guest, at most. */
  perGuest: number;
};

/** Backups of guests in every format on every storage that holds some, and beside them what is no backup. */
export function buildVolumes({ seed, guests, storages, nodes, perGuest }: BackupSources): EstateVolume[] {
  const volumes = storages.flatMap((storage) => besides(storage, nodes));
  for (const guest of guests) {
    const random = seededRandom(seedOf(seed, guest.vmid, 2));
    const count = random.integer(0, perGuest);
    for (let age = 0; age < count; age++) {
      const storage = random.pick(["local", "nfs-backup", "pbs", "pbs", "pbs"]);
      if (!storages.some((known) => known.storage === storage)) continue;
      volumes.push(backupOf(random, guest, storage, estateTime - age * 86_400 - random.integer(0, 7200)));
    }
  }
  return volumes;
}

/** A backup of a guest on a storage, made at a time given in seconds since 1970. */
export function backupOf(random: Random, guest: EstateGuest, storage: string, ctime: number): EstateVolume {
  const row = storage === "pbs" ? pbsRow(random, guest, storage, ctime) : fileRow(random, guest, storage, ctime);
  const notes = random.pick([null, guest.name ?? "", "Kunde Größe №7 – geprüft ✓", `${guest.vmid} on ${guest.node}`]);
  const extras: Row = { ...(notes === null ? {} : { notes }), ...(random.chance(0.1) ? { protected: 1 } : {}) };
  return { storage, node: storage === "local" ? guest.node : null, row: { ...row, ...extras } };
}

function fileRow(random: Random, { type, vmid }: EstateGuest, storage: string, ctime: number): EstateVolume["row"] {
  const format = random.pick(
    type === "qemu"
      ? ["vma.zst", "vma.zst", "vma.gz", "vma.lzo", "vma"]
      : ["tar.zst", "tar.zst", "tar.gz", "tar.lzo", "tar"],
  );
  const stamp = new Date(ctime * 1000)
    .toISOString()
    .slice(0, 19)
    .replace(/[-T:]/g, "_")
    .replace(/^(.{10})_/, "$1-");
  const volid = `${storage}:backup/vzdump-${type}-${vmid}-${stamp}.${format}`;
  return { volid, content: "backup", subtype: type, format, vmid, ctime, size: random.integer(2 ** 30, 2 ** 36) };
}

function pbsRow(random: Random, { type, vmid }: EstateGuest, storage: string, ctime: number): EstateVolume["row"] {
  const kind = type === "qemu" ? "vm" : "ct";
  const volid = `${storage}:backup/${kind}/${vmid}/${new Date(ctime * 1000).toISOString().slice(0, 19)}Z`;
  const upid = `UPID:pbs:000003E8:0000C350:00000001:${(ctime + 600).toString(16).toUpperCase()}:verify:main:root@pam:`;
  return {
    volid,
    content: "backup",
    subtype: type,
    format: `pbs-${kind}`,
    vmid,
    ctime,
    size: random.integer(2 ** 30, 2 ** 38),
    ...(random.chance(0.6) ? { verification: { state: random.pick(["ok", "ok", "failed"]), upid } } : {}),
    ...(random.chance(0.3) ? { encrypted: random.pick(["1", "AB:CD:EF:01:23:45:67:89"]) } : {}),
  };
}

/** Volumes that are no backup of a guest of ours. */
function besides({ storage, content }: EstateStorage, nodes: readonly string[]): EstateVolume[] {
  const kinds = String(content).split(",");
  const places = storage === "local" || storage === "usb" ? nodes : [null];
  const volumes: EstateVolume[] = [];
  for (const node of places) {
    const add = (row: EstateVolume["row"]) => volumes.push({ storage, node, row });
    if (kinds.includes("iso"))
      add({
        volid: `${storage}:iso/debian-13.iso`,
        content: "iso",
        format: "iso",
        size: 790_000_000,
        ctime: estateTime,
      });
    if (kinds.includes("vztmpl"))
      add({ volid: `${storage}:vztmpl/debian-13.tar.zst`, content: "vztmpl", format: "tzst", size: 120_000_000 });
    // The guest of this one was deleted long ago, and nothing says whose the other one is.
    if (storage === "nfs-backup") {
      const gone = `${storage}:backup/vzdump-qemu-99999-2024_01_02-03_04_05.vma.zst`;
      add({
        volid: gone,
        content: "backup",
        subtype: "qemu",
        format: "vma.zst",
        vmid: 99_999,
        size: 4096,
        ctime: 1_704_164_645,
      });
      add({ volid: `${storage}:backup/notes.tar`, content: "backup", format: "tar", size: 1024, ctime: 1_704_164_645 });
    }
  }
  return volumes;
}

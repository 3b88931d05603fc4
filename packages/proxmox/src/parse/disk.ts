import { parsePropertyString } from "./property-string.ts";
import { diskMebibytes, largestNetBoxInteger, parseSize } from "./size.ts";

/** One drive or mount point of a guest's configuration. */
export type Disk = {
  /** Its key, e.g. `scsi0`, `rootfs`, `mp1`. */
  name: string;
  /** `cdrom` also holds cloud-init drives; `other` is what has no size: a bind mount, a device. */
  kind: "disk" | "cdrom" | "other";
  /** The volume as configured; null for an empty CD-ROM drive. */
  volume: string | null;
  /** The Proxmox storage it lies on; null for a path: pass-through, bind mount. */
  storage: string | null;
  /** Format as configured (raw, qcow2, ...); null when not said. */
  format: string | null;
  /** Size in bytes; null when it has none (CD-ROM, pass-through, bind mount). */
  bytes: number | null;
};

const diskKey = /^(?:(?:scsi|ide|sata|virtio|mp|efidisk|tpmstate)\d+|rootfs)$/;

/** The drives and mount points of a guest's configuration in natural order; volumes not in use are none of them. */
export function parseDisks(config: Record<string, unknown>): Disk[] {
  const disks: Disk[] = [];
  for (const [key, value] of Object.entries(config)) {
    if (diskKey.test(key) && typeof value === "string") disks.push(parseDisk(key, value));
  }
  return disks.sort((left, right) => naturalOrder.compare(left.name, right.name));
}

/** One drive, e.g. `scsi0` with `local-lvm:vm-100-disk-0,iothread=1,size=32G`. */
export function parseDisk(name: string, text: string): Disk {
  const { lead, properties } = parsePropertyString(text);
  const given = lead ?? properties.file ?? properties.volume ?? null;
  const volume = given === "none" ? null : given;
  const storage = volume === null ? null : storageOf(volume);
  const format = properties.format ?? null;
  if (properties.media === "cdrom") return { name, kind: "cdrom", volume, storage, format, bytes: null };
  const bytes = parseSize(properties.size);
  return { name, kind: bytes === null ? "other" : "disk", volume, storage, format, bytes };
}

/** The MiB of all disks together, each rounded up on its own, as NetBox sums the rows of the same disks. */
export function totalDiskMebibytes(disks: readonly Disk[]): number {
  let total = 0;
  for (const disk of disks) if (disk.bytes !== null) total += diskMebibytes(disk.bytes);
  return Math.min(total, largestNetBoxInteger);
}

const naturalOrder = new Intl.Collator("en", { numeric: true });

/** `local-lvm:vm-100-disk-0` lies on local-lvm; a path, as of pass-through or bind mount, on nothing. */
function storageOf(volume: string): string | null {
  return /^([A-Za-z][\w.-]*):./.exec(volume)?.[1] ?? null;
}

/** Formats that NetBox's plugin knows for a backup (netbox-proxbox 0.0.29). */
export type BackupFormat =
  | "pbs-vm"
  | "pbs-ct"
  | "zst"
  | "iso"
  | "tzst"
  | "tgz"
  | "qcow2"
  | "raw"
  | "tar"
  | "tbz"
  | "undefined";

/** What a volume id tells of a backup. */
export type BackupVolume = {
  /** The storage it lies on; "" when the id names none. */
  storage: string;
  subtype: "qemu" | "lxc" | "undefined";
  format: BackupFormat;
  /** The guest it is of. */
  vmid: number | null;
  /** When it was made (ISO 8601, UTC). Only of Proxmox Backup Server: a file's name has the node's local time. */
  takenAt: string | null;
};

/**
 * Reads the volume id of a backup, e.g. `local:backup/vzdump-qemu-100-2024_01_02-03_04_05.vma.zst` or
 * `pbs:backup/vm/100/2024-01-02T03:04:05Z`. What the listing says of subtype and format counts where it says something
 * that is known.
 */
export function parseVolume(volid: string, said: { subtype?: unknown; format?: unknown } = {}): BackupVolume {
  const [, storage = "", path = volid] = /^([A-Za-z][\w.-]*):(.*)$/s.exec(volid) ?? [];
  const [, pbsType, pbsVmid, pbsTime = ""] = /(?:^|\/)(vm|ct)\/(\d{1,9})\/([^/]+)$/.exec(path) ?? [];
  const [, fileType, fileVmid, suffix = ""] =
    /(?:^|\/)vzdump-(qemu|lxc|openvz)-(\d{1,9})-[\d_-]+\.([a-z0-9.]+)$/i.exec(path) ?? [];
  const vmid = pbsVmid ?? fileVmid;
  return {
    storage,
    subtype: subtypes.get(wordOf(said.subtype)) ?? subtypes.get(wordOf(pbsType ?? fileType)) ?? "undefined",
    format: formats.get(wordOf(said.format)) ?? formats.get(pbsType ? `pbs-${pbsType}` : wordOf(suffix)) ?? "undefined",
    vmid: vmid === undefined ? null : Number(vmid),
    takenAt: isInstant(pbsTime) ? pbsTime : null,
  };
}

const subtypes = new Map<string, BackupVolume["subtype"]>([
  ["qemu", "qemu"],
  ["vm", "qemu"],
  ["lxc", "lxc"],
  ["ct", "lxc"],
  ["openvz", "lxc"],
]);

/** A file's ending, or the format the listing gives, by what it is compressed with. */
const formats = new Map<string, BackupFormat>([
  ["vma.zst", "tzst"],
  ["vma.zstd", "tzst"],
  ["tar.zst", "tzst"],
  ["tar.zstd", "tzst"],
  ["tzst", "tzst"],
  ["zst", "tzst"],
  ["tar.gz", "tgz"],
  ["tgz", "tgz"],
  ["tar.bz2", "tbz"],
  ["tbz", "tbz"],
  ["tar", "tar"],
  ["iso", "iso"],
  ["qcow2", "qcow2"],
  ["raw", "raw"],
  ["pbs-vm", "pbs-vm"],
  ["pbs-ct", "pbs-ct"],
]);

function wordOf(value: unknown): string {
  return typeof value === "string" ? value.trim().toLowerCase() : "";
}

function isInstant(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text) && !Number.isNaN(Date.parse(text));
}

import type { EstateGuest } from "../../src/proxmox/estate.ts";
import { endpointOf, keyOf, knownGuests, placeOf, type Shown, type Truth } from "./form.ts";

/** One drive of a guest's configuration, as far as NetBox shows it. */
type Drive = { name: string; storage: string | null; size: number; description: string };

/** The virtual disks of an endpoint's guests, and on which storage each is. */
export function disksOf(shown: Shown): Truth {
  const disks: Truth[string] = {};
  const states: Truth[string] = {};
  const { storages } = shown.cluster;
  for (const guest of knownGuests(shown)) {
    const machine = keyOf(endpointOf(shown), guest);
    for (const { name, storage, size, description } of drivesOf(guest)) {
      const key = `${machine}/${name}`;
      disks[key] = { virtual_machine: machine, name, size, description, tags: ["proxbox"] };
      if (!storages.some((known) => known.storage === storage)) continue;
      states[key] = { virtual_disk: key, proxbox_storage: `${placeOf(shown).cluster}/${storage}` };
    }
  }
  return { "virtualization/virtual-disks": disks, "plugins/proxbox/sync-state/virtual-disks": states };
}

/** MB of all of a guest's disks; null: it has none. */
export function diskSumOf(guest: EstateGuest): number | null {
  const drives = drivesOf(guest);
  return drives.length === 0 ? null : drives.reduce((sum, { size }) => sum + size, 0);
}

/** The storage a guest's snapshots are shown with: that of its root, else of its first disk. */
export function rootStorageOf(guest: EstateGuest): string | null {
  const disks = drivesOf(guest).filter(({ size, storage, name }) => size > 0 && storage && !/^(efi|tpm)/.test(name));
  const first = ["rootfs", "scsi0", "virtio0", "ide0", "sata0"].flatMap((name) =>
    disks.filter((one) => one.name === name),
  );
  return [...first, ...disks.sort((left, right) => (left.name < right.name ? -1 : 1))][0]?.storage ?? null;
}

const kibibytes: Record<string, number> = { "": 1 / 1024, K: 1, M: 1024, G: 1024 ** 2, T: 1024 ** 3 };

/** CD-ROM drives have no size; what else has none is passed through from the node and is no disk of NetBox. */
function drivesOf({ config }: EstateGuest): Drive[] {
  return Object.entries(config).flatMap(([name, value]): Drive[] => {
    if (!/^(scsi|ide|sata|virtio|mp|efidisk|tpmstate)\d+$|^rootfs$/.test(name)) return [];
    const [first = "", ...options] = String(value).split(",");
    const volume = first.replace(/^(file|volume)=/, "");
    const option = (key: string) => options.find((text) => text.startsWith(`${key}=`))?.slice(key.length + 1);
    const storage = volume.startsWith("/") || !volume.includes(":") ? null : (volume.split(":")[0] ?? null);
    if (option("media") === "cdrom") {
      const description = volume === "none" ? "CD-ROM drive" : `CD-ROM drive | ISO: ${volume}`;
      return [{ name, storage, size: 0, description }];
    }
    const [, count, unit = ""] = /^([\d.]+)([KMGT]?)$/.exec(option("size") ?? "") ?? [];
    if (count === undefined) return [];
    const format = option("format");
    const description = [storage && `Storage: ${storage}`, format && `Format: ${format}`].filter(Boolean).join(" | ");
    return [{ name, storage, size: Math.ceil((Number(count) * (kibibytes[unit] ?? 0)) / 1024), description }];
  });
}

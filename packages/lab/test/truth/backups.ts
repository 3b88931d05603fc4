import { endpointOf, instant, keyOf, knownGuests, placeOf, type Shown, type Truth } from "./form.ts";

/** The backups of an endpoint's guests, on storages that a node which answers has. */
export function backupsOf(shown: Shown): Truth {
  const { cluster } = shown;
  const rows: Truth[string] = {};
  const guests = knownGuests(shown);
  for (const { storage, node, row } of cluster.volumes) {
    const definition = cluster.storages.find((candidate) => candidate.storage === storage);
    const holders = cluster.nodes.filter(({ name, online }) => online && (node ?? name) === name);
    const guest = guests.find(({ vmid, type }) => vmid === row.vmid && type === row.subtype);
    if (!definition || definition.disable || cluster.hiddenStorages.has(storage) || holders.length === 0 || !guest)
      continue;
    const machine = keyOf(endpointOf(shown), guest);
    const verification = row.verification as { state: string; upid: string } | undefined;
    rows[`${machine}/${row.volid}`] ??= {
      virtual_machine: machine,
      volume_id: row.volid,
      proxmox_storage: `${placeOf(shown).cluster}/${storage}`,
      storage,
      subtype: row.subtype,
      format: formats[String(row.format)] ?? "undefined",
      creation_time: instant(Number(row.ctime)),
      size: row.size,
      used: null,
      notes: row.notes || null,
      vmid: guest.vmid,
      encrypted: row.encrypted ?? "",
      verification_state: verification?.state ?? null,
      verification_upid: verification?.upid ?? null,
      tags: ["proxbox"],
    };
  }
  return { "plugins/proxbox/backups": rows };
}

/** The plugin's word for a format; it has none for the others. */
const formats: Record<string, string> = {
  "vma.zst": "tzst",
  "tar.zst": "tzst",
  "tar.gz": "tgz",
  tar: "tar",
  "pbs-vm": "pbs-vm",
  "pbs-ct": "pbs-ct",
};

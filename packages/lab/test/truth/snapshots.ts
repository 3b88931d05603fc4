import { rootStorageOf } from "./disks.ts";
import { endpointOf, instant, keyOf, knownGuests, placeOf, type Shown, type Truth } from "./form.ts";

/** The snapshots of an endpoint's guests. */
export function snapshotsOf(shown: Shown): Truth {
  const rows: Truth[string] = {};
  for (const guest of knownGuests(shown)) {
    const machine = keyOf(endpointOf(shown), guest);
    const storage = rootStorageOf(guest);
    const known = shown.cluster.storages.some((candidate) => candidate.storage === storage);
    for (const { name, description, snaptime, parent } of guest.snapshots) {
      rows[`${machine}/${name}`] = {
        virtual_machine: machine,
        name,
        description: description.trim() || null,
        vmid: guest.vmid,
        node: guest.node,
        snaptime: instant(snaptime),
        parent: parent ?? null,
        subtype: guest.type,
        status: "active",
        proxmox_storage: known ? `${placeOf(shown).cluster}/${storage}` : null,
        tags: ["proxbox"],
      };
    }
  }
  return { "plugins/proxbox/snapshots": rows };
}

import type { SyncOptionsInput } from "@proxbox/contracts/sync-options";
import type { Columns, Truth } from "./truth/form.ts";

/** What becomes of a row whose object Proxmox has no more, by path; what is not named here stays. */
const policies: Record<string, "goes" | "stale" | keyof SyncOptionsInput> = {
  "virtualization/interfaces": "goes",
  "virtualization/virtual-disks": "goes",
  "dcim/interfaces": "goes",
  "dcim/mac-addresses": "goes",
  "ipam/ip-addresses": "goes",
  "plugins/proxbox/sync-state/virtual-disks": "goes",
  "plugins/proxbox/sync-state/vm-interfaces": "goes",
  "plugins/proxbox/guest-vm-interfaces": "goes",
  "plugins/proxbox/guest-vm-interface-addresses": "goes",
  "plugins/proxbox/backups": "delete_nonexistent_backup",
  "plugins/proxbox/snapshots": "delete_nonexistent_snapshot",
  "plugins/proxbox/replications": "stale",
  "plugins/proxbox/backup-routines": "stale",
};

/** What only a guest itself tells. */
const toldByGuests = [
  "ipam/ip-addresses",
  "plugins/proxbox/guest-vm-interfaces",
  "plugins/proxbox/guest-vm-interface-addresses",
];

/**
 * What NetBox should hold after a run, when it held `before` and the estate as it is would make `now` of an empty NetBox.
 * A row is given up only where its guest, node or endpoint was seen: of what was not seen nothing is known to be gone.
 * @param silent machines whose guests tell nothing of their interfaces: they keep what they had
 */
export function expectedAfter(
  before: Truth,
  now: Truth,
  silent: readonly string[],
  options: SyncOptionsInput = {},
): Truth {
  const after: Truth = { ...before };
  const machines = Object.keys(now["virtualization/virtual-machines"] ?? {});
  const devices = Object.entries(now["dcim/devices"] ?? {}).filter(([, { status }]) => status === "active");
  const seen = [...machines, ...devices.map(([key]) => key)];
  const telling = seen.filter((one) => !silent.includes(one));
  const endpoints = Object.values(now["plugins/proxbox/proxmox-clusters"] ?? {}).map(({ endpoint }) =>
    String(endpoint),
  );
  for (const [path, rows] of Object.entries(now)) {
    const policy = policies[path];
    const owners = policy === "stale" ? endpoints : toldByGuests.includes(path) ? telling : seen;
    const kept = Object.entries(before[path] ?? {}).flatMap(([key, columns]): [string, Columns][] => {
      // Jobs are their endpoint's, which is in their key.
      const owner = policy === "stale" ? key : ownerOf(columns, key);
      if (policy === undefined || key in rows || !isBelow(owners, owner)) return [[key, columns]];
      if (policy === "stale") return [[key, { ...columns, status: "stale" }]];
      return policy === "goes" || options[policy] === true ? [] : [[key, columns]];
    });
    after[path] = { ...Object.fromEntries(kept), ...rows };
  }
  for (const [address, columns] of Object.entries(before["ipam/ip-addresses"] ?? {})) {
    const row = after["ipam/ip-addresses"]?.[address];
    if (row && isBelow(silent, String(row.assigned_object))) row.dns_name = columns.dns_name;
  }
  for (const path of ["virtualization/virtual-machines", "dcim/devices"]) {
    for (const [key, columns] of Object.entries(after[path] ?? {}))
      keepPrimaries(after, key, columns, before[path]?.[key]);
  }
  return after;
}

/** An address that is primary stays so for as long as it is on the same machine or device. */
function keepPrimaries(after: Truth, key: string, columns: Columns, was: Columns | undefined): void {
  for (const primary of ["primary_ip4", "primary_ip6"]) {
    const address = was?.[primary];
    const at = after["ipam/ip-addresses"]?.[String(address)]?.assigned_object;
    if (address && at && isBelow([key], String(at))) columns[primary] = address;
  }
}

function isBelow(seen: readonly string[], owner: string): boolean {
  return seen.some((one) => owner === one || owner.startsWith(`${one}/`));
}

/** What a row stands or falls with. */
function ownerOf(columns: Columns, key: string): string {
  return String(columns.virtual_machine ?? columns.assigned_object ?? columns.guest_interface ?? key);
}

import type { SimulatedNetBox } from "../src/netbox/server.ts";
import { tables } from "./seen-tables.ts";
import type { Columns, Truth } from "./truth/form.ts";

type Row = Record<string, unknown> & { id: number };

/** The paths of everything a run writes. */
export const writtenPaths = Object.keys(tables);

/**
 * What NetBox holds at these paths, in the form of `truth.ts`: a row that exists twice shows as a second key. Rows of
 * `foreign` (their `url`) are left out.
 */
export function seen(
  netbox: SimulatedNetBox,
  { foreign = [], paths = writtenPaths }: { foreign?: readonly string[]; paths?: readonly string[] } = {},
): Truth {
  const keys = keysOf(netbox);
  const result: Truth = {};
  for (const path of paths) {
    const { columns = "", references = {} } = tables[path] ?? {};
    const rows: Record<string, Columns> = {};
    for (const row of netbox.rows(path) as Row[]) {
      if (foreign.includes(String(row.url))) continue;
      let key = keys.of(path, row.id);
      while (key in rows) key += " (again)";
      // An older NetBox lacks some columns.
      const present = columns.split(" ").filter((column) => column in row);
      rows[key] = Object.fromEntries(
        present.map((column) => [column, plainValue(row[column], referenceOf(row, column, references), keys)]),
      );
    }
    result[path] = rows;
  }
  return result;
}

/** The whole row that has this key; throws when there is none. */
export function findRow(netbox: SimulatedNetBox, path: string, key: string): Row {
  const keys = keysOf(netbox);
  const found = (netbox.rows(path) as Row[]).find((row) => keys.of(path, row.id) === key);
  if (!found) throw new Error(`NetBox has no ${path} ${key}.`);
  return found;
}

/** What the journal has an entry about, each entry once, in order; `kind` is NetBox's word for its weight. */
export function seenJournal(netbox: SimulatedNetBox): { about: string; kind: string; comments: string }[] {
  const keys = keysOf(netbox);
  const paths: Record<string, string> = {
    "virtualization.virtualmachine": "virtualization/virtual-machines",
    "virtualization.cluster": "virtualization/clusters",
  };
  const rows = netbox.rows("extras/journal-entries") as (Row & { kind: { value: string } })[];
  const entries = rows.map(({ assigned_object_type: type, assigned_object_id: id, kind, comments }) => ({
    about: keys.of(paths[String(type)] ?? String(type), Number(id)),
    kind: kind.value,
    comments: String(comments),
  }));
  return entries.sort((left, right) => (left.about < right.about ? -1 : 1));
}

/** Whole rows as NetBox shows them, by address, for those that nobody may touch. */
export function wholeRows(netbox: SimulatedNetBox, urls: readonly string[]): Row[] {
  return [...writtenPaths, "plugins/proxbox/endpoints/proxmox"]
    .flatMap((path) => netbox.rows(path) as Row[])
    .filter((row) => urls.includes(String(row.url)));
}

type Keys = { of(path: string, id: number): string };

/** How a row is called in the truth: by what stands for it in Proxmox, never by its id. */
function keysOf(netbox: SimulatedNetBox): Keys {
  const made = new Map<string, Map<number, string>>();
  const states = netbox.rows("plugins/proxbox/sync-state/virtual-machines") as Row[];
  const stateOf = new Map(states.map((state) => [idOf(state.virtual_machine), state]));
  const keys: Keys = {
    of(path, id) {
      let table = made.get(path);
      if (!table) {
        const nameOf = names[path] ?? ((row: Row) => String(row.slug));
        table = new Map((netbox.rows(path) as Row[]).map((row) => [row.id, nameOf(row, keys)]));
        made.set(path, table);
      }
      return table.get(id) ?? `no ${path} ${id}`;
    },
  };
  const names: Record<string, (row: Row, keys: Keys) => string> = {
    ...keyForms,
    "virtualization/virtual-machines": (row, keys) => {
      const state = stateOf.get(row.id);
      if (!state) return `no guest: ${keys.of("virtualization/clusters", idOf(row.cluster))}/${row.name}`;
      const endpoint = keys.of("plugins/proxbox/endpoints/proxmox", idOf(state.endpoint));
      return `${endpoint}/${state.proxmox_vm_type}/${state.proxmox_vm_id}`;
    },
  };
  return keys;
}

const of = (path: string, column: string) => (row: Row, keys: Keys) => keys.of(path, idOf(row[column]));
const below = (path: string, parent: string, column: string) => (row: Row, keys: Keys) =>
  `${keys.of(path, idOf(row[parent]))}/${row[column]}`;
const ofEndpoint = (column: string) => below("plugins/proxbox/endpoints/proxmox", "endpoint", column);
const ofMachine = (column: string) => below("virtualization/virtual-machines", "virtual_machine", column);

const keyForms: Record<string, (row: Row, keys: Keys) => string> = {
  "dcim/devices": below("dcim/sites", "site", "name"),
  "dcim/interfaces": below("dcim/devices", "device", "name"),
  "dcim/mac-addresses": (row, keys) => `${assignedTo(row, keys)} ${row.mac_address}`,
  "ipam/ip-addresses": (row) => String(row.address),
  "ipam/vlans": below("dcim/sites", "site", "vid"),
  "virtualization/clusters": (row) => String(row.name),
  "virtualization/interfaces": ofMachine("name"),
  "virtualization/virtual-disks": ofMachine("name"),
  "plugins/proxbox/endpoints/proxmox": (row) => String(row.name),
  "plugins/proxbox/proxmox-clusters": ofEndpoint("name"),
  "plugins/proxbox/proxmox-nodes": ofEndpoint("name"),
  "plugins/proxbox/storage": below("virtualization/clusters", "cluster", "name"),
  "plugins/proxbox/sync-state/clusters": of("virtualization/clusters", "cluster"),
  "plugins/proxbox/sync-state/devices": of("dcim/devices", "device"),
  "plugins/proxbox/sync-state/virtual-machines": of("virtualization/virtual-machines", "virtual_machine"),
  "plugins/proxbox/sync-state/virtual-disks": of("virtualization/virtual-disks", "virtual_disk"),
  "plugins/proxbox/sync-state/vm-interfaces": of("virtualization/interfaces", "vm_interface"),
  "plugins/proxbox/vm-cloudinit": of("virtualization/virtual-machines", "virtual_machine"),
  "plugins/proxbox/guest-vm-interfaces": ofMachine("name"),
  "plugins/proxbox/guest-vm-interface-addresses": (row, keys) =>
    `${keys.of("plugins/proxbox/guest-vm-interfaces", idOf(row.guest_interface))} ${keys.of("ipam/ip-addresses", idOf(row.ip_address))}`,
  "plugins/proxbox/backups": ofMachine("volume_id"),
  "plugins/proxbox/snapshots": ofMachine("name"),
  "plugins/proxbox/task-history": (row) => String(row.upid),
  "plugins/proxbox/replications": ofEndpoint("replication_id"),
  "plugins/proxbox/backup-routines": ofEndpoint("job_id"),
};

const assignable: Record<string, string> = {
  "dcim.interface": "dcim/interfaces",
  "virtualization.vminterface": "virtualization/interfaces",
};

function assignedTo(row: Row, keys: Keys): string {
  const path = assignable[String(row.assigned_object_type)];
  return path ? keys.of(path, Number(row.assigned_object_id)) : "nothing";
}

function referenceOf(row: Row, column: string, references: Record<string, string>): string | undefined {
  return column === "assigned_object" ? assignable[String(row.assigned_object_type)] : references[column];
}

function plainValue(value: unknown, reference: string | undefined, keys: Keys): unknown {
  if (Array.isArray(value))
    return value.map((entry) => (reference ? keys.of(reference, idOf(entry)) : (entry?.slug ?? entry))).sort();
  if (reference) return value === null ? null : keys.of(reference, idOf(value));
  if (typeof value === "object" && value !== null && "label" in value && "value" in value) return value.value;
  return value;
}

/** The id of a reference, which is an object, or of some of the plugin's columns a bare number. */
function idOf(value: unknown): number {
  return typeof value === "number" ? value : ((value as { id: number } | null)?.id ?? 0);
}

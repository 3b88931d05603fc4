import type { SimulatedNetBox } from "../src/netbox/server.ts";
import type { Columns, Truth } from "./truth.ts";

type Row = Record<string, unknown> & { id: number };

/** Every column that a run may write, and the path that a reference leads to. */
const tables: Record<string, { columns: string; references?: Record<string, string> }> = {
  "extras/tags": { columns: "name color description" },
  "dcim/manufacturers": { columns: "name tags" },
  "dcim/device-types": { columns: "model manufacturer tags", references: { manufacturer: "dcim/manufacturers" } },
  "dcim/device-roles": { columns: "name color vm_role description tags" },
  "dcim/sites": { columns: "name status tags" },
  "dcim/platforms": { columns: "name tags" },
  "virtualization/cluster-types": { columns: "name description tags" },
  "virtualization/virtual-machine-types": { columns: "name description tags" },
  "virtualization/clusters": {
    columns: "name type status scope_type scope tenant description tags",
    references: { type: "virtualization/cluster-types", scope: "dcim/sites" },
  },
  "dcim/devices": {
    columns: "name site cluster status role device_type description tenant serial tags",
    references: {
      site: "dcim/sites",
      cluster: "virtualization/clusters",
      role: "dcim/device-roles",
      device_type: "dcim/device-types",
    },
  },
  "virtualization/virtual-machines": {
    columns:
      "name cluster site device status virtual_machine_type role platform tenant vcpus memory disk start_on_boot description comments serial tags",
    references: {
      cluster: "virtualization/clusters",
      site: "dcim/sites",
      device: "dcim/devices",
      virtual_machine_type: "virtualization/virtual-machine-types",
      role: "dcim/device-roles",
      platform: "dcim/platforms",
      tenant: "tenancy/tenants",
    },
  },
  "plugins/proxbox/proxmox-clusters": {
    columns: "endpoint name netbox_cluster cluster_id mode nodes_count quorate version",
    references: { endpoint: "plugins/proxbox/endpoints/proxmox", netbox_cluster: "virtualization/clusters" },
  },
  "plugins/proxbox/proxmox-nodes": {
    columns:
      "endpoint name proxmox_cluster netbox_device node_id ip_address online local max_cpu max_memory ssl_fingerprint support_level",
    references: {
      endpoint: "plugins/proxbox/endpoints/proxmox",
      proxmox_cluster: "plugins/proxbox/proxmox-clusters",
      netbox_device: "dcim/devices",
    },
  },
  "plugins/proxbox/storage": {
    columns:
      "cluster name storage_type content path nodes shared enabled server port username export share pool monhost namespace datastore subdir mountpoint is_mountpoint preallocation format prune_backups max_protected_backups raw_config tags",
    references: { cluster: "virtualization/clusters" },
  },
  "plugins/proxbox/sync-state/clusters": {
    columns: "cluster proxmox_cluster proxmox_cluster_name proxmox_cluster_status",
    references: { cluster: "virtualization/clusters", proxmox_cluster: "plugins/proxbox/proxmox-clusters" },
  },
  "plugins/proxbox/sync-state/devices": {
    columns: "device endpoint proxmox_node proxmox_cluster proxmox_node_name proxmox_cluster_name",
    references: {
      device: "dcim/devices",
      endpoint: "plugins/proxbox/endpoints/proxmox",
      proxmox_node: "plugins/proxbox/proxmox-nodes",
      proxmox_cluster: "plugins/proxbox/proxmox-clusters",
    },
  },
  "plugins/proxbox/sync-state/virtual-machines": {
    columns:
      "virtual_machine endpoint proxmox_cluster proxmox_node proxmox_endpoint_raw_id proxmox_cluster_name proxmox_node_name proxmox_vm_id proxmox_vm_type proxmox_vm_name proxmox_start_at_boot proxmox_unprivileged_container proxmox_qemu_agent proxmox_search_domain proxmox_status proxmox_os proxmox_tags proxmox_link",
    references: {
      virtual_machine: "virtualization/virtual-machines",
      endpoint: "plugins/proxbox/endpoints/proxmox",
      proxmox_cluster: "plugins/proxbox/proxmox-clusters",
      proxmox_node: "plugins/proxbox/proxmox-nodes",
    },
  },
  "plugins/proxbox/vm-cloudinit": {
    columns: "virtual_machine ciuser sshkeys ipconfig0 sshkeys_truncated",
    references: { virtual_machine: "virtualization/virtual-machines" },
  },
};

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
        present.map((column) => [column, plainValue(row[column], references[column], keys)]),
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

/** Whole rows as NetBox shows them, by address, for those that nobody may touch. */
export function wholeRows(netbox: SimulatedNetBox, urls: readonly string[]): Row[] {
  return [...writtenPaths, "plugins/proxbox/endpoints/proxmox"]
    .flatMap((path) => netbox.rows(path) as Row[])
    .filter((row) => urls.includes(String(row.url)));
}

type Keys = { of(path: string, id: number): string };

function keysOf(netbox: SimulatedNetBox): Keys {
  const rows = (path: string) => netbox.rows(path) as Row[];
  const table = (path: string, key: (row: Row) => string) => new Map(rows(path).map((row) => [row.id, key(row)]));
  const sites = table("dcim/sites", (row) => String(row.slug));
  const endpoints = table("plugins/proxbox/endpoints/proxmox", (row) => String(row.name));
  const clusters = table("virtualization/clusters", (row) => String(row.name));
  const devices = table("dcim/devices", (row) => `${sites.get(idOf(row.site))}/${row.name}`);
  const states = rows("plugins/proxbox/sync-state/virtual-machines");
  const guestOf = (state: Row) =>
    `${endpoints.get(idOf(state.endpoint))}/${state.proxmox_vm_type}/${state.proxmox_vm_id}`;
  const stateOf = new Map(states.map((state) => [idOf(state.virtual_machine), guestOf(state)]));
  const machines = table(
    "virtualization/virtual-machines",
    (row) => stateOf.get(row.id) ?? `no guest: ${clusters.get(idOf(row.cluster))}/${row.name}`,
  );
  const ofEndpoint = (row: Row) => `${endpoints.get(idOf(row.endpoint))}/${row.name}`;
  const ofMachine = (row: Row) => machines.get(idOf(row.virtual_machine)) ?? "no machine";
  const special: Record<string, Map<number, string>> = {
    "dcim/devices": devices,
    "virtualization/clusters": clusters,
    "virtualization/virtual-machines": machines,
    "plugins/proxbox/endpoints/proxmox": endpoints,
    "plugins/proxbox/proxmox-clusters": table("plugins/proxbox/proxmox-clusters", ofEndpoint),
    "plugins/proxbox/proxmox-nodes": table("plugins/proxbox/proxmox-nodes", ofEndpoint),
    "plugins/proxbox/storage": table(
      "plugins/proxbox/storage",
      (row) => `${clusters.get(idOf(row.cluster))}/${row.name}`,
    ),
    "plugins/proxbox/sync-state/clusters": table(
      "plugins/proxbox/sync-state/clusters",
      (row) => clusters.get(idOf(row.cluster)) ?? "no cluster",
    ),
    "plugins/proxbox/sync-state/devices": table(
      "plugins/proxbox/sync-state/devices",
      (row) => devices.get(idOf(row.device)) ?? "no device",
    ),
    "plugins/proxbox/sync-state/virtual-machines": table("plugins/proxbox/sync-state/virtual-machines", ofMachine),
    "plugins/proxbox/vm-cloudinit": table("plugins/proxbox/vm-cloudinit", ofMachine),
  };
  const bySlug = new Map<string, Map<number, string>>();
  return {
    of(path, id) {
      const known = special[path] ?? bySlug.get(path) ?? table(path, (row) => String(row.slug));
      if (!(path in special)) bySlug.set(path, known);
      return known.get(id) ?? `no ${path} ${id}`;
    },
  };
}

function plainValue(value: unknown, reference: string | undefined, keys: Keys): unknown {
  if (reference) return value === null ? null : keys.of(reference, idOf(value));
  if (Array.isArray(value)) return value.map((tag: { slug: string }) => tag.slug).sort();
  if (typeof value === "object" && value !== null && "label" in value && "value" in value) return value.value;
  return value;
}

function idOf(value: unknown): number {
  return (value as { id: number } | null)?.id ?? 0;
}

import type { NetBoxClient } from "../client.ts";
import { oursTag } from "../tags.ts";
import { type Choice, clusterNamesOf, deviceNameOf, type HostFacts } from "./facts.ts";
import { type DefaultRolesAnswer, type HostRows, rolesOf } from "./rows.ts";

type Nested = { id: number } | null;
type TagRow = { slug: string };
type ClusterRow = {
  id: number;
  name: string;
  scope_type: string | null;
  scope_id: number | null;
  tags: TagRow[];
};
type EndpointAnswer = DefaultRolesAnswer & { id: number; name: string | null };
type NodeAnswer = DefaultRolesAnswer & {
  id: number;
  endpoint: { id: number };
  name: string;
  netbox_device: Nested;
  ssl_fingerprint: string;
  ip_address: string | null;
};
type DeviceRow = { id: number; name: string; site: { id: number }; cluster: Nested; tags: TagRow[] };

const plugin = "plugins/proxbox";
const endpointFields = "id,name,default_role_qemu,default_role_lxc";
const nodeFields = "id,endpoint,name,netbox_device,ssl_fingerprint,ip_address,default_role_qemu,default_role_lxc";

/**
 * Reads the rows that `bindHosts` needs: the plugin's endpoints, clusters, nodes and sidecars whole (they are small),
 * NetBox's own clusters and devices by id and by name. Throws NetBoxAPIError as the client does.
 */
export async function readHostRows(client: NetBoxClient, all: HostFacts[], signal: AbortSignal): Promise<HostRows> {
  const [endpoints, proxmoxClusters, proxmoxNodes, clusterStates, deviceStates] = await Promise.all([
    client.list<EndpointAnswer>(`${plugin}/endpoints/proxmox`, { fields: endpointFields }, signal),
    client.list<{ id: number; endpoint: { id: number }; name: string; netbox_cluster: Nested }>(
      `${plugin}/proxmox-clusters`,
      { fields: "id,endpoint,name,netbox_cluster" },
      signal,
    ),
    client.list<NodeAnswer>(`${plugin}/proxmox-nodes`, { fields: nodeFields }, signal),
    client.list<{ cluster: { id: number }; proxmox_cluster_name: string; proxmox_cluster: Nested }>(
      `${plugin}/sync-state/clusters`,
      { fields: "id,cluster,proxmox_cluster_name,proxmox_cluster" },
      signal,
    ),
    client.list<{ device: { id: number }; proxmox_node_name: string; proxmox_cluster_name: string; endpoint: Nested }>(
      `${plugin}/sync-state/devices`,
      { fields: "id,device,proxmox_node_name,proxmox_cluster_name,endpoint" },
      signal,
    ),
  ]);
  const clusterIds = ids(
    proxmoxClusters.map((row) => row.netbox_cluster),
    clusterStates.map((row) => row.cluster),
  );
  const deviceIds = ids(
    proxmoxNodes.map((row) => row.netbox_device),
    deviceStates.map((row) => row.device),
  );
  const names = unique(all.flatMap(clusterNamesOf));
  const hosts = unique(
    all.flatMap((facts) => facts.nodes.flatMap((node) => [node.name, deviceNameOf(facts, node.name)])),
  );
  const [clusters, devices, sites, tenants] = await Promise.all([
    readBoth<ClusterRow>(
      client,
      "virtualization/clusters",
      clusterIds,
      "name__ie",
      names,
      "id,name,scope_type,scope_id,tags",
      signal,
    ),
    readBoth<DeviceRow>(client, "dcim/devices", deviceIds, "name", hosts, "id,name,site,cluster,tags", signal),
    readChoices(
      client,
      "dcim/sites",
      all.map((facts) => [facts.endpoint, facts.site]),
      signal,
    ),
    readChoices(
      client,
      "tenancy/tenants",
      all.map((facts) => [facts.endpoint, facts.tenant]),
      signal,
    ),
  ]);
  return {
    endpoints: endpoints.map((row) => ({ id: row.id, name: row.name ?? "", roles: rolesOf(row) })),
    proxmoxClusters: proxmoxClusters.map((row) => ({
      id: row.id,
      endpoint: row.endpoint.id,
      name: row.name,
      cluster: row.netbox_cluster?.id ?? null,
    })),
    proxmoxNodes: proxmoxNodes.map((row) => ({
      id: row.id,
      endpoint: row.endpoint.id,
      name: row.name,
      device: row.netbox_device?.id ?? null,
      fingerprint: row.ssl_fingerprint,
      ip: row.ip_address,
      roles: rolesOf(row),
    })),
    clusterStates: clusterStates.map((row) => ({
      cluster: row.cluster.id,
      name: row.proxmox_cluster_name,
      proxmoxCluster: row.proxmox_cluster?.id ?? null,
    })),
    deviceStates: deviceStates.map((row) => ({
      device: row.device.id,
      node: row.proxmox_node_name,
      cluster: row.proxmox_cluster_name,
      endpoint: row.endpoint?.id ?? null,
    })),
    clusters: clusters.map((row) => ({
      id: row.id,
      name: row.name,
      site: row.scope_type === "dcim.site" ? row.scope_id : null,
      ours: row.tags.some((tag) => tag.slug === oursTag),
    })),
    devices: devices.map((row) => ({
      id: row.id,
      name: row.name ?? "",
      site: row.site.id,
      cluster: row.cluster?.id ?? null,
      ours: row.tags.some((tag) => tag.slug === oursTag),
    })),
    sites,
    tenants,
  };
}

async function readBoth<T extends { id: number; name: string }>(
  client: NetBoxClient,
  path: string,
  byId: number[],
  nameFilter: string,
  byName: string[],
  fields: string,
  signal: AbortSignal,
): Promise<T[]> {
  const [linked, named] = await Promise.all([
    byId.length > 0 ? client.list<T>(path, { id: byId, fields }, signal) : [],
    byName.length > 0 ? client.list<T>(path, { [nameFilter]: byName, fields }, signal) : [],
  ]);
  const wanted = new Set(byName.map((name) => name.toLowerCase()));
  const rows = new Map<number, T>();
  // NetBox answers an unknown filter with the whole table, so what came back is held against what was asked.
  for (const row of linked) if (byId.includes(row.id)) rows.set(row.id, row);
  for (const row of named) if (wanted.has((row.name ?? "").toLowerCase())) rows.set(row.id, row);
  return [...rows.values()];
}

async function readChoices(
  client: NetBoxClient,
  path: string,
  choices: [number, Choice][],
  signal: AbortSignal,
): Promise<Record<number, number | null>> {
  const found: Record<number, number | null> = {};
  for (const [endpoint, choice] of choices) {
    for (const key of ["id", "slug", "name"] as const) {
      const asked = choice[key];
      if (asked === null || found[endpoint] != null) continue;
      const rows = await client.list<{ id: number; slug: string; name: string }>(
        path,
        { [key]: asked, fields: "id,slug,name" },
        signal,
      );
      found[endpoint] = rows.find((row) => row[key] === asked)?.id ?? null;
    }
  }
  return found;
}

function ids(...lists: Nested[][]): number[] {
  return [...new Set(lists.flat().flatMap((row) => (row ? [row.id] : [])))].sort((left, right) => left - right);
}

function unique(texts: string[]): string[] {
  return [...new Set(texts)].sort();
}

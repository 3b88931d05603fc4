import type { ObservedHosts } from "@proxbox/proxmox/observe-hosts";
import { parsePropertyString } from "@proxbox/proxmox/parse/property-string";
import type { Row } from "@proxbox/proxmox/parse/rows";
import { parseFlag, parseInteger, parseNumber, parseText } from "@proxbox/proxmox/parse/scalars";
import type { ClusterStatus, Version } from "@proxbox/proxmox/resources/cluster";
import type { ReplicationJob } from "@proxbox/proxmox/resources/replication";
import type { ProxmoxEndpoint } from "@proxbox/runtime/endpoints";

/** How an endpoint is reached (plugin 0.0.29.post6 shows `mode`, merged with the version). Pure. */
export function sessionShape(endpoint: ProxmoxEndpoint, name: string, status: ClusterStatus, version: Version) {
  const { mode } = status;
  return {
    ip_address: endpoint.ip_address,
    domain: endpoint.domain,
    http_port: endpoint.port,
    user: endpoint.username,
    name,
    mode: mode === "restricted" ? "undefined" : mode,
    proxmox_version: version,
    schema_release: version.release,
    schema_status: null,
  };
}

/**
 * A cluster with its nodes, as plugin 0.0.29.post6 reads it: a node on its own has a cluster of its own, texts are texts
 * or null. The plugin and our stages write the same rows, so both take the same words. Pure.
 */
export function clusterShape(endpoint: ProxmoxEndpoint, { cluster, nodes }: ObservedHosts) {
  return {
    id: cluster.id,
    name: cluster.name,
    type: "cluster",
    nodes: nodes.length,
    quorate: cluster.quorate,
    version: cluster.version,
    mode: cluster.mode,
    site_id: endpoint.site_id,
    site_slug: endpoint.site_slug,
    site_name: endpoint.site_name,
    tenant_id: endpoint.tenant_id,
    tenant_slug: endpoint.tenant_slug,
    tenant_name: endpoint.tenant_name,
    node_list: nodes.map((node) => ({
      id: `node/${node.name}`,
      name: node.name,
      type: "node",
      // The plugin's table wants an address; the node that answers has at least that of its endpoint.
      ip: node.ip ?? (node.local ? addressOf(endpoint) : null),
      level: node.supportLevel,
      local: node.local,
      nodeid: node.nodeId,
      online: node.online,
      status: node.online ? "online" : "offline",
    })),
  };
}

function addressOf({ ip_address }: ProxmoxEndpoint): string | null {
  const bare = ip_address.trim().replace(/\/\d+$/, "");
  return /^[\d.]+$|:/.test(bare) ? bare : null;
}

const resourceFields = [
  "cgroup_mode",
  "content",
  "cpu",
  "disk",
  "hastate",
  "id",
  "level",
  "maxcpu",
  "maxdisk",
  "maxmem",
  "mem",
  "name",
  "node",
  "plugintype",
  "pool",
  "status",
  "storage",
  "type",
  "uptime",
  "vmid",
] as const;

/**
 * The rows of GET /cluster/resources, each once: all known fields (null where Proxmox leaves them out), the others as they are.
 * Only scalars: plugin 0.0.29.post6 counts no row that has anything nested. Pure.
 */
export function resourceShapes(rows: readonly Row[]): Row[] {
  const byId = new Map<string, Row>();
  for (const row of rows) {
    const id = String(row.id ?? `${row.type}/${row.node ?? ""}/${row.vmid ?? row.storage ?? row.name ?? byId.size}`);
    if (!byId.has(id)) byId.set(id, resourceShape(row));
  }
  return [...byId.values()];
}

function resourceShape(row: Row): Row {
  const shape: Row = Object.fromEntries(resourceFields.map((field) => [field, null]));
  Object.assign(shape, flat(row));
  shape.cgroup_mode = row["cgroup-mode"] ?? shape.cgroup_mode;
  return shape;
}

/** A row whose nested values have become texts. */
export function flat(row: Row): Row {
  return Object.fromEntries(
    Object.entries(row).map(([key, value]) => [
      key,
      typeof value === "object" && value !== null ? JSON.stringify(value) : value,
    ]),
  );
}

/**
 * A node with its figures: the row of GET /nodes, numbers null where a node that is away leaves them out. Null for a row
 * without a name, which plugin 0.0.29.post6 cannot take. Pure.
 */
export function nodeShape(row: Row): Row | null {
  const node = parseText(row.node);
  if (!node) return null;
  return {
    node,
    id: parseText(row.id) ?? `node/${node}`,
    type: "node",
    status: parseText(row.status) ?? "unknown",
    cpu: parseNumber(row.cpu),
    maxcpu: parseInteger(row.maxcpu),
    mem: parseInteger(row.mem),
    maxmem: parseInteger(row.maxmem),
    disk: parseInteger(row.disk),
    maxdisk: parseInteger(row.maxdisk),
    uptime: parseInteger(row.uptime),
    level: parseText(row.level) ?? "",
    ssl_fingerprint: parseText(row.ssl_fingerprint) ?? "",
    ...(parseText(row.location) ? { location: parseText(row.location) } : {}),
  };
}

/** A replication job. Pure. */
export function replicationShape(cluster: string, job: ReplicationJob) {
  return {
    cluster_name: cluster,
    status: "ok",
    error: null,
    id: job.id,
    guest: job.guest,
    jobnum: job.jobnum,
    source: job.source,
    target: job.target,
    type: job.type,
    schedule: job.schedule,
    rate: job.rate,
    comment: job.comment === "" ? null : job.comment,
    disable: job.disabled,
    remove_job: job.removeJob,
  };
}

/** The options of a datacenter. Pure. */
export function optionsShape(cluster: string, row: Row) {
  return {
    cluster_name: cluster,
    keyboard: parseText(row.keyboard),
    language: parseText(row.language),
    email_from: parseText(row.email_from ?? row["email-from"]),
    max_workers: parseInteger(row.max_workers ?? row["max-workers"]),
    migration_unsecure: parseFlag(row.migration_unsecure ?? row["migration-unsecure"]),
    next_id: propertiesOf(row["next-id"] ?? row.next_id),
    notify: propertiesOf(row.notify),
    crs: propertiesOf(row.crs),
    location: parseText(row.location),
    status: "ok",
    error: null,
  };
}

/** Options within an option: Proxmox sends them as an object or as `ha=static,...`. */
function propertiesOf(value: unknown): unknown {
  if (typeof value === "string") return { ...parsePropertyString(value).properties };
  return typeof value === "object" ? value : null;
}

/**
 * A CPU model that was made for a cluster; null without a name. Never a null but for `level`: plugin 0.0.29.post6 writes
 * what is there into columns that take none. Pure.
 */
export function cpuModelShape(cluster: string, row: Row) {
  const cputype = parseText(row.cputype ?? row.name);
  if (!cputype) return null;
  return {
    cluster_name: cluster,
    cputype,
    base_cputype: parseText(row["base-cputype"] ?? row["reported-model"]) ?? "",
    flags: parseText(row.flags) ?? "",
    vendor_id: parseText(row["vendor-id"] ?? row["hv-vendor-id"]) ?? "",
    level: parseInteger(row.level),
    description: parseText(row.description) ?? "",
    status: "ok",
  };
}

/** The settings of a node. Pure. */
export function nodeConfigShape(cluster: string, node: string, row: Row) {
  return {
    cluster_name: cluster,
    node,
    description: parseText(row.description),
    wakeonlan: parseText(row.wakeonlan),
    startall_onboot_delay: parseInteger(row["startall-onboot-delay"] ?? row.startall_onboot_delay),
    location: parseText(row.location),
    status: "ok",
    error: null,
  };
}

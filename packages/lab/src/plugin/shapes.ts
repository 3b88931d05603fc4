import { isObject } from "./frame-parser.ts";

/** An answer that makes the plugin stop with an exception instead of a failure: of the wrong type where it does not look. */
export class ShapeError extends Error {
  override readonly name = "ShapeError";
}

/** A cluster as the plugin reads it from `GET /proxmox/cluster/status`. */
export type ClusterRecord = {
  name: string | null;
  id: string | null;
  nodes: number | null;
  quorate: boolean;
  version: number | null;
};

/** A node as it reads it there. */
export type NodeRecord = {
  name: string | null;
  id: string | null;
  nodeid: number | null;
  ip: string | null;
  online: boolean;
  local: boolean;
};

/** What `GET /proxmox/nodes/` tells of a node. */
export type NodeDetail = {
  node: string;
  cpu: number | null;
  maxcpu: number | null;
  mem: number | null;
  maxmem: number | null;
  ssl_fingerprint: string | null;
  level: string | null;
  location: string | null;
};

/**
 * Clusters with their nodes beneath, a flat list of both, or lists by name. Throws ShapeError where the plugin's model does.
 */
export function readClusterStatus(json: unknown): { cluster: ClusterRecord | null; nodes: NodeRecord[] } {
  const listed = Array.isArray(json) ? json : isObject(json) ? Object.values(json).filter(Array.isArray).flat() : [];
  const all = listed.flatMap((item) => {
    if (!isObject(item)) throw new ShapeError(`A record of the cluster's status is ${JSON.stringify(item)}.`);
    return [item, ...(Array.isArray(item.node_list) ? item.node_list : [])] as Record<string, unknown>[];
  });
  for (const record of all) {
    if (record.type === null || typeof (record.type ?? "") !== "string")
      throw new ShapeError(`A record of the cluster's status has the type ${JSON.stringify(record.type)}.`);
    for (const key of ["name", "id", "ip", "level", "status"]) textOrNull(record, key);
  }
  const cluster = all.find(({ type }) => type === "cluster");
  return {
    cluster: cluster ? clusterOf(cluster) : null,
    nodes: all.filter(({ type }) => type === "node").map(nodeOf),
  };
}

function clusterOf(record: Record<string, unknown>): ClusterRecord {
  return {
    name: textOrNull(record, "name"),
    id: textOrNull(record, "id"),
    nodes: laxInteger(record.nodes),
    quorate: laxTruth(record.quorate),
    version: laxInteger(record.version),
  };
}

function nodeOf(record: Record<string, unknown>): NodeRecord {
  return {
    name: textOrNull(record, "name"),
    id: textOrNull(record, "id"),
    nodeid: laxInteger(record.nodeid),
    ip: textOrNull(record, "ip"),
    online: laxTruth(record.online),
    local: laxTruth(record.local),
  };
}

/**
 * Every record of a node in lists and objects of any depth. Throws ShapeError where `node` or a text is neither text nor
 * absent.
 */
export function readNodes(json: unknown): NodeDetail[] {
  if (Array.isArray(json)) return json.flatMap(readNodes);
  if (!isObject(json)) return [];
  if (!nodeKeys.some((key) => key in json)) return Object.values(json).flatMap(readNodes);
  const { node = "" } = json;
  if (typeof node !== "string") throw new ShapeError(`A node is called ${JSON.stringify(node)}.`);
  const numbers = ["maxcpu", "mem", "maxmem"].map((key) => laxInteger(json[key])) as (number | null)[];
  const [maxcpu = null, mem = null, maxmem = null] = numbers;
  return [
    {
      node,
      cpu: json.cpu === null || json.cpu === undefined || Number.isNaN(Number(json.cpu)) ? null : Number(json.cpu),
      maxcpu,
      mem,
      maxmem,
      ssl_fingerprint: textOrNull(json, "ssl_fingerprint"),
      level: textOrNull(json, "level"),
      location: textOrNull(json, "location"),
    },
  ];
}

const nodeKeys = ["cpu", "disk", "loadavg", "maxcpu", "maxdisk", "maxmem", "mem", "node", "uptime"];

/** The lists of an entry of `GET /proxmox/firewall/summary` that the plugin stores. */
export type FirewallEntry = { cluster: string; counts: Record<(typeof firewallLists)[number], number> };

/** The names of these lists. */
export const firewallLists = ["security_groups", "rules", "ip_sets", "aliases"] as const;

/** The firewall of each cluster; null when the answer is no list. Throws ShapeError where a list holds what is no object. */
export function readFirewall(json: unknown): FirewallEntry[] | null {
  if (!Array.isArray(json)) return null;
  return json.map((entry) => {
    if (!isObject(entry)) throw new ShapeError(`An entry of the firewall is ${JSON.stringify(entry)}.`);
    const rows = (key: string): Record<string, unknown>[] => {
      const list = entry[key] || [];
      if (!Array.isArray(list) || !list.every(isObject)) throw new ShapeError(`${key} is no list of objects.`);
      return list;
    };
    const inGroups = rows("security_groups").flatMap(({ rules }) =>
      Array.isArray(rules) ? rules.filter(isObject) : [],
    );
    for (const { pos } of [...rows("rules"), ...inGroups])
      if (laxInteger(pos) === null) throw new ShapeError(`A rule has the position ${JSON.stringify(pos)}.`);
    const counts = Object.fromEntries(firewallLists.map((key) => [key, rows(key).length]));
    return { cluster: String(entry.cluster_name ?? ""), counts: counts as FirewallEntry["counts"] };
  });
}

/** The CPU models by name; null when the answer is no list. Throws ShapeError for what its table takes no null in. */
export function readCpuModels(json: unknown): string[] | null {
  if (!Array.isArray(json)) return null;
  return json.flatMap((item) => {
    if (!isObject(item)) throw new ShapeError(`A CPU model is ${JSON.stringify(item)}.`);
    const name = "cputype" in item ? item.cputype : item.name;
    if (!name) return [];
    for (const key of ["base_cputype", "flags", "vendor-id", "vendor_id", "description"])
      if (item[key] === null)
        throw new ShapeError(`The CPU model ${String(name)} has no ${key}, which may not be null.`);
    return [String(name)];
  });
}

/** A row of `GET /proxmox/cluster/resources`, which must be flat to be counted. */
export type Resource = Record<string, unknown>;

/** The rows of every cluster: lists by name, within a list or not, or a flat list. */
export function readResources(json: unknown): Resource[] {
  const byName = (lists: Record<string, unknown>) => Object.values(lists).filter(Array.isArray).flat().filter(isObject);
  if (!Array.isArray(json)) return isObject(json) ? byName(json) : [];
  return json.filter(isObject).flatMap((item) => {
    const values = Object.values(item);
    return values.length === 1 && Array.isArray(values[0]) ? byName(item) : [item];
  });
}

/** The templates among the rows: what the plugin keeps a table of, and deletes what is missing from. */
export function templatesOf(rows: readonly Resource[]): { node: string; type: "qemu" | "lxc"; vmid: number }[] {
  return rows.flatMap((row) => {
    const vmid = laxInteger(row.vmid);
    if (!laxTruth(row.template) || vmid === null) return [];
    return [{ node: String(row.node ?? ""), type: row.type === "lxc" ? "lxc" : "qemu", vmid }];
  });
}

/** Rows as the dashboard counts them: one with a list or object in it is not counted itself. */
export function isFlat(row: Resource): boolean {
  return Object.values(row).every((value) => typeof value !== "object" || value === null);
}

function textOrNull(record: Record<string, unknown>, key: string): string | null {
  const value = record[key] ?? null;
  if (value !== null && typeof value !== "string")
    throw new ShapeError(`${key} is ${JSON.stringify(value)}, which is no text.`);
  return value;
}

function laxInteger(value: unknown): number | null {
  if (value === null || value === undefined || value === "") return null;
  const number = Math.trunc(Number(value));
  return Number.isFinite(number) ? number : null;
}

function laxTruth(value: unknown): boolean {
  return ["1", "true", "yes", "on", "enabled"].includes(String(value).trim().toLowerCase());
}

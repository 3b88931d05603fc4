import type { ProxmoxClient } from "../client.ts";
import { isProxmoxError } from "../failures.ts";
import { parseRow, parseRows, type Row } from "../parse/rows.ts";
import { parseFlag, parseInteger, parseText } from "../parse/scalars.ts";
import { parseTagStyle, type TagColors } from "../parse/tag-style.ts";

/** What a server says it is (GET /version); "" for what it leaves out. */
export type Version = { version: string; release: string; repoid: string };

/** A node as its cluster knows it. `online` is null when the cluster does not say. */
export type ClusterNode = {
  name: string;
  online: boolean | null;
  ip: string | null;
  local: boolean;
  nodeId: number | null;
  level: string | null;
};

/**
 * The estate behind an endpoint. `standalone`: one node without cluster, named after it. `restricted`: we may not
 * read GET /cluster/status, so that neither the name nor the nodes are known from it.
 */
export type ClusterStatus = {
  mode: "cluster" | "standalone" | "restricted";
  /** Of the cluster or the standalone node; null when restricted. */
  name: string | null;
  quorate: boolean | null;
  version: number | null;
  nodes: ClusterNode[];
};

/** Reads GET /version: the cheapest proof that an endpoint answers and knows us. */
export async function readVersion(client: ProxmoxClient, signal: AbortSignal): Promise<Version> {
  const row = parseRow(await client.get("/version", { signal })) ?? {};
  return {
    version: parseText(row.version) ?? "",
    release: parseText(row.release) ?? "",
    repoid: parseText(row.repoid) ?? "",
  };
}

/** Reads GET /cluster/status. Without `Sys.Audit` on / the answer is `restricted`, not an error. */
export async function readClusterStatus(client: ProxmoxClient, signal: AbortSignal): Promise<ClusterStatus> {
  try {
    return clusterStatusOf(parseRows(await client.get("/cluster/status", { signal })));
  } catch (thrown) {
    if (!isProxmoxError(thrown, "proxmox_forbidden")) throw thrown;
    return { mode: "restricted", name: null, quorate: null, version: null, nodes: [] };
  }
}

/** The estate that the rows of GET /cluster/status describe; pure. */
export function clusterStatusOf(rows: readonly Row[]): ClusterStatus {
  const nodes = rows.filter((row) => row.type === "node").map(nodeOf);
  nodes.sort((left, right) => (left.name < right.name ? -1 : 1));
  const cluster = rows.find((row) => row.type === "cluster");
  if (!cluster && nodes.length <= 1) {
    return { mode: "standalone", name: nodes[0]?.name ?? null, quorate: nodes.length > 0, version: null, nodes };
  }
  return {
    mode: "cluster",
    name: parseText(cluster?.name),
    quorate: parseFlag(cluster?.quorate),
    version: parseInteger(cluster?.version),
    nodes,
  };
}

/** The colours a cluster gives its tags (GET /cluster/options); none when it may not be read. */
export async function readTagColors(client: ProxmoxClient, signal: AbortSignal): Promise<TagColors> {
  try {
    return parseTagStyle(parseRow(await client.get("/cluster/options", { signal }))?.["tag-style"]);
  } catch (thrown) {
    if (!isProxmoxError(thrown, "proxmox_forbidden")) throw thrown;
    return new Map();
  }
}

function nodeOf(row: Row): ClusterNode {
  return {
    name: parseText(row.name) ?? "",
    online: parseFlag(row.online),
    ip: parseText(row.ip),
    local: parseFlag(row.local) ?? false,
    nodeId: parseInteger(row.nodeid),
    level: parseText(row.level),
  };
}

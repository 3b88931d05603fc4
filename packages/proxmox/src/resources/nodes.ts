import type { ProxmoxClient } from "../client.ts";
import { isProxmoxError } from "../failures.ts";
import { parseRows, type Row } from "../parse/rows.ts";
import { parseInteger, parseText } from "../parse/scalars.ts";

/** What a node tells of itself beyond its name; memory in bytes. */
export type NodeDetail = { maxCpu: number | null; maxMemory: number | null; fingerprint: string; level: string };

/** Reads GET /nodes, by name; empty when it may not be read, since the cluster's status names the nodes too. */
export async function readNodes(client: ProxmoxClient, signal: AbortSignal): Promise<Map<string, NodeDetail>> {
  try {
    return nodesOf(parseRows(await client.get("/nodes", { signal })));
  } catch (thrown) {
    if (!isProxmoxError(thrown, "proxmox_forbidden")) throw thrown;
    return new Map();
  }
}

/** The nodes among the rows of GET /nodes; pure. An offline node leaves most of it out. */
export function nodesOf(rows: readonly Row[]): Map<string, NodeDetail> {
  return new Map(
    rows.flatMap((row) => {
      const name = parseText(row.node);
      if (!name) return [];
      const maxCpu = parseInteger(row.maxcpu);
      const maxMemory = parseInteger(row.maxmem);
      return [
        [
          name,
          { maxCpu, maxMemory, fingerprint: parseText(row.ssl_fingerprint) ?? "", level: parseText(row.level) ?? "" },
        ],
      ];
    }),
  );
}

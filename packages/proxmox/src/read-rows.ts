import type { ProxmoxClient, ReadOptions } from "./client.ts";
import { badListing } from "./failures.ts";
import { parseRow, parseRows, type Row } from "./parse/rows.ts";

/** Reads a list, e.g. `/cluster/firewall/rules`. Throws ProxmoxAPIError, `proxmox_bad_answer` when it is none. */
export async function readRows(client: ProxmoxClient, path: string, options: ReadOptions): Promise<Row[]> {
  const data = await client.get(path, options);
  if (!Array.isArray(data)) throw badListing(client.name, path);
  return parseRows(data);
}

/**
 * Reads an object, e.g. `/cluster/options`; one without anything in it where Proxmox has nothing to say. Throws as the client
 * does.
 */
export async function readRow(client: ProxmoxClient, path: string, options: ReadOptions): Promise<Row> {
  return parseRow(await client.get(path, options)) ?? {};
}

/** A path below `/nodes`, each part of it escaped. */
export function nodePath(node: string, ...parts: (string | number)[]): string {
  return `/nodes/${[node, ...parts].map((part) => encodeURIComponent(part)).join("/")}`;
}

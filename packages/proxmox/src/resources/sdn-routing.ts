import type { ProxmoxClient } from "../client.ts";
import { parsePropertyString } from "../parse/property-string.ts";
import { parseRow, parseRows, type Row } from "../parse/rows.ts";
import { parseInteger, parseText } from "../parse/scalars.ts";
import { ifPresent } from "./sdn.ts";

/** An entry of a route map; `match` and `set` by their key, e.g. `peer`. */
export type RouteMapEntry = {
  name: string;
  order: number;
  action: string;
  match: Record<string, string>;
  set: Record<string, string>;
  /** As Proxmox gave it, without its digest. */
  raw: Row;
};

/** An entry of a prefix list. */
export type PrefixListEntry = {
  name: string;
  /** As it is written, e.g. `10.0.0.0/8`. */
  cidr: string;
  action: string;
  le: number | null;
  ge: number | null;
  raw: Row;
};

/** What decides which routes a cluster's software-defined network takes and tells. */
export type SdnRouting = { routeMaps: RouteMapEntry[]; prefixLists: PrefixListEntry[] };

/**
 * Reads route maps and prefix lists (GET /cluster/sdn/route-maps/entries, GET /cluster/sdn/prefix-lists), of what we may
 * see; empty on servers before Proxmox VE 9.2, which have none. Throws ProxmoxAPIError as the client does.
 */
export async function readRouting(client: ProxmoxClient, signal: AbortSignal): Promise<SdnRouting> {
  const [entries, lists] = await Promise.all([
    ifPresent(client.get("/cluster/sdn/route-maps/entries", { signal })),
    ifPresent(client.get("/cluster/sdn/prefix-lists", { signal, query: { verbose: "1" } })),
  ]);
  return {
    routeMaps: parseRows(entries).flatMap(routeMapEntryOf),
    prefixLists: parseRows(lists).flatMap(prefixListEntriesOf),
  };
}

/** The entry of a row of GET /cluster/sdn/route-maps/entries; pure. */
export function routeMapEntryOf({ digest: _, ...raw }: Row): RouteMapEntry[] {
  const name = parseText(raw["route-map-id"])?.trim();
  if (!name) return [];
  const action = parseText(raw.action) ?? "";
  return [{ name, order: parseInteger(raw.order) ?? 0, action, match: pairsOf(raw.match), set: pairsOf(raw.set), raw }];
}

/** The entries of a row of GET /cluster/sdn/prefix-lists, in the order in which they count; pure. */
export function prefixListEntriesOf(row: Row): PrefixListEntry[] {
  const name = parseText(row.id)?.trim();
  const entries = Array.isArray(row.entries) ? row.entries.map(entryOf) : [];
  if (!name) return [];
  const inOrder = entries.toSorted((left, right) => (parseInteger(left.seq) ?? 0) - (parseInteger(right.seq) ?? 0));
  return inOrder.flatMap((raw): PrefixListEntry[] => {
    const cidr = parseText(raw.prefix)?.trim();
    const action = parseText(raw.action) ?? "";
    return cidr ? [{ name, cidr, action, le: parseInteger(raw.le), ge: parseInteger(raw.ge), raw }] : [];
  });
}

/** `key=peer,value=10.0.0.1` and the like, each as text or taken apart. */
function pairsOf(value: unknown): Record<string, string> {
  const pairs = Array.isArray(value) ? value.map(entryOf) : [];
  return Object.fromEntries(
    pairs.flatMap((pair) => {
      const key = parseText(pair.key);
      return key ? [[key, parseText(pair.value) ?? ""]] : [];
    }),
  );
}

function entryOf(value: unknown): Row {
  return typeof value === "string" ? { ...parsePropertyString(value).properties } : (parseRow(value) ?? {});
}

import type { ProxmoxClient } from "../client.ts";
import { badListing } from "../failures.ts";
import { instantOf } from "../parse/instant.ts";
import { parseRows, type Row } from "../parse/rows.ts";
import { parseFlag, parseText } from "../parse/scalars.ts";
import type { Guest } from "./listing.ts";

/** A snapshot of a guest. */
export type Snapshot = {
  name: string;
  /** "" when it has none. */
  description: string;
  /** ISO 8601, UTC; null when Proxmox does not say. */
  takenAt: string | null;
  /** Name of the snapshot it was taken after; null for the first. */
  parent: string | null;
  /** Whether it holds the guest's memory. */
  withMemory: boolean;
};

/** Reads GET /nodes/{node}/{type}/{vmid}/snapshot. ProxmoxAPIError `proxmox_not_found`: the guest is no longer there. */
export async function readSnapshots(
  client: ProxmoxClient,
  guest: Pick<Guest, "node" | "type" | "vmid">,
  signal: AbortSignal,
): Promise<Snapshot[]> {
  const path = `/nodes/${encodeURIComponent(guest.node)}/${guest.type}/${guest.vmid}/snapshot`;
  const data = await client.get(path, { signal, node: guest.node });
  if (!Array.isArray(data)) throw badListing(client.name, path);
  return snapshotsOf(parseRows(data));
}

/** The snapshots among the rows; `current` is the guest itself. Pure. */
export function snapshotsOf(rows: readonly Row[]): Snapshot[] {
  return rows.flatMap((row) => {
    const name = parseText(row.name)?.trim();
    if (!name || name === "current") return [];
    return [
      {
        name,
        description: parseText(row.description)?.trim() ?? "",
        takenAt: instantOf(row.snaptime),
        parent: parseText(row.parent),
        withMemory: parseFlag(row.vmstate) ?? false,
      },
    ];
  });
}

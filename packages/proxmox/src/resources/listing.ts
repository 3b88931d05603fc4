import type { ProxmoxClient } from "../client.ts";
import { badListing } from "../failures.ts";
import { parseRows, type Row } from "../parse/rows.ts";
import { parseFlag, parseInteger, parseNumber, parseText } from "../parse/scalars.ts";
import { memoryMebibytes } from "../parse/size.ts";
import { type MappedStatus, mapStatus } from "../parse/status.ts";
import { parseTags } from "../parse/tags.ts";

/** Kinds of guests. */
export type GuestType = "qemu" | "lxc";

/**
 * A guest as the cluster lists it. Only vmid, type and node are sure: all else a node tells about its own guests, and
 * of a guest whose node is silent (offline, or its pvestatd hangs) the list has nothing else (Proxmox VE 9.2).
 */
export type Guest = {
  vmid: number;
  type: GuestType;
  node: string;
  /** Whether its node reports it. If not, name, template, size and state are stand-ins: keep what is known. */
  known: boolean;
  /** `vm-<vmid>` when the guest has no name. */
  name: string;
  /** As Proxmox says it, e.g. `running`; `unknown` when it is not known. */
  state: string;
  status: MappedStatus;
  template: boolean;
  /** CPUs to a hundredth (a container's limit may be 0.5); null when there is none. */
  vcpus: number | null;
  memoryMebibytes: number | null;
  tags: string[];
  pool: string | null;
  lock: string | null;
  uptimeSeconds: number | null;
};

/** A node as the cluster lists it. */
export type ListedNode = { name: string; state: string; status: MappedStatus };

/** A storage on one node as the cluster lists it; a shared one is listed by every node. */
export type ListedStorage = { name: string; node: string; state: string; shared: boolean };

/** What GET /cluster/resources lists, of what we may see. */
export type Listing = { guests: Guest[]; nodes: ListedNode[]; storages: ListedStorage[] };

/** Reads GET /cluster/resources. Throws ProxmoxAPIError `proxmox_bad_answer` when it is no list. */
export async function readListing(client: ProxmoxClient, signal: AbortSignal): Promise<Listing> {
  const data = await client.get("/cluster/resources", { signal });
  if (!Array.isArray(data)) throw badListing(client.name, "/cluster/resources");
  return listingOf(parseRows(data));
}

/** The guests (by vmid), nodes and storages among the rows of GET /cluster/resources; pure. */
export function listingOf(rows: readonly Row[]): Listing {
  const guests = new Map<number, Guest>();
  const nodes: ListedNode[] = [];
  const storages: ListedStorage[] = [];
  for (const row of rows) {
    const guest = guestOf(row);
    // A guest in migration can be listed by both nodes; the running one counts.
    if (guest && (!guests.has(guest.vmid) || guest.status === "active")) guests.set(guest.vmid, guest);
    const state = parseText(row.status) ?? "unknown";
    const node = parseText(row.node);
    if (row.type === "node" && node) nodes.push({ name: node, state, status: mapStatus(state) });
    const name = parseText(row.storage);
    if (row.type === "storage" && node && name) {
      storages.push({ name, node, state, shared: parseFlag(row.shared) ?? false });
    }
  }
  return { guests: [...guests.values()].sort((left, right) => left.vmid - right.vmid), nodes, storages };
}

function guestOf(row: Row): Guest | null {
  const { type } = row;
  const vmid = parseInteger(row.vmid);
  const node = parseText(row.node);
  if ((type !== "qemu" && type !== "lxc") || vmid === null || vmid < 1 || !node) return null;
  const state = parseText(row.status) ?? "unknown";
  return {
    vmid,
    type,
    node,
    known: state !== "unknown",
    name: parseText(row.name)?.trim() ?? `vm-${vmid}`,
    state,
    status: mapStatus(state),
    template: parseFlag(row.template) ?? false,
    vcpus: vcpusOf(row.maxcpu),
    memoryMebibytes: memoryMebibytes(parseNumber(row.maxmem)),
    tags: parseTags(row.tags),
    pool: parseText(row.pool),
    lock: parseText(row.lock),
    uptimeSeconds: parseInteger(row.uptime),
  };
}

/** NetBox keeps two decimals and nothing below 0.01. */
function vcpusOf(value: unknown): number | null {
  const vcpus = Math.round((parseNumber(value) ?? 0) * 100) / 100;
  return vcpus >= 0.01 ? vcpus : null;
}

import type { EstateGuest } from "@proxbox/estate/estates";
import type { StorageIds } from "@proxbox/estate/storage-ids";
import type { Snapshot } from "@proxbox/proxmox/resources/snapshots";

/** Names of nodes in the plugin's table: those that only this endpoint has, and those that only others have. */
export type NodeNames = { own: string[]; foreign: string[] };

/** One item: guests of one endpoint under the key of their chunk, and the plugin's storages of their cluster. */
export type SnapshotChunk = {
  key: string;
  guests: EstateGuest[];
  /**
   * Ids of the machines whose guest one of these has replaced: a vmid is one guest's only, and they had it as the other type.
   */
  former: number[];
  nodes: NodeNames;
  storages: StorageIds;
};

/** What of a guest its snapshots need. */
export type SnapshotGuest = Pick<EstateGuest, "vmid" | "type" | "node" | "vm">;

/** A guest whose snapshots were read. */
export type GuestSnapshots = {
  guest: SnapshotGuest;
  snapshots: Snapshot[];
  /** The Proxmox storage of its first disk; null: it has none. */
  storage: string | null;
};

/** A row of the plugin's snapshot table, as far as telling which snapshot it is needs it. */
export type SnapshotRow = {
  id: number;
  machine: { id: number; name: string };
  vmid: number;
  name: string;
  node: string;
};

/** How a snapshot is called in reports. */
export function labelOf({ vm, vmid }: SnapshotGuest, name: string): string {
  return `${vm.name} (vmid ${vmid}) ${name}`;
}

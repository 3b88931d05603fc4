import { vlanKey } from "../vlans/settle.ts";
import type { PlacedInterface, PlannedInterface, ReadNode } from "./facts.ts";

/** An interface of a device as NetBox has it. */
export type InterfaceRow = {
  id: number;
  device: number;
  name: string;
  type: string;
  /** A cable is in it, or it is marked as connected. */
  connected: boolean;
  /** Whether it carries our tag. */
  ours: boolean;
};

/** A MAC address on an interface of a device. */
export type MacRow = { id: number; interface: number; mac: string; ours: boolean };

/** What is to be done about a node's interfaces, and which rows of ours it has no more. */
export type InterfacePlan = { interfaces: PlannedInterface[]; gone: InterfaceRow[]; goneMacs: MacRow[] };

const notPhysical: ReadonlySet<string> = new Set(["bridge", "lag", "virtual"]);

/**
 * Holds a node's interfaces against NetBox's rows of its device. Pure. An operator knows better what a port of metal is,
 * so its type stays; so does the type of a row with a cable, which NetBox would refuse to give up.
 */
export function planInterfaces(
  node: ReadNode,
  rows: readonly InterfaceRow[],
  macs: readonly MacRow[],
  vlans: ReadonlyMap<string, number>,
): InterfacePlan {
  const own = rows.filter(({ device }) => device === node.device);
  const byName = new Map(own.map((row) => [row.name, row]));
  const present = new Map(node.interfaces.map((one) => [one.name, one]));
  return {
    interfaces: node.interfaces.map((one) => planned(one, byName.get(one.name), node.site, vlans)),
    gone: own.filter(({ name, ours }) => ours && !present.has(name)),
    goneMacs: macs.filter((row) => {
      const holder = own.find(({ id }) => id === row.interface);
      const mac = holder && present.get(holder.name)?.mac;
      return row.ours && mac && row.mac !== mac;
    }),
  };
}

function planned(
  one: PlacedInterface,
  row: InterfaceRow | undefined,
  site: number,
  vlans: ReadonlyMap<string, number>,
): PlannedInterface {
  const keepsType =
    row !== undefined && row.type !== one.type && (one.type === "other" ? !notPhysical.has(row.type) : row.connected);
  const { vlan } = one;
  const wanted = typeof vlan === "object" ? vlan : null;
  const vlanId = wanted && (vlans.get(vlanKey({ site, vid: wanted.vid })) ?? null);
  return {
    ...one,
    // Only a virtual interface has a parent in NetBox.
    parent: keepsType ? null : one.parent,
    // Where the VLAN could not be made the interface keeps the one it has.
    vlan: wanted && vlanId === null ? null : vlan,
    keepsType,
    vlanId,
  };
}

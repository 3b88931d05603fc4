import type { ObjectOutcome } from "@proxbox/contracts/messages";
import type { Desired } from "@proxbox/netbox/desired";
import { judgeRemovals, type RemovalCandidate } from "@proxbox/netbox/removals";
import type { AddressRow } from "../addresses/settle.ts";
import type { ReadNode } from "./facts.ts";
import type { InterfaceRow, MacRow } from "./interfaces.ts";

/** Rows on the device of one node. */
export type DeviceRows = { interfaces: InterfaceRow[]; macs: MacRow[]; addresses: AddressRow[] };

/** What goes from a device: addresses that leave their interface, rows that are deleted after that; and what stays, and why. */
export type Removals = { left: Desired[]; gone: Desired[]; told: ObjectOutcome[] };

/** How many rows would go. */
export function countMissing({ interfaces, macs, addresses }: DeviceRows): number {
  return interfaces.length + macs.length + addresses.length;
}

/**
 * Judges what may go from the device of a node that answered. Pure. An address in which a person has written is taken off
 * its interface instead of deleted. An interface stays while there is a cable in it, or an address on it that neither
 * goes nor moves to another interface of the device: NetBox would delete the address with it.
 * @param missing rows of ours that stand for something the node has no more
 * @param addresses all that are on the device
 * @param moving ids of those that get another interface of the device
 * @param doubt why nothing may go; null: something may
 */
export function judgeMissing(
  node: Pick<ReadNode, "name" | "deviceName" | "interfaces">,
  missing: DeviceRows,
  addresses: readonly AddressRow[],
  moving: ReadonlySet<number>,
  doubt: string | null,
): Removals {
  // What has come in place of what is gone counts: a node that is given new addresses is no node that shows too little.
  const judge = (candidates: RemovalCandidate[], listed: number) =>
    judgeRemovals(candidates, { doubt, known: candidates.length + listed });
  const candidate = (kind: RemovalCandidate["kind"], id: number, name: string): RemovalCandidate => ({
    kind,
    id,
    label: `${node.name} ${name}`,
    parent: node.deviceName,
    ours: true,
  });
  const plain = new Set(missing.addresses.flatMap((row) => (row.plain ? [row.id] : [])));
  const left = judge(
    missing.addresses.map(({ id, address }) => candidate("ip-address", id, address)),
    node.interfaces.flatMap((one) => one.addresses).length,
  );
  const freed = new Set([...moving, ...left.gone.map(({ id }) => id)]);
  const held = addresses.filter(({ id }) => !freed.has(id));
  const reasonOf = ({ id, connected }: InterfaceRow): string | null => {
    const address = held.find(({ at }) => at?.id === id)?.address;
    return connected ? "it is connected" : address === undefined ? null : `${address} is on it`;
  };
  const free = missing.interfaces.filter((row) => reasonOf(row) === null);
  const interfaces = judge(
    free.map(({ id, name }) => candidate("interface", id, name)),
    node.interfaces.length,
  );
  const macs = judge(
    missing.macs.map(({ id, mac }) => candidate("mac-address", id, mac)),
    node.interfaces.filter(({ mac }) => mac !== null).length,
  );
  const inUse = missing.interfaces.flatMap((row): ObjectOutcome[] => {
    const reason = reasonOf(row);
    const name = `${node.name} ${row.name}`;
    return reason
      ? [{ kind: "interface", name, id: row.id, outcome: "skipped", reason: `would be deleted, but ${reason}` }]
      : [];
  });
  return {
    left: left.gone.filter(({ id }) => !plain.has(id ?? 0)).map(takenOff),
    gone: [...left.gone.filter(({ id }) => plain.has(id ?? 0)), ...interfaces.gone, ...macs.gone],
    told: [...left.kept, ...inUse, ...interfaces.kept, ...macs.kept],
  };
}

function takenOff({ gone: _, ...address }: Desired): Desired {
  return { ...address, values: { assigned_object_type: null, assigned_object_id: null } };
}

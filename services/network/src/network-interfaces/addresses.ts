import type { ObjectOutcome } from "@proxbox/contracts/messages";
import { type AddressRow, type Claim, type Place, type Settled, settleAddresses } from "../addresses/settle.ts";
import type { NodeAddress, PlannedAddress, ReadNode } from "./facts.ts";
import type { InterfaceRow } from "./interfaces.ts";

/** A device's primary addresses in NetBox, by the ids of their rows. */
export type PrimaryRow = { device: number; primary4: number | null; primary6: number | null };

/** What is to be done about a node's addresses. */
export type AddressPlan = {
  addresses: PlannedAddress[];
  /** The one that becomes primary. */
  primary: string | null;
  /** Rows of ours that it has no more. */
  gone: AddressRow[];
  conflicts: ObjectOutcome[];
};

const onDevice = "dcim.interface";

/**
 * Settles the addresses of all nodes that answered, together, because two may have the same one. Pure.
 * @returns the plan of each node by its device, and the devices whose primary address has to be let go first, because
 *   another gets it
 */
export function planAddresses(
  nodes: readonly ReadNode[],
  interfaces: readonly InterfaceRow[],
  rows: readonly AddressRow[],
  primaries: readonly PrimaryRow[],
): { plans: Map<number, AddressPlan>; released: { device: number; family: 4 | 6 }[] } {
  const answered = new Set(nodes.map(({ device }) => device));
  const places = new Map(interfaces.map((row) => [row.id, row]));
  const claimed = claimsOf(nodes, interfaces);
  const { settled, stale } = settleAddresses(
    claimed.map(({ claim }) => claim),
    rows,
    ({ at }) => (at?.type === onDevice && answered.has(places.get(at.id)?.device ?? 0) ? "answered" : "unknown"),
  );
  const deviceOf = (row: AddressRow) => (row.at?.type === onDevice ? places.get(row.at.id)?.device : undefined);
  const outcomes = new Map(settled.map((entry) => [entry.claim, entry]));
  const plans = new Map(
    nodes.map((node): [number, AddressPlan] => {
      const own = claimed.flatMap(({ device, name, claim, address }) => {
        const outcome = outcomes.get(claim);
        return device === node.device && outcome ? [{ name, address, outcome }] : [];
      });
      const gone = stale.filter((row) => deviceOf(row) === node.device);
      const addresses = own.flatMap(({ name, address, outcome }): PlannedAddress[] =>
        outcome.state === "conflict"
          ? []
          : [{ ...address, interface: name, row: "row" in outcome ? outcome.row.id : null }],
      );
      const leaving = new Set([...gone, ...settled.flatMap((entry) => leavingOf(entry, node.device, deviceOf))]);
      const conflicts = own.flatMap(({ outcome }) => (outcome.state === "conflict" ? [conflictOf(outcome)] : []));
      return [node.device, { addresses, primary: primaryOf(node, addresses, primaries, leaving), gone, conflicts }];
    }),
  );
  const released = settled.flatMap((entry) => {
    if (entry.state !== "move") return [];
    const { row } = entry;
    const holder = primaries.find(({ primary4, primary6 }) => row.id === primary4 || row.id === primary6);
    return holder && holder.device === deviceOf(row) && entry.claim.owner !== row.owner
      ? [{ device: holder.device, family: row.id === holder.primary4 ? (4 as const) : (6 as const) }]
      : [];
  });
  return { plans, released };
}

type NodeClaim = { device: number; name: string; address: NodeAddress; claim: Claim };

function claimsOf(nodes: readonly ReadNode[], rows: readonly InterfaceRow[]): NodeClaim[] {
  const ids = new Map(rows.map(({ id, device, name }) => [`${device} ${name}`, id]));
  // An interface that is still to be made has no id; any that NetBox never gives tells it from the others.
  let next = 0;
  return nodes.flatMap((node) =>
    node.interfaces.flatMap(({ name, addresses }) => {
      const at: Place = { type: onDevice, id: ids.get(`${node.device} ${name}`) ?? --next };
      return addresses.map((address): NodeClaim => {
        const { host } = address;
        const label = `${node.deviceName} ${name}`;
        const claim = { address: address.address, host, at, owner: `device/${node.device}`, label };
        return { device: node.device, name, address, claim };
      });
    }),
  );
}

function leavingOf(
  entry: Settled,
  device: number,
  deviceOf: (row: AddressRow) => number | undefined,
): AddressRow[] {
  if (entry.state !== "move" || entry.claim.owner === `device/${device}`) return [];
  return deviceOf(entry.row) === device ? [entry.row] : [];
}

/** The address the cluster knows a node by, unless its device has a primary one of the family that stays. */
function primaryOf(
  node: ReadNode,
  addresses: readonly PlannedAddress[],
  primaries: readonly PrimaryRow[],
  leaving: ReadonlySet<AddressRow>,
): string | null {
  const wanted = addresses.find(({ host }) => host === node.ip);
  if (!wanted) return null;
  const row = primaries.find(({ device }) => device === node.device);
  const present = wanted.family === 4 ? row?.primary4 : row?.primary6;
  const stays = present != null && ![...leaving].some(({ id }) => id === present);
  return stays ? null : wanted.address;
}

function conflictOf({ claim, holder }: Extract<Settled, { state: "conflict" }>): ObjectOutcome {
  return {
    kind: "ip-address",
    name: `${claim.label} ${claim.address}`,
    outcome: "skipped",
    reason: `${claim.address} is on ${claim.label} in Proxmox, but in NetBox it belongs to ${holder}, which keeps it.`,
  };
}

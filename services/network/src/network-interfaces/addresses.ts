import type { ObjectOutcome } from "@proxbox/contracts/messages";
import { type AddressRow, type Claim, type Place, type Settled, settleAddresses } from "../addresses/settle.ts";
import type { PlannedAddress, ReadNode } from "./facts.ts";
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

/** A primary address that its device has to let go before it can be given to another. */
export type Release = { device: number; family: 4 | 6 };

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
): { plans: Map<number, AddressPlan>; releases: Release[] } {
  const answered = new Set(nodes.map(ownerOf));
  const claimed = claimsOf(nodes, interfaces);
  const { settled, stale } = settleAddresses(
    claimed.map(({ claim }) => claim),
    rows,
    ({ owner }) => (answered.has(owner ?? "") ? "answered" : "unknown"),
  );
  const outcomes = new Map(settled.map((entry) => [entry.claim, entry]));
  const plans = new Map(
    nodes.map((node): [number, AddressPlan] => {
      const owner = ownerOf(node);
      const own = claimed.flatMap(({ name, family, claim }) => {
        const outcome = claim.owner === owner ? outcomes.get(claim) : undefined;
        return outcome ? [{ name, family, outcome }] : [];
      });
      const gone = stale.filter((row) => row.owner === owner);
      const addresses = own.flatMap(({ name, family, outcome }): PlannedAddress[] =>
        outcome.state === "conflict" ? [] : [{ interface: name, family, settled: outcome }],
      );
      const lost = settled.flatMap((entry) =>
        entry.state === "move" && entry.row.owner === owner && entry.claim.owner !== owner ? [entry.row] : [],
      );
      const leaving = new Set([...gone, ...lost].map(({ id }) => id));
      const conflicts = own.flatMap(({ outcome }) => (outcome.state === "conflict" ? [conflictOf(outcome)] : []));
      return [node.device, { addresses, primary: primaryOf(node, addresses, primaries, leaving), gone, conflicts }];
    }),
  );
  const releases = settled.flatMap((entry): Release[] => {
    if (entry.state !== "move" || entry.claim.owner === entry.row.owner) return [];
    const { id } = entry.row;
    const holder = primaries.find(({ primary4, primary6 }) => id === primary4 || id === primary6);
    return holder ? [{ device: holder.device, family: id === holder.primary4 ? 4 : 6 }] : [];
  });
  return { plans, releases };
}

/** What an address of a device says of its owner. */
export function ownerOf({ device }: Pick<ReadNode, "device">): string {
  return `device/${device}`;
}

type NodeClaim = { name: string; family: 4 | 6; claim: Claim };

function claimsOf(nodes: readonly ReadNode[], rows: readonly InterfaceRow[]): NodeClaim[] {
  const ids = new Map(rows.map(({ id, device, name }) => [`${device} ${name}`, id]));
  // An interface that is still to be made has no id; one that NetBox never gives tells it from the others.
  let next = 0;
  return nodes.flatMap((node) =>
    node.interfaces.flatMap(({ name, addresses }) => {
      const at: Place = { type: "dcim.interface", id: ids.get(`${node.device} ${name}`) ?? --next };
      return addresses.map(({ address, host, family }): NodeClaim => {
        const label = `${node.deviceName} ${name}`;
        return { name, family, claim: { address, host, at, owner: ownerOf(node), label } };
      });
    }),
  );
}

/** The address the cluster knows a node by, unless its device has a primary one of the family that stays. */
function primaryOf(
  node: ReadNode,
  addresses: readonly PlannedAddress[],
  primaries: readonly PrimaryRow[],
  leaving: ReadonlySet<number>,
): string | null {
  const wanted = addresses.find(({ settled }) => settled.claim.host === node.ip);
  if (!wanted) return null;
  const row = primaries.find(({ device }) => device === node.device);
  const present = wanted.family === 4 ? row?.primary4 : row?.primary6;
  const stays = present != null && !leaving.has(present);
  return stays ? null : node.ip;
}

function conflictOf({ claim, holder }: Extract<Settled, { state: "conflict" }>): ObjectOutcome {
  return {
    kind: "ip-address",
    name: `${claim.label} ${claim.address}`,
    outcome: "skipped",
    reason: `${claim.address} is on ${claim.label} in Proxmox, but in NetBox it belongs to ${holder}, which keeps it.`,
  };
}

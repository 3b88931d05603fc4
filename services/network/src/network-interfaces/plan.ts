import type { SyncOptions } from "@proxbox/contracts/sync-options";
import { type AddressPlan, ownerOf, type PrimaryRow, planAddresses, type Release } from "./addresses.ts";
import type { PlannedNode, ReadNode } from "./facts.ts";
import { type InterfacePlan, planInterfaces } from "./interfaces.ts";
import { countMissing, type DeviceRows, judgeMissing } from "./removals.ts";

/** What NetBox has of the nodes' network; `addresses` also wherever else an address of one of the nodes is. */
export type NetworkRows = DeviceRows & { primaries: PrimaryRow[] };

type Draft = { node: ReadNode; interfaces: InterfacePlan; addresses: AddressPlan; missing: DeviceRows };

/**
 * Settles what becomes of the nodes that answered, the addresses of all of them together. Pure.
 * @param endpoints the nodes of each endpoint
 * @param vlans ids of the VLANs that are needed, by `vlanKey`
 * @returns the plans in the order of the nodes, and the primary addresses that have to be let go before anything is written
 */
export function planNodes(
  endpoints: readonly (readonly ReadNode[])[],
  rows: NetworkRows,
  vlans: ReadonlyMap<string, number>,
  options: SyncOptions,
): { planned: PlannedNode[][]; releases: Release[] } {
  const { plans, releases } = planAddresses(endpoints.flat(), rows.interfaces, rows.addresses, rows.primaries);
  const onlyNew = options.sync_mode_node === "bootstrap_only";
  const planned = endpoints.map((nodes) => {
    const drafts = nodes.flatMap((node): Draft[] => {
      const addresses = plans.get(node.device);
      if (!addresses) return [];
      const interfaces = planInterfaces(node, rows.interfaces, rows.macs, vlans);
      const missing = { interfaces: interfaces.gone, macs: interfaces.goneMacs, addresses: addresses.gone };
      const draft = { node, interfaces, addresses, missing };
      return [onlyNew ? ofNewOnly(draft, rows) : draft];
    });
    const count = drafts.reduce((sum, { missing }) => sum + countMissing(missing), 0);
    const doubt =
      count > options.max_deletions
        ? `${count} rows of this endpoint are concerned and at most ${options.max_deletions} may be`
        : null;
    return drafts.map((draft) => finished(draft, rows, doubt));
  });
  const left = new Set(planned.flat().flatMap((node) => node.left.map(({ id }) => id)));
  const unassigned = rows.primaries.flatMap(({ device, primary4, primary6 }): Release[] => [
    ...(left.has(primary4 ?? 0) ? [{ device, family: 4 as const }] : []),
    ...(left.has(primary6 ?? 0) ? [{ device, family: 6 as const }] : []),
  ]);
  return { planned, releases: onlyNew ? [] : [...releases, ...unassigned] };
}

/** For who only wants made what is missing: nothing goes, no address that is there moves, and an interface with a MAC address gets no other. */
function ofNewOnly({ node, interfaces, addresses }: Draft, rows: NetworkRows): Draft {
  const holders = new Set(rows.macs.map((mac) => mac.interface));
  const held = new Set(
    rows.interfaces.flatMap(({ id, device, name }) => (device === node.device && holders.has(id) ? [name] : [])),
  );
  const kept = interfaces.interfaces.map((one) => (held.has(one.name) ? { ...one, mac: null } : one));
  const made = addresses.addresses.filter(({ settled }) => settled.state === "create");
  return {
    node,
    interfaces: { ...interfaces, interfaces: kept },
    addresses: { ...addresses, addresses: made },
    missing: { interfaces: [], macs: [], addresses: [] },
  };
}

function finished({ node, interfaces, addresses, missing }: Draft, rows: NetworkRows, doubt: string | null) {
  const present = rows.addresses.filter(({ owner }) => owner === ownerOf(node));
  const moving = new Set(
    addresses.addresses.flatMap(({ settled }) => (settled.state === "move" ? [settled.row.id] : [])),
  );
  const { left, gone, told } = judgeMissing(node, missing, present, moving, doubt);
  return {
    name: node.name,
    device: node.device,
    deviceName: node.deviceName,
    interfaces: interfaces.interfaces,
    addresses: addresses.addresses,
    primary: addresses.primary,
    left,
    gone,
    told: [...addresses.conflicts, ...told],
  } satisfies PlannedNode;
}

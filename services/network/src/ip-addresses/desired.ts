import type { SyncOptions } from "@proxbox/contracts/sync-options";
import { createOnly, type Desired, type Ref } from "@proxbox/netbox/desired";
import { oursTag } from "@proxbox/netbox/tags";
import { desiredAddress } from "../addresses/desired.ts";
import type { AddressBatch, AddressPlan, PrimaryPlan } from "./facts.ts";

/** A batch's addresses as NetBox should hold them, in their order. Pure. */
export function desiredAddresses({ addresses }: AddressBatch, options: SyncOptions): Desired[] {
  return addresses.map(({ granted, dnsName }) => {
    const desired = desiredAddress(granted, { kind: "vm-interface", id: granted.claim.at.id }, dnsName, options);
    return options.sync_mode_ip_address === "bootstrap_only" ? createOnly(desired) : desired;
  });
}

/**
 * What refers to a batch's addresses: the primary ones of machines and the links to guests' own interfaces. Pure. What
 * refers to an address that could not be made is left out.
 * @param ids the id of each address by its place; absent: it failed
 */
export function desiredReferences(
  { addresses, primaries }: AddressBatch,
  ids: readonly (number | undefined)[],
): Desired[] {
  return [
    ...primaries.flatMap((plan) => desiredPrimaries(plan, ids)),
    ...addresses.flatMap((plan, index) => desiredLink(plan, ids[index])),
  ];
}

function desiredPrimaries(
  { vm: id, machine, label, primary_ip4, primary_ip6 }: PrimaryPlan,
  ids: readonly (number | undefined)[],
): Desired[] {
  const entries = Object.entries({ primary_ip4, primary_ip6 }).flatMap(([field, place]): [string, Ref][] => {
    const address = place === undefined ? undefined : ids[place];
    return address === undefined ? [] : [[field, { kind: "ip-address", id: address }]];
  });
  if (entries.length === 0) return [];
  const values = Object.fromEntries(entries);
  return [{ kind: "primary-addresses", id, identity: { name: machine }, values, label, parent: machine }];
}

function desiredLink({ granted, link }: AddressPlan, address: number | undefined): Desired[] {
  if (link === undefined || address === undefined) return [];
  const guest: Ref = { kind: "guest-vm-interface", id: link };
  return [
    {
      kind: "guest-vm-interface-address",
      identity: { guest_interface: guest, ip_address: { kind: "ip-address", id: address } },
      values: {},
      tags: { add: [oursTag] },
      label: `${granted.claim.label} ${granted.claim.address}`,
    },
  ];
}

import type { SyncOptions } from "@proxbox/contracts/sync-options";
import { createOnly, type Desired, type Ref } from "@proxbox/netbox/desired";
import { oursTag } from "@proxbox/netbox/tags";
import { desiredAddress } from "../addresses/desired.ts";
import type { AddressPlan, GuestPlan } from "./facts.ts";

/** The addresses of guests as NetBox should hold them, in their order. Pure. */
export function desiredAddresses(guests: readonly GuestPlan[], options: SyncOptions): Desired[] {
  return guests.flatMap(({ addresses }) =>
    addresses.map(({ granted, dnsName }) => {
      const desired = desiredAddress(granted, { kind: "vm-interface", id: granted.claim.at.id }, dnsName, options);
      return options.sync_mode_ip_address === "bootstrap_only" ? createOnly(desired) : desired;
    }),
  );
}

/**
 * What refers to a guest's addresses: the machine's primary ones, and the links to the guest's own interfaces. Pure. What
 * refers to an address that could not be made is left out.
 * @param ids the id of each of the guest's addresses by its place; absent: it failed
 */
export function desiredReferences(plan: GuestPlan, ids: readonly (number | undefined)[]): Desired[] {
  return [...desiredPrimaries(plan, ids), ...plan.addresses.flatMap((one, place) => desiredLink(one, ids[place]))];
}

function desiredPrimaries(plan: GuestPlan, ids: readonly (number | undefined)[]): Desired[] {
  const { vm: id, machine, label, primary_ip4, primary_ip6 } = plan;
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

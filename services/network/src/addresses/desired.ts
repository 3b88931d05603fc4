import type { SyncOptions } from "@proxbox/contracts/sync-options";
import { assignedTo, type Desired, type Ref } from "@proxbox/netbox/desired";
import { oursTag } from "@proxbox/netbox/tags";
import type { Settled } from "./settle.ts";

/**
 * An address as NetBox should have it, on the interface that claims it. Pure. Tenant, VRF and role are the operator's.
 * @param dnsName the name it has as far as is known; null: not known, so what is there stays
 */
export function desiredAddress(
  settled: Exclude<Settled, { state: "conflict" }>,
  at: Ref,
  dnsName: string | null,
  options: SyncOptions,
): Desired {
  const { address, label } = settled.claim;
  const assigned = assignedTo(at);
  return {
    kind: "ip-address",
    ...("row" in settled ? { id: settled.row.id } : {}),
    identity: { address, vrf: null, ...assigned },
    values: { address, ...assigned, status: "active", ...(dnsName ? { dns_name: dnsName } : {}) },
    keep: [
      ...(options.overwrite_ip_status ? [] : ["status"]),
      ...(options.overwrite_ip_address_dns_name ? [] : ["dns_name"]),
    ],
    tags: { add: [oursTag], keep: !options.overwrite_ip_tags },
    label: `${label} ${address}`,
  };
}

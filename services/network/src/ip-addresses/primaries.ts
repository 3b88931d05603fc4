import type { KnownVm } from "@proxbox/netbox/guests/read";
import { parseCidr } from "@proxbox/proxmox/parse/guest-address";
import { familyOf, type Settled } from "../addresses/settle.ts";

/** A claim whose address is on its interface once the settlement is carried out. */
export type Granted = Exclude<Settled, { state: "conflict" }>;

/** The addresses that have to become a machine's primary ones; absent: that of the family stays as it is. */
export type Primaries = { primary_ip4?: Granted; primary_ip6?: Granted };

/**
 * Chooses a machine's primary addresses. Pure. The first of a family, a link-local one only where it has no other, is
 * chosen only where there is none, or where the present one leaves the machine: which of several valid ones it is, one
 * outside of a NAT too, is the operator's to say.
 * @param granted the machine's addresses, in the order of its cards
 * @param leaving the ids of addresses that leave their interface
 */
export function choosePrimaries(
  vm: Pick<KnownVm, "primaryIp4" | "primaryIp6">,
  granted: readonly Granted[],
  leaving: ReadonlySet<number>,
): Primaries {
  const choose = (present: number | null, family: 4 | 6): Granted | undefined => {
    // To go from one interface to another it had to cease being primary.
    const moved = granted.find((entry) => entry.state === "move" && entry.row.id === present);
    if (moved) return moved;
    if (present !== null && !leaving.has(present)) return undefined;
    const own = granted.filter(({ claim }) => familyOf(claim.host) === family);
    return own.find(({ claim }) => parseCidr(claim.address)?.scope === "global") ?? own[0];
  };
  const primary_ip4 = choose(vm.primaryIp4, 4);
  const primary_ip6 = choose(vm.primaryIp6, 6);
  return { ...(primary_ip4 ? { primary_ip4 } : {}), ...(primary_ip6 ? { primary_ip6 } : {}) };
}

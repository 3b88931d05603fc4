import type { Granted } from "./primaries.ts";

/** One address of a guest as it was settled for the whole run. */
export type AddressPlan = {
  granted: Granted;
  /** The name that the guest says it has; null: not known. */
  dnsName: string | null;
  /** The plugin's row of the guest's own interface that the address has still to be linked to. */
  link?: number;
};

/** The primary addresses that a machine has to get, by their place among the batch's addresses. */
export type PrimaryPlan = { vm: number; machine: string; label: string; primary_ip4?: number; primary_ip6?: number };

/** One item of the stage: the addresses of a chunk of guests. */
export type AddressBatch = { addresses: AddressPlan[]; primaries: PrimaryPlan[] };

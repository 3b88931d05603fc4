import type { Granted } from "./primaries.ts";

/** One address of a guest as it was settled for the whole run. */
export type AddressPlan = {
  granted: Granted;
  /** The name that the guest says it has; null: not known. */
  dnsName: string | null;
  /** The plugin's row of the guest's own interface that the address has still to be linked to. */
  link?: number;
};

/** What a guest's machine gets: addresses, and which of them, by their place, become primary. */
export type GuestPlan = {
  vm: number;
  machine: string;
  /** For reports, e.g. `web (vmid 100)`. */
  label: string;
  addresses: AddressPlan[];
  primary_ip4?: number;
  primary_ip6?: number;
};

/** One item of the stage: guests of a chunk that have addresses. */
export type AddressBatch = { guests: GuestPlan[] };

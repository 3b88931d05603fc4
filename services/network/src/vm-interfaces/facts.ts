import type { EstateGuest } from "@proxbox/estate/estates";
import type { CardRow } from "../cards/settle.ts";

/** The VLANs of an interface in NetBox's words, by the ids of NetBox. */
export type CardVlans = { mode: "access" | "tagged" | "tagged-all" | null; untagged: number | null; tagged: number[] };

/** One network card of a guest as it was settled for the whole run. */
export type CardPlan = {
  /** Key in the configuration. */
  key: string;
  /** Id and name of its virtual machine. */
  vm: number;
  machine: string;
  /** For reports, e.g. `web (vmid 100) net0`. */
  label: string;
  name: string;
  row: CardRow | null;
  enabled: boolean;
  mtu: number | null;
  /** Null: NetBox has no VLAN for it, so that what the interface says is left alone. */
  vlans: CardVlans | null;
  mac: string | null;
  /** The node's interface of the bridge it is on; null: on none; absent: it is not in NetBox. */
  bridge?: number | null;
  note?: string;
};

/** One item of the stage: guests of a chunk whose configuration was read, with their cards. */
export type CardBatch = { chunk: string; guests: { guest: EstateGuest; cards: CardPlan[] }[] };

/** A guest's interface as the plugin keeps it. MAC address in lower case. */
export type GuestInterfaceRow = {
  id: number;
  vm: number;
  name: string;
  mac: string;
  /** NetBox's interface it is linked to; only one can be linked to each. */
  card: number | null;
  ours: boolean;
};

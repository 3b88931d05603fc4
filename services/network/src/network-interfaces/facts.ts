import type { ObjectOutcome } from "@proxbox/contracts/messages";
import type { Desired } from "@proxbox/netbox/desired";
import type { GuestAddress } from "@proxbox/proxmox/parse/guest-address";
import type { Settled } from "../addresses/settle.ts";

/** What NetBox's interfaces of a device are to each other, by name. */
export type PlacedInterface = {
  name: string;
  type: "other" | "lag" | "bridge" | "virtual";
  enabled: boolean;
  mtu: number | null;
  mac: string | null;
  comment: string;
  /** Those an interface can have. */
  addresses: GuestAddress[];
  lag: string | null;
  bridge: string | null;
  parent: string | null;
  /** The VLAN it is in and how; `none`: in none; null: Proxmox does not say of this type, so it is the operator's. */
  vlan: { mode: "tagged" | "access"; vid: number } | "none" | null;
};

/** A node that answered, the device that stands for it, and its interfaces. */
export type ReadNode = {
  name: string;
  /** The address its cluster knows it by, without prefix. */
  ip: string | null;
  device: number;
  deviceName: string;
  /** Id of the device's site. */
  site: number;
  interfaces: PlacedInterface[];
};

/** An interface with what was settled for it: whether NetBox's type stays, and the id of its VLAN if it has one. */
export type PlannedInterface = PlacedInterface & { keepsType: boolean; vlanId: number | null };

/** An address that goes on an interface. */
export type PlannedAddress = { interface: string; family: 4 | 6; settled: Exclude<Settled, { state: "conflict" }> };

/** What is settled for one node. */
export type PlannedNode = {
  name: string;
  device: number;
  deviceName: string;
  interfaces: PlannedInterface[];
  addresses: PlannedAddress[];
  /** Of `addresses`, the host that becomes the device's primary address of its family. */
  primary: string | null;
  /** Addresses of ours that leave their interface, and rows of ours that are deleted once everything has left them. */
  left: Desired[];
  gone: Desired[];
  /** What is told without a write. */
  told: ObjectOutcome[];
};

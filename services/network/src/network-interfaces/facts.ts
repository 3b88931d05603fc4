import type { ObjectOutcome } from "@proxbox/contracts/messages";

/** A network interface of a node in plain words, as Proxmox describes it. */
export type NodeInterface = {
  name: string;
  /** Proxmox's own word: eth, bond, bridge, vlan, OVSBridge, OVSBond, OVSPort, OVSIntPort, alias, loopback, ... */
  type: string;
  active: boolean;
  mtu: number | null;
  /** Upper case with colons. */
  mac: string | null;
  comment: string;
  /** Those an interface can have, canonical, with prefix and without. */
  addresses: NodeAddress[];
  /** Interfaces that a bond bundles or a bridge connects. */
  members: string[];
  /** The OVS bridge it is a port of. */
  bridge: string | null;
  /** Number of its VLAN, of an OVS port its tag. */
  vlan: number | null;
  /** The interface below a VLAN interface. */
  rawDevice: string | null;
};

/** An address of a node, e.g. `192.0.2.5/24` and `192.0.2.5`. */
export type NodeAddress = { address: string; host: string; family: 4 | 6 };

/** What NetBox's interfaces of a device are to each other, by name. */
export type PlacedInterface = {
  name: string;
  type: "other" | "lag" | "bridge" | "virtual";
  enabled: boolean;
  mtu: number | null;
  mac: string | null;
  comment: string;
  addresses: NodeAddress[];
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

/** An address that goes on an interface: on the row with this id, or on a new one. */
export type PlannedAddress = NodeAddress & { interface: string; row: number | null };

/** A row that goes. */
export type GoneRow = { kind: "interface" | "mac-address" | "ip-address"; id: number; label: string };

/** What is settled for one node. */
export type PlannedNode = {
  name: string;
  device: number;
  deviceName: string;
  interfaces: PlannedInterface[];
  addresses: PlannedAddress[];
  /** Of `addresses`, the one that becomes the device's primary address of its family. */
  primary: string | null;
  gone: GoneRow[];
  /** What is told of it without a write. */
  told: ObjectOutcome[];
};

import { boolean, choice, integer, type Kind, reference, references, text } from "../kind.ts";

/** NetBox holds the VLANs of an interface against its mode: a change of one without the rest may contradict it. */
const vlans = { mode: choice, untagged_vlan: reference("vlan"), tagged_vlans: references("vlan") };
const vlansTogether = [Object.keys(vlans)];

/** `dcim/interfaces`. A VLAN has to be of the device's site or of none; `type` cannot be `loopback`. */
export const deviceInterface: Kind = {
  path: "dcim/interfaces",
  label: "interface",
  model: "dcim.interface",
  identity: { device: "device_id", name: null },
  fields: {
    device: reference("device"),
    name: text(64),
    label: text(64),
    type: choice,
    enabled: boolean,
    mtu: integer,
    speed: integer,
    duplex: choice,
    mgmt_only: boolean,
    parent: reference("interface"),
    bridge: reference("interface"),
    lag: reference("interface"),
    description: text(200),
    ...vlans,
  },
  tagged: true,
  unique: ["device", "name"],
  parkable: "name",
  together: vlansTogether,
};

/** `virtualization/interfaces`. Bridge and parent have to be interfaces of the same virtual machine. */
export const vmInterface: Kind = {
  path: "virtualization/interfaces",
  label: "interface",
  model: "virtualization.vminterface",
  identity: { virtual_machine: "virtual_machine_id", name: null },
  fields: {
    virtual_machine: reference("virtual-machine"),
    name: text(64),
    enabled: boolean,
    mtu: integer,
    parent: reference("vm-interface"),
    bridge: reference("vm-interface"),
    description: text(200),
    ...vlans,
  },
  tagged: true,
  unique: ["virtual_machine", "name"],
  parkable: "name",
  together: vlansTogether,
};

/** Which MAC address of a virtual machine's interface is its own; it has to be assigned to it first. */
export const primaryMac: Kind = {
  path: vmInterface.path,
  label: "primary MAC address",
  model: vmInterface.model,
  completes: "vm-interface",
  identity: vmInterface.identity,
  fields: {
    virtual_machine: reference("virtual-machine"),
    name: text(64),
    primary_mac_address: reference("mac-address"),
  },
  tagged: false,
};

/** Which MAC address of a device's interface is its own; it has to be assigned to it first. */
export const interfacePrimaryMac: Kind = {
  path: deviceInterface.path,
  label: "primary MAC address",
  model: deviceInterface.model,
  completes: "interface",
  identity: deviceInterface.identity,
  fields: { device: reference("device"), name: text(64), primary_mac_address: reference("mac-address") },
  tagged: false,
};

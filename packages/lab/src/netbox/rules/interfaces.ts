import type { Change, Derive, Errors, Lookup, Row, Rule } from "../model.ts";

/** What differs between interfaces of devices and of VMs. */
type Side = {
  readonly path: string;
  readonly type: string;
  readonly parent: string;
  readonly parentPath: string;
  readonly noun: string;
};

const DEVICE: Side = {
  path: "dcim/interfaces",
  type: "dcim.interface",
  parent: "device",
  parentPath: "dcim/devices",
  noun: "device",
};

const MACHINE: Side = {
  path: "virtualization/interfaces",
  type: "virtualization.vminterface",
  parent: "virtual_machine",
  parentPath: "virtualization/virtual-machines",
  noun: "virtual machine",
};

const LINKS = [
  ["parent", "parent interface"],
  ["bridge", "bridge interface"],
  ["lag", "LAG interface"],
] as const;

const ITSELF: Readonly<Record<string, string>> = {
  parent: "An interface cannot be its own parent.",
  bridge: "An interface cannot be bridged to itself.",
  lag: "A LAG interface cannot be its own parent.",
};

const linkFault = (side: Side, { row, lookup }: Change): Errors | undefined => {
  for (const [field, noun] of LINKS) {
    const other = lookup.get(side.path, row[field]);
    if (!other) continue;
    if (other.id === row.id) return { [field]: [ITSELF[field] as string] };
    if (other[side.parent] === row[side.parent]) continue;
    const owner = lookup.get(side.parentPath, other[side.parent]);
    const end = field === "parent" && side === DEVICE ? "" : ".";
    const message = `The selected ${noun} (${other.name}) belongs to a different ${side.noun} (${owner?.name})${end}`;
    return { [field]: [message] };
  }
  return undefined;
};

const linksAgree =
  (side: Side): Rule =>
  (change) =>
    linkFault(side, change);

/** Parents, bridges and LAGs are interfaces of the same device. */
export const deviceLinks: Rule = linksAgree(DEVICE);

/** Parents and bridges are interfaces of the same VM. */
export const machineLinks: Rule = linksAgree(MACHINE);

/** Only virtual interfaces have a parent. */
export const onlyVirtualHaveParents: Rule = ({ row }) =>
  row.parent !== null && row.type !== "virtual"
    ? { parent: ["Only virtual interfaces may be assigned to a parent interface."] }
    : undefined;

/** Virtual interfaces are no members of a LAG. */
export const virtualHaveNoLag: Rule = ({ row }) =>
  row.lag !== null && row.type === "virtual"
    ? { lag: ["Virtual interfaces cannot have a parent LAG interface."] }
    : undefined;

/** Device interfaces take VLANs only in a mode that has them. */
export const modeAllowsVlans: Rule = ({ row }) => {
  if (row.mode === null && row.untagged_vlan !== null) {
    return { untagged_vlan: ["Interface mode does not support untagged vlan"] };
  }
  return row.mode !== "tagged" && (row.tagged_vlans as number[]).length > 0
    ? { tagged_vlans: ["Interface mode does not support tagged vlans"] }
    : undefined;
};

const foreign = (lookup: Lookup, side: Side, row: Row, vlan: Row | undefined) =>
  vlan !== undefined && vlan.site !== null && vlan.site !== lookup.get(side.parentPath, row[side.parent])?.site;

const vlanSites =
  (side: Side): Rule =>
  ({ row, lookup }) => {
    const name = (vlan: Row) => lookup.display("ipam/vlans", vlan);
    const place = `must belong to the same site as the interface's parent ${side.noun}, or it must be global.`;
    const untagged = lookup.get("ipam/vlans", row.untagged_vlan);
    if (untagged && foreign(lookup, side, row, untagged)) {
      return { untagged_vlan: [`The untagged VLAN (${name(untagged)}) ${place}`] };
    }
    for (const id of row.tagged_vlans as number[]) {
      const vlan = lookup.get("ipam/vlans", id);
      if (vlan && foreign(lookup, side, row, vlan)) return { tagged_vlans: [`VLAN ${name(vlan)} ${place}`] };
    }
    return undefined;
  };

/** VLANs are global or of the device's site. */
export const deviceVlanSites: Rule = vlanSites(DEVICE);

/** VLANs are global or of the VM's site. */
export const machineVlanSites: Rule = vlanSites(MACHINE);

/** A VM interface without a mode drops its VLANs without a word. */
export const dropVlansWithoutMode: Derive = ({ row }) =>
  row.mode === null ? { untagged_vlan: null, tagged_vlans: [] } : undefined;

const primaryMac =
  (side: Side): Rule =>
  ({ row, lookup }) => {
    const mac = lookup.get("dcim/mac-addresses", row.primary_mac_address);
    if (!mac || mac.assigned_object_id === null) return undefined;
    if (mac.assigned_object_type === side.type && mac.assigned_object_id === row.id) return undefined;
    const path = lookup.pathOf(mac.assigned_object_type) ?? side.path;
    const holder = lookup.get(path, mac.assigned_object_id);
    const message = `MAC address ${mac.mac_address} is assigned to a different interface (${holder?.name}).`;
    return { primary_mac_address: [message] };
  };

/** The primary MAC address of a device's interface is on no other. */
export const devicePrimaryMac: Rule = primaryMac(DEVICE);

/** The primary MAC address of a VM's interface is on no other. */
export const machinePrimaryMac: Rule = primaryMac(MACHINE);

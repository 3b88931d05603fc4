import type { SyncOptions } from "@proxbox/contracts/sync-options";
import { assignedTo, createOnly, type Desired, type Ref } from "@proxbox/netbox/desired";
import { oursTag } from "@proxbox/netbox/tags";
import { desiredAddress } from "../addresses/desired.ts";
import type { Release } from "./addresses.ts";
import type { PlannedAddress, PlannedInterface, PlannedNode } from "./facts.ts";

type Device = Pick<PlannedNode, "name" | "device" | "deviceName">;

/**
 * What NetBox should hold of a node's network: its interfaces, their MAC addresses and addresses, and the device's
 * primary address. Pure. A comment goes into the description; without one the description is the operator's, whose text
 * NetBox cannot tell from an old comment.
 */
export function desiredNode(node: PlannedNode, options: SyncOptions): Desired[] {
  const wanted = [
    ...node.interfaces.map((one) => desiredInterface(node, one, options)),
    ...node.interfaces.flatMap((one) => desiredMac(node, one)),
    ...node.addresses.map((address) => desiredOn(node, address, options)),
  ];
  const primary = desiredPrimary(node);
  if (options.sync_mode_node !== "bootstrap_only") return [...wanted, ...primary];
  return [...wanted.map(createOnly), ...primary.map((one) => ({ ...one, keepIfSet: Object.keys(one.values) }))];
}

function interfaceRef({ device }: Device, name: string): Ref {
  return { kind: "interface", identity: { device: { kind: "device", id: device }, name } };
}

function desiredInterface(node: Device, one: PlannedInterface, options: SyncOptions): Desired {
  const other = (name: string | null) => name && interfaceRef(node, name);
  return {
    kind: "interface",
    identity: { device: { kind: "device", id: node.device }, name: one.name },
    values: {
      type: one.type,
      enabled: one.enabled,
      mtu: one.mtu,
      lag: other(one.lag),
      bridge: other(one.bridge),
      parent: other(one.parent),
      ...vlanValues(one),
      ...(one.comment ? { description: one.comment } : {}),
    },
    keep: one.keepsType ? ["type"] : [],
    tags: { add: [oursTag], keep: !options.overwrite_node_interface_tags },
    label: `${node.name} ${one.name}`,
    parent: node.deviceName,
  };
}

function vlanValues({ vlan, vlanId }: PlannedInterface): Desired["values"] {
  if (vlan === null) return {};
  if (vlan === "none" || vlanId === null) return { mode: null, untagged_vlan: null, tagged_vlans: [] };
  const ref: Ref = { kind: "vlan", id: vlanId };
  return vlan.mode === "tagged"
    ? { mode: "tagged", untagged_vlan: null, tagged_vlans: [ref] }
    : { mode: "access", untagged_vlan: ref, tagged_vlans: [] };
}

function desiredMac(node: Device, { name, mac }: PlannedInterface): Desired[] {
  if (!mac) return [];
  const at = interfaceRef(node, name);
  const identity = { ...assignedTo(at), mac_address: mac };
  const label = `${node.name} ${name} ${mac}`;
  const parent = node.deviceName;
  return [
    { kind: "mac-address", identity, values: {}, tags: { add: [oursTag] }, label, parent },
    {
      kind: "interface-primary-mac",
      identity: { device: { kind: "device", id: node.device }, name },
      values: { primary_mac_address: { kind: "mac-address", identity } satisfies Ref },
      label,
      parent,
    },
  ];
}

function desiredOn(node: Device, planned: PlannedAddress, options: SyncOptions): Desired {
  const at = interfaceRef(node, planned.interface);
  return { ...desiredAddress(planned.settled, at, null, options), parent: node.deviceName };
}

function addressRef(node: Device, { settled, interface: name }: PlannedAddress): Ref {
  if ("row" in settled) return { kind: "ip-address", id: settled.row.id };
  const { address } = settled.claim;
  return { kind: "ip-address", identity: { address, vrf: null, ...assignedTo(interfaceRef(node, name)) } };
}

function desiredPrimary(node: PlannedNode): Desired[] {
  const primary = node.addresses.find(({ settled }) => settled.claim.host === node.primary);
  if (!primary) return [];
  return [
    {
      kind: "device-primary-addresses",
      id: node.device,
      identity: { name: node.deviceName },
      values: { [`primary_ip${primary.family}`]: addressRef(node, primary) },
      label: node.name,
      parent: node.deviceName,
    },
  ];
}

/** Takes primary addresses from devices whose address goes elsewhere: NetBox moves none that is primary. Pure. */
export function desiredReleases(
  nodes: readonly Pick<PlannedNode, "device" | "deviceName">[],
  releases: readonly Release[],
): Desired[] {
  return [...Map.groupBy(releases, ({ device }) => device)].map(([device, families]) => {
    const name = nodes.find((node) => node.device === device)?.deviceName ?? `device ${device}`;
    return {
      kind: "device-primary-addresses",
      id: device,
      identity: { name },
      values: Object.fromEntries(families.map(({ family }) => [`primary_ip${family}`, null])),
      label: name,
      parent: name,
    };
  });
}

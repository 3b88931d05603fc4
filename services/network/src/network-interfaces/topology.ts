import type { NodeInterface } from "@proxbox/proxmox/resources/node-network";
import type { PlacedInterface } from "./facts.ts";

/** Proxmox's types that have one of their own in NetBox; what a port of metal is Proxmox does not tell. */
const types: Readonly<Record<string, PlacedInterface["type"]>> = {
  bond: "lag",
  OVSBond: "lag",
  bridge: "bridge",
  OVSBridge: "bridge",
  vlan: "virtual",
  OVSIntPort: "virtual",
};

/** The type that NetBox gives an interface of a Proxmox node. */
export function typeOf(type: string): PlacedInterface["type"] {
  return types[type] ?? "other";
}

/**
 * How a node's interfaces are connected, in NetBox's words. Pure. Loopbacks and aliases (`vmbr0:1`) are no interfaces
 * in NetBox, and what refers to an interface that the node does not have is left out.
 * @param linkLocal whether link-local addresses are wanted; an address that no interface can have never is
 */
export function placeInterfaces(all: readonly NodeInterface[], linkLocal: boolean): PlacedInterface[] {
  const shown = all.filter(({ name, type }) => name !== "lo" && type !== "loopback" && type !== "alias");
  const names = new Set(shown.map(({ name }) => name));
  const lags = ownersOf(shown, "lag", ({ slaves }) => slaves);
  const bridges = ownersOf(shown, "bridge", ({ ports }) => ports);
  return shown.map((one): PlacedInterface => {
    const { name, mtu, mac } = one;
    const type = typeOf(one.type);
    const known = (other: string | null | undefined) => (other && other !== name && names.has(other) ? other : null);
    return {
      name,
      type,
      enabled: one.active,
      mtu,
      mac,
      comment: one.comment.replace(/\s+/g, " "),
      addresses: one.addresses.filter(({ scope }) => scope === "global" || (linkLocal && scope === "link-local")),
      // NetBox 4.6.8 takes no virtual interface into a LAG, and gives only virtual ones a parent.
      lag: type === "virtual" ? null : known(lags.get(name)),
      bridge: known(one.bridge ?? bridges.get(name)),
      parent: one.type === "vlan" ? known(one.rawDevice) : null,
      vlan: vlanOf(one),
    };
  });
}

function ownersOf(
  all: readonly NodeInterface[],
  type: PlacedInterface["type"],
  membersOf: (owner: NodeInterface) => readonly string[],
): Map<string, string> {
  const owners = all.filter((owner) => typeOf(owner.type) === type);
  return new Map(owners.flatMap((owner) => membersOf(owner).map((member) => [member, owner.name] as const)));
}

function vlanOf({ type, vlan }: NodeInterface): PlacedInterface["vlan"] {
  const isOvsPort = type.startsWith("OVS") && type !== "OVSBridge";
  if (type !== "vlan" && !isOvsPort) return null;
  // An OVS port with a tag takes frames without one, as an access port does.
  return vlan === null ? "none" : { mode: isOvsPort ? "access" : "tagged", vid: vlan };
}

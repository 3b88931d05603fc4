import type { NodeInterface, PlacedInterface } from "./facts.ts";

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
 * in NetBox. What refers to an interface that the node does not have is left out.
 */
export function placeInterfaces(all: readonly NodeInterface[]): PlacedInterface[] {
  const shown = all.filter(({ name, type }) => name !== "lo" && type !== "loopback" && type !== "alias");
  const names = new Set(shown.map(({ name }) => name));
  const lags = ownersOf(shown, "lag");
  const bridges = ownersOf(shown, "bridge");
  return shown.map((one): PlacedInterface => {
    const { name, mtu, mac, addresses } = one;
    const type = typeOf(one.type);
    const known = (other: string | null | undefined) => (other && other !== name && names.has(other) ? other : null);
    return {
      name,
      type,
      enabled: one.active,
      mtu,
      mac,
      comment: one.comment.replace(/\s+/g, " ").trim(),
      addresses,
      // NetBox 4.6.8 takes no virtual interface into a LAG, and gives only virtual ones a parent.
      lag: type === "virtual" ? null : known(lags.get(name)),
      bridge: known(one.bridge ?? bridges.get(name)),
      parent: one.type === "vlan" ? known(one.rawDevice ?? splitName(name)?.rawDevice) : null,
      vlan: vlanOf(one),
    };
  });
}

function ownersOf(all: readonly NodeInterface[], type: PlacedInterface["type"]): Map<string, string> {
  return new Map(
    all
      .filter((owner) => typeOf(owner.type) === type)
      .flatMap(({ name, members }) => members.map((member) => [member, name] as const)),
  );
}

function vlanOf({ type, name, vlan }: NodeInterface): PlacedInterface["vlan"] {
  if (type === "vlan") {
    const vid = vlan ?? splitName(name)?.vlan ?? /^vlan(\d+)$/.exec(name)?.[1];
    return vid === undefined ? "none" : inRange(Number(vid), "tagged");
  }
  // An OVS port with a tag takes frames without one, as an access port does.
  if (type.startsWith("OVS") && type !== "OVSBridge") return vlan === null ? "none" : inRange(vlan, "access");
  return null;
}

function inRange(vid: number, mode: "tagged" | "access"): PlacedInterface["vlan"] {
  return vid >= 1 && vid <= 4094 ? { mode, vid } : "none";
}

/** `eno1.10` is VLAN 10 on eno1, and `eno1.10.20` VLAN 20 on that. */
function splitName(name: string): { rawDevice: string; vlan: number } | null {
  const match = /^(.+)\.(\d+)$/.exec(name);
  return match ? { rawDevice: match[1] ?? "", vlan: Number(match[2]) } : null;
}

import { assignedTo, type Desired, type Ref } from "@proxbox/netbox/desired";
import { slugOf } from "@proxbox/netbox/hosts/facts";
import { oursTag } from "@proxbox/netbox/tags";
import type { SdnVnet, SdnZone } from "@proxbox/proxmox/resources/sdn";
import type { SdnFacts, SdnOwner } from "./facts.ts";

/** What NetBox has that the network touches. */
export type SdnScope = {
  /** Ids of prefixes outside of VRFs, by prefix: the one that stands for it. */
  prefixes: ReadonlyMap<string, number>;
  /** Interfaces of the endpoint's devices that are called as a vnet. */
  interfaces: readonly { id: number; device: number; name: string }[];
  /** The L2VPN that ends on an interface, by the interface's id. */
  ends: ReadonlyMap<number, { slug: string; name: string }>;
};

/** Zones whose vnets are carried over other networks; vnets of other zones are plain bridges or VLANs. */
const overlays: Readonly<Record<string, string>> = { vxlan: "vxlan", evpn: "vxlan-evpn" };

/** NetBox's limit for the name of a route target. */
const longestTarget = 21;
const longestName = 100;

/** A reference to the L2VPN of a vnet; null for a vnet of a zone that is no overlay. */
export function l2vpnRefOf(vnet: SdnVnet, sdn: Pick<SdnFacts, "zones">, owner: SdnOwner): Ref | null {
  const zone = overlayOf(vnet, sdn);
  return zone && { kind: "l2vpn", identity: { slug: slugOfVnet(vnet, owner) } };
}

/** A reference to the prefix of a subnet. */
export function prefixRefOf(prefix: string, scope: Pick<SdnScope, "prefixes">): Ref {
  const id = scope.prefixes.get(prefix);
  return id === undefined ? { kind: "prefix", identity: { prefix, vrf: null } } : { kind: "prefix", id };
}

/**
 * NetBox's own objects for a software-defined network: route targets, an L2VPN for each vnet of a VXLAN or EVPN zone and
 * where it ends, a prefix for each subnet. Pure. Prefixes and route targets that are there are used as they are.
 */
export function desiredOverlay(sdn: SdnFacts, owner: SdnOwner, scope: SdnScope): Desired[] {
  const carried = sdn.vnets.flatMap((vnet) => {
    const zone = overlayOf(vnet, sdn);
    return zone ? [{ vnet, zone }] : [];
  });
  const targets = new Set(carried.flatMap(({ zone }) => targetsOf(zone)));
  return [
    ...[...targets].map(desiredTarget),
    ...missingPrefixes(sdn, owner, scope),
    ...carried.map(({ vnet, zone }) => desiredL2vpn(vnet, zone, owner)),
    ...carried.flatMap(({ vnet }) =>
      endsOf(vnet, owner, scope).flatMap(({ interface: id, node, holder }) =>
        holder ? [] : [desiredEnd(vnet, owner, id, node)],
      ),
    ),
  ];
}

/** The prefixes of subnets that NetBox does not have, each once. Pure. */
export function missingPrefixes(sdn: SdnFacts, owner: SdnOwner, { prefixes }: Pick<SdnScope, "prefixes">): Desired[] {
  return [...new Set(sdn.subnets.flatMap(({ prefix }) => prefix ?? []))]
    .filter((prefix) => !prefixes.has(prefix))
    .map((prefix) => desiredPrefix(prefix, owner));
}

/** Where a vnet's L2VPN ends: the interfaces of nodes that bear its name; `holder` is another L2VPN that ends there. */
export function endsOf(
  vnet: SdnVnet,
  owner: SdnOwner,
  scope: SdnScope,
): { node: string; interface: number; holder: string | null }[] {
  const slug = slugOfVnet(vnet, owner);
  return owner.devices.flatMap(({ node, id }) => {
    const found = scope.interfaces.find(({ device, name }) => device === id && name === vnet.name);
    if (!found) return [];
    const present = scope.ends.get(found.id);
    return [{ node, interface: found.id, holder: present && present.slug !== slug ? present.name : null }];
  });
}

function overlayOf(vnet: SdnVnet, { zones }: Pick<SdnFacts, "zones">): SdnZone | null {
  return zones.find(({ name, type }) => name === vnet.zone && type in overlays) ?? null;
}

function targetsOf({ rtImport }: SdnZone): string[] {
  return rtImport.filter((target) => target.includes(":") && target.length <= longestTarget);
}

/** How the slugs of an endpoint's L2VPNs begin. */
export function slugPrefix(endpoint: number): string {
  return `proxbox-${endpoint}-`;
}

function slugOfVnet({ zone, name }: SdnVnet, { endpoint, cluster }: SdnOwner): string {
  return slugPrefix(endpoint) + [cluster, zone, name].map((text) => slugOf(text)).join("-");
}

function desiredTarget(name: string): Desired {
  return {
    kind: "route-target",
    identity: { name },
    values: {},
    onCreate: { description: "Route target that a zone of Proxmox imports." },
    tags: { add: [oursTag], onCreateOnly: true },
    label: name,
  };
}

function desiredPrefix(prefix: string, { cluster }: SdnOwner): Desired {
  return {
    kind: "prefix",
    identity: { prefix, vrf: null },
    values: {},
    onCreate: { status: "active", description: `Subnet of the software-defined network of ${cluster}.` },
    tags: { add: [oursTag], onCreateOnly: true },
    label: prefix,
  };
}

function desiredL2vpn(vnet: SdnVnet, zone: SdnZone, owner: SdnOwner): Desired {
  const rest = ` / ${owner.cluster} / ${zone.name} / ${vnet.name}`;
  return {
    kind: "l2vpn",
    identity: { slug: slugOfVnet(vnet, owner) },
    values: {
      type: overlays[zone.type],
      status: statusOf(vnet.state || zone.state),
      identifier: vnet.tag,
      import_targets: targetsOf(zone).map((name): Ref => ({ kind: "route-target", identity: { name } })),
    },
    onCreate: {
      // The end tells one from another, so it is the endpoint's name that is cut.
      name: `Proxbox ${owner.endpointName}`.slice(0, Math.max(0, longestName - rest.length)) + rest,
      description: "VNet of a Proxmox cluster.",
    },
    tags: { add: [oursTag] },
    label: `${owner.cluster}/${zone.name}/${vnet.name}`,
  };
}

/** A change that is not applied yet is planned; one that takes it away is its end. */
function statusOf(state: string): string {
  return state === "new" ? "planned" : state === "deleted" ? "decommissioning" : "active";
}

function desiredEnd(vnet: SdnVnet, owner: SdnOwner, id: number, node: string): Desired {
  const l2vpn: Ref = { kind: "l2vpn", identity: { slug: slugOfVnet(vnet, owner) } };
  return {
    kind: "l2vpn-termination",
    identity: { l2vpn, ...assignedTo({ kind: "interface", id }) },
    values: {},
    tags: { add: [oursTag], onCreateOnly: true },
    label: `${owner.cluster}/${vnet.zone}/${vnet.name} on ${node}`,
  };
}

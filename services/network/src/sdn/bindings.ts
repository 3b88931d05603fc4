import type { Desired, Ref } from "@proxbox/netbox/desired";
import { oursTag } from "@proxbox/netbox/tags";
import type { SdnFacts, SdnOwner } from "./facts.ts";
import { endsOf, l2vpnRefOf, prefixRefOf, type SdnScope } from "./overlay.ts";

type Binding = {
  type: "vnet" | "subnet" | "l2vpn-termination";
  name: string;
  zone: string;
  vnet: string;
  node?: string;
  target: { type: string; ref: Ref };
  /** Why it is not bound. */
  conflict?: string;
};

/**
 * Rows of the plugin's table of bindings: which object of NetBox a vnet, a subnet or the end of a vnet on a node became.
 * Pure. An interface that belongs to another L2VPN keeps it; the row says so.
 */
export function desiredBindings(sdn: SdnFacts, owner: SdnOwner, scope: SdnScope): Desired[] {
  const bindings = [
    ...sdn.vnets.flatMap((vnet): Binding[] => {
      const ref = l2vpnRefOf(vnet, sdn, owner);
      if (!ref) return [];
      const base = { zone: vnet.zone, vnet: vnet.name };
      return [
        { ...base, type: "vnet", name: `${vnet.zone}/${vnet.name}`, target: { type: "vpn.l2vpn", ref } },
        ...endsOf(vnet, owner, scope).map(
          ({ node, interface: id, holder }): Binding => ({
            ...base,
            type: "l2vpn-termination",
            name: `${node}/${vnet.zone}/${vnet.name}`,
            node,
            target: { type: "dcim.interface", ref: { kind: "interface", id } },
            ...(holder ? { conflict: `The interface is an end of L2VPN ${holder}.` } : {}),
          }),
        ),
      ];
    }),
    ...sdn.subnets.flatMap(({ prefix, vnet, zone }): Binding[] =>
      prefix === null
        ? []
        : [
            {
              type: "subnet",
              name: `${vnet}/${prefix}`,
              zone,
              vnet,
              target: { type: "ipam.prefix", ref: prefixRefOf(prefix, scope) },
            },
          ],
    ),
  ];
  return bindings.map(({ type, name, zone, vnet, node = "", target, conflict = "" }) => ({
    kind: "sdn-binding",
    identity: {
      endpoint: { kind: "proxmox-endpoint", id: owner.endpoint },
      cluster_name: owner.cluster,
      source_type: type,
      source_name: name,
    },
    values: {
      node,
      zone_name: zone,
      vnet_name: vnet,
      target_type: target.type,
      target_id: target.ref,
      status: conflict ? "conflict" : "active",
      conflict_reason: conflict,
      raw_config: {},
    },
    tags: { add: [oursTag] },
    label: `${owner.cluster}/${type} ${name}`,
  }));
}

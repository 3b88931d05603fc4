import type { EstateSdn, Row } from "./estate.ts";

/** Software-defined networks of every kind, of the cluster at this place in the estate. */
export function buildSdn(cluster: number, nodes: readonly string[]): EstateSdn {
  const asn = 65_000 + cluster;
  const peers = nodes.map((_, at) => `10.${cluster + 1}.0.${at + 11}`).join(",");
  return {
    controllers: [
      { controller: "evpnctl", type: "evpn", asn, peers },
      { controller: `bgp${nodes[0]}`, type: "bgp", asn: `${asn}`, node: nodes[0], peers: "10.9.9.1", ebgp: 1 },
      {
        controller: "isis1",
        type: "isis",
        "isis-domain": "lab",
        "isis-net": "47.0023.0000.0000.0000.0000.0000.0000.1900.0004.00",
      },
    ],
    zones: [
      { zone: "simple1", type: "simple", ipam: "pve", dhcp: "dnsmasq" },
      { zone: "vlan1", type: "vlan", bridge: "vmbr0", mtu: "1500", nodes: nodes.join(",") },
      { zone: "qinq1", type: "qinq", bridge: "vmbr0", tag: 40, "vlan-protocol": "802.1ad" },
      { zone: "vxlan1", type: "vxlan", peers, mtu: 1450 },
      {
        zone: "evpn1",
        type: "evpn",
        controller: "evpnctl",
        "vrf-vxlan": 10_000 + cluster,
        "rt-import": `${asn}:1,${asn}:2`,
      },
    ],
    vnets: [
      { vnet: "simnet", type: "vnet", zone: "simple1" },
      { vnet: "vlan100", type: "vnet", zone: "vlan1", tag: "100", alias: "Büronetz (EG)", vlanaware: 1 },
      { vnet: "vx200", type: "vnet", zone: "vxlan1", tag: 20_000 + cluster },
      { vnet: "ev300", type: "vnet", zone: "evpn1", tag: 30_000 + cluster, "isolate-ports": 1 },
    ],
    subnets: {
      simnet: [subnet("simple1", `10.200.${cluster}.0/24`, "simnet", { snat: 1, gateway: `10.200.${cluster}.1` })],
      ev300: [
        subnet("evpn1", `10.201.${cluster}.0/24`, "ev300", { gateway: `10.201.${cluster}.1` }),
        subnet("evpn1", `2001:db8:${cluster + 1}:300::/64`, "ev300", {}),
      ],
    },
    fabrics: [
      {
        id: "under1",
        protocol: "openfabric",
        ip_prefix: `10.210.${cluster}.0/24`,
        hello_interval: 3,
        redistribute: [],
      },
      { id: "ospf1", protocol: "ospf", area: "0", ip_prefix: `10.211.${cluster}.0/24`, redistribute: [] },
    ],
    fabricNodes: nodes.map((node, at) => ({
      fabric_id: "under1",
      node_id: node,
      protocol: "openfabric",
      interfaces: ["name=eno4"],
      ip: `10.210.${cluster}.${at + 1}`,
    })),
    ipams: [{ ipam: "pve", type: "pve" }],
    dns: [],
  };
}

function subnet(zone: string, cidr: string, vnet: string, extras: Row): Row {
  return { subnet: `${zone}-${cidr.replace("/", "-")}`, type: "subnet", vnet, zone, cidr, ...extras };
}

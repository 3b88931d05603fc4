import ipaddr from "ipaddr.js";
import type { EstateNode, Row } from "../../src/proxmox/estate.ts";
import { deviceOf, placeOf, type Shown, type Truth } from "./form.ts";

/** The interfaces of an endpoint's nodes, their addresses, and the VLANs they are in. */
export function nodeNetworkOf(shown: Shown): Truth {
  const interfaces: Truth[string] = {};
  const addresses: Truth[string] = {};
  const vlans: Truth[string] = {};
  for (const node of shown.cluster.nodes.filter(({ online }) => online)) {
    const device = deviceOf(shown, node.name);
    const rows = shownRows(node);
    for (const row of rows) {
      const key = `${device}/${row.iface}`;
      const other = (name: string | undefined) => (name === undefined ? null : `${device}/${name}`);
      const vlan = vlanOf(row);
      const at = vlan ? [`${placeOf(shown).site}/${vlan.vid}`] : [];
      if (vlan) vlans[`${placeOf(shown).site}/${vlan.vid}`] = vlanColumns(placeOf(shown).site, vlan.vid);
      interfaces[key] = {
        device,
        name: row.iface,
        type: types[String(row.type)] ?? "other",
        enabled: row.active === 1,
        mtu: row.mtu === undefined ? null : Number(row.mtu),
        lag: other(ownerOf(rows, row, /bond/i)),
        bridge: other(ownerOf(rows, row, /bridge/i) ?? (row.ovs_bridge as string | undefined)),
        parent: other(row.type === "vlan" ? rawDeviceOf(row) : undefined),
        mode: vlan?.mode ?? null,
        untagged_vlan: vlan?.mode === "access" ? at[0] : null,
        tagged_vlans: vlan?.mode === "tagged" ? at : [],
        description: String(row.comments ?? "").trim(),
        primary_mac_address: null,
        tags: ["proxbox"],
      };
      for (const address of addressesOf(row)) addresses[address] = addressColumns("dcim.interface", key, address, "");
    }
  }
  return { "dcim/interfaces": interfaces, "ipam/ip-addresses": addresses, "ipam/vlans": vlans };
}

/** The primary address of a node's device: the one its cluster knows it by. */
export function primaryOf(node: EstateNode): string | null {
  if (!node.online) return null;
  return (
    shownRows(node)
      .flatMap(addressesOf)
      .find((address) => address.startsWith(`${node.ip}/`)) ?? null
  );
}

/** The columns of a VLAN that was made for what is in it. */
export function vlanColumns(site: string, vid: number) {
  return { vid, name: `VLAN ${vid}`, site, group: null, tenant: null, status: "active", tags: ["proxbox"] };
}

/** The columns of an address on an interface. */
export function addressColumns(type: string, at: string, address: string, name: string) {
  return {
    address,
    vrf: null,
    tenant: null,
    role: null,
    status: "active",
    dns_name: name,
    assigned_object_type: type,
    assigned_object: at,
    description: "",
    tags: ["proxbox"],
  };
}

const types: Record<string, string> = {
  bond: "lag",
  OVSBond: "lag",
  bridge: "bridge",
  OVSBridge: "bridge",
  vlan: "virtual",
  OVSIntPort: "virtual",
};

/** The loopback is in every node, and an alias is another address, not another interface. */
function shownRows(node: EstateNode): Row[] {
  return node.interfaces.filter(({ iface, type }) => iface !== "lo" && type !== "alias");
}

/** The bond or bridge that names an interface as one of its own. */
function ownerOf(rows: readonly Row[], { iface }: Row, type: RegExp): string | undefined {
  const owner = rows.find((row) => {
    const members = [row.slaves, row.bridge_ports, row.ovs_bonds, row.ovs_ports].join(" ").split(" ");
    return type.test(String(row.type)) && members.includes(String(iface));
  });
  return owner?.iface as string | undefined;
}

function rawDeviceOf({ iface, "vlan-raw-device": raw }: Row): string | undefined {
  return (raw as string | undefined) ?? /^(.+)\.\d+$/.exec(String(iface))?.[1];
}

/** A VLAN's interface carries it tagged; a port of Open vSwitch with a tag gives it to whatever is there untagged. */
function vlanOf(row: Row): { mode: "tagged" | "access"; vid: number } | null {
  if (row.type === "vlan") {
    const vid = row["vlan-id"] ?? /(\d+)$/.exec(String(row.iface))?.[1];
    return { mode: "tagged", vid: Number(vid) };
  }
  return row.ovs_tag === undefined ? null : { mode: "access", vid: Number(row.ovs_tag) };
}

function addressesOf(row: Row): string[] {
  return [row.cidr, row.cidr6].filter((cidr) => cidr !== undefined).map((cidr) => canonical(String(cidr)));
}

/** An address with its prefix as NetBox writes it. */
export function canonical(cidr: string): string {
  const [host = "", prefix] = cidr.split("/");
  return `${ipaddr.parse(host.replace(/%.*/, ""))}/${prefix}`;
}

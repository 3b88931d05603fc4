import { computed } from "../fields.ts";
import type { Choices, Field, Filter, Json, Lookup, Row } from "../model.ts";

const PORTS = "dcim/interfaces";
const MACHINE_PORTS = "virtualization/interfaces";

/** 802.1Q modes of an interface. */
export const VLAN_MODES: Choices = {
  access: "Access",
  tagged: "Tagged",
  "tagged-all": "Tagged (All)",
  "q-in-q": "Q-in-Q (802.1ad)",
};

/** Content types an address or a MAC address is assigned to. */
export const INTERFACE_KINDS = ["dcim.interface", "virtualization.vminterface"] as const;

/** The one primary address shown: IPv6 before IPv4, as NetBox prefers by default. */
export const primaryAddress = (): Field => ({
  kind: "computed",
  to: "ipam/ip-addresses",
  compute: (row) => row.primary_ip6 ?? row.primary_ip4 ?? null,
});

/** The MAC address an interface shows: its primary one. */
export const primaryMacText = (): Field =>
  computed((row, lookup) => lookup.get("dcim/mac-addresses", row.primary_mac_address)?.mac_address ?? null);

/** The MAC addresses assigned to an interface. */
export const macAddresses = (type: string): Field => ({
  kind: "computed",
  to: "dcim/mac-addresses",
  compute: (row, lookup) => lookup.having("dcim/mac-addresses", "link", `${type} ${row.id}`).map((mac) => mac.id),
});

/** How many addresses an interface has. */
export const addressCount = (type: string): Field =>
  computed((row, lookup) => lookup.count("ipam/ip-addresses", "link", `${type} ${row.id}`));

/** The end of an L2VPN an object is. */
export const l2vpnTermination = (type: string): Field => ({
  kind: "computed",
  to: "vpn/l2vpn-terminations",
  compute: (row, lookup) => lookup.having("vpn/l2vpn-terminations", "link", `${type} ${row.id}`)[0]?.id ?? null,
});

const bare = (mac: Json | undefined): string => String(mac).replace(/[-:.]/g, "").toUpperCase();

const hasMac = (row: Row, value: string, lookup: Lookup): boolean => {
  const type = row.device === undefined ? "virtualization.vminterface" : "dcim.interface";
  const macs = lookup.having("dcim/mac-addresses", "link", `${type} ${row.id}`);
  return macs.some((mac) => bare(mac.mac_address) === bare(value));
};

/** Finds interfaces by a MAC address assigned to them. */
export const macFilter: Filter = { by: "test", accepts: hasMac };

/** Finds devices or VMs by a MAC address on one of their interfaces. */
export const macOfInterface = (path: string, field: string): Filter => ({
  by: "test",
  accepts: (row, value, lookup) => lookup.having(path, field, row.id).some((port) => hasMac(port, value, lookup)),
});

/** Whether an object has a primary address. */
export const hasPrimaryAddress: Filter = {
  by: "test",
  accepts: (row, value) => (row.primary_ip4 !== null || row.primary_ip6 !== null) === (value === "true"),
};

/** The interface an address is assigned to. */
const portOf = (row: Row, lookup: Lookup): { path: string; port: Row } | undefined => {
  const path = lookup.pathOf(row.assigned_object_type);
  const port = path === undefined ? undefined : lookup.get(path, row.assigned_object_id);
  return path !== undefined && port ? { path, port } : undefined;
};

const OWNERS = [
  ["device", PORTS, "dcim/devices"],
  ["virtual_machine", MACHINE_PORTS, "virtualization/virtual-machines"],
] as const;

/** Filters of what is assigned to interfaces, by interface and by its owner. */
export const linkFilters = (): Readonly<Record<string, Filter>> => {
  const filters: Record<string, Filter> = {
    interface_id: { by: "link", to: PORTS, type: "dcim.interface", key: "id" },
    interface: { by: "link", to: PORTS, type: "dcim.interface", key: "name" },
    vminterface_id: { by: "link", to: MACHINE_PORTS, type: "virtualization.vminterface", key: "id" },
    vminterface: { by: "link", to: MACHINE_PORTS, type: "virtualization.vminterface", key: "name" },
    assigned: { by: "test", accepts: (row, value) => (row.assigned_object_id !== null) === (value === "true") },
    assigned_to_interface: {
      by: "test",
      accepts: (row, value) => (row.assigned_object_id !== null) === (value === "true"),
    },
  };
  for (const [field, path, owners] of OWNERS) {
    const owner = (row: Row, lookup: Lookup) => {
      const found = portOf(row, lookup);
      return found?.path === path ? lookup.get(owners, found.port[field]) : undefined;
    };
    filters[`${field}_id`] = { by: "test", accepts: (row, value, lookup) => owner(row, lookup)?.id === Number(value) };
    filters[field] = { by: "test", accepts: (row, value, lookup) => owner(row, lookup)?.name === value };
  }
  return filters;
};

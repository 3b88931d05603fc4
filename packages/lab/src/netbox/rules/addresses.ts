import { contains, familyOf, hostOf, parseNetwork, special } from "../addresses.ts";
import type { Filter, Json, Lookup, Row, Rule } from "../model.ts";

const ADDRESSES = "ipam/ip-addresses";

/** Roles that several interfaces may share an address in. */
const SHARED_ROLES = new Set<Json>(["anycast", "vip", "vrrp", "hsrp", "glbp", "carp"]);

/** Key under which two addresses are duplicates of each other: table and host, whatever the mask. */
export const addressKey = (row: Row): Json => `${row.vrf ?? "global"} ${hostOf(String(row.address))}`;

/** Key under which two prefixes are duplicates of each other. */
export const prefixKey = (row: Row): Json => `${row.vrf ?? "global"} ${row.prefix}`;

const enforcedIn = (row: Row, lookup: Lookup): string | undefined => {
  if (row.vrf === null) return lookup.enforceGlobalUnique ? "global table" : undefined;
  const vrf = lookup.get("ipam/vrfs", row.vrf);
  return vrf?.enforce_unique === true ? `VRF ${lookup.display("ipam/vrfs", vrf)}` : undefined;
};

/** An address is unique in its table, unless it is shared by role. */
export const addressIsUnique: Rule = ({ row, lookup }) => {
  const where = enforcedIn(row, lookup);
  if (where === undefined) return undefined;
  const others = lookup.having(ADDRESSES, "duplicates", addressKey(row)).filter((other) => other.id !== row.id);
  const shared = SHARED_ROLES.has(row.role ?? null) && others.every((other) => SHARED_ROLES.has(other.role ?? null));
  const first = others[0];
  return first && !shared ? { address: [`Duplicate IP address found in ${where}: ${first.address}`] } : undefined;
};

/** A prefix is unique in its table. */
export const prefixIsUnique: Rule = ({ row, lookup }) => {
  const where = enforcedIn(row, lookup);
  if (where === undefined) return undefined;
  const other = lookup.having("ipam/prefixes", "duplicates", prefixKey(row)).find((entry) => entry.id !== row.id);
  return other ? { prefix: [`Duplicate prefix found in ${where}: ${other.prefix}`] } : undefined;
};

/** Neither the network's own address nor its broadcast address can be on an interface. */
export const addressIsAssignable: Rule = ({ row }) => {
  const network = row.assigned_object_id === null ? undefined : parseNetwork(String(row.address));
  const kind = network && special(network);
  if (!kind) return undefined;
  const what = kind === "network" ? "a network ID" : "a broadcast address";
  return { __all__: [`${hostOf(String(row.address))} is ${what}, which may not be assigned to an interface.`] };
};

const moved = (row: Row, before: Row) =>
  row.assigned_object_id !== before.assigned_object_id || row.assigned_object_type !== before.assigned_object_type;

/** The device or VM an address is on, by the interface it is assigned to. */
const ownerOf = (row: Row, lookup: Lookup): string | undefined => {
  const path = lookup.pathOf(row.assigned_object_type);
  const port = path === undefined ? undefined : lookup.get(path, row.assigned_object_id);
  return port && `${path} ${port.virtual_machine ?? port.device}`;
};

/** A primary address stays on its device or VM, on whatever interface. */
export const primaryAddressStays: Rule = ({ row, before, lookup }) => {
  if (!before || ownerOf(row, lookup) === ownerOf(before, lookup)) return undefined;
  const field = `primary_ip${familyOf(String(row.address))}`;
  const used = ["virtualization/virtual-machines", "dcim/devices"].some(
    (path) => lookup.count(path, field, row.id) > 0,
  );
  return used
    ? { __all__: ["Cannot reassign IP address while it is designated as the primary IP for the parent object"] }
    : undefined;
};

/** SLAAC is for IPv6. */
export const slaacIsVersion6: Rule = ({ row }) =>
  row.status === "slaac" && familyOf(String(row.address)) === 4
    ? { status: ["Only IPv6 addresses can be assigned SLAAC status"] }
    : undefined;

const INTERFACES = ["virtualization/interfaces", "dcim/interfaces"];

/** A primary MAC address stays on its interface. */
export const primaryMacStays: Rule = ({ row, before, lookup }) => {
  if (!before || before.assigned_object_id === null || !moved(row, before)) return undefined;
  if (!INTERFACES.some((path) => lookup.count(path, "primary_mac_address", row.id) > 0)) return undefined;
  const verb = row.assigned_object_id === null ? "unassign" : "reassign";
  return { __all__: [`Cannot ${verb} MAC Address while it is designated as the primary MAC for an object`] };
};

const inside = (row: Row, value: string): boolean => {
  const outer = parseNetwork(value);
  const inner = parseNetwork(String(row.address ?? row.prefix));
  return outer !== undefined && inner !== undefined && contains(outer, inner);
};

/** `parent=`: addresses in a network. */
export const inNetwork: Filter = { by: "test", accepts: inside };

/** `contains=`: prefixes around an address. */
export const around: Filter = {
  by: "test",
  accepts: (row, value) => {
    const outer = parseNetwork(String(row.prefix));
    const inner = parseNetwork(value);
    return outer !== undefined && inner !== undefined && contains(outer, inner);
  },
};

/** `within=` leaves the network itself out, `within_include=` does not. */
export const withinNetwork = (itself: boolean): Filter => ({
  by: "test",
  accepts: (row, value) => inside(row, value) && (itself || row.prefix !== value),
});

import { familyOf } from "../addresses.ts";
import { crash } from "../errors.ts";
import type { Change, Derive, Effect, Errors, Json, Lookup, Row, Rule, Unique } from "../model.ts";

const nameOf = (row: Row | undefined): string => String(row?.name ?? "");

const SITES = "dcim/sites";
const DEVICES = "dcim/devices";
const CLUSTERS = "virtualization/clusters";
const MACHINES = "virtualization/virtual-machines";
const DISKS = "virtualization/virtual-disks";

/** The site a cluster is scoped to, or null. */
const siteOfCluster = (cluster: Row | undefined): Json =>
  cluster?.scope_type === "dcim.site" ? (cluster.scope_id ?? null) : null;

/** A VM is in a site, a cluster or on a device, and these agree. */
export const machinePlacement: Rule = ({ row, lookup }) => {
  const { site: siteId, cluster: clusterId, device: deviceId } = row;
  if (siteId === null && clusterId === null && deviceId === null) {
    return { __all__: ["A virtual machine must be assigned to a site, cluster, or device."] };
  }
  const site = lookup.get(SITES, siteId);
  const cluster = lookup.get(CLUSTERS, clusterId);
  const device = lookup.get(DEVICES, deviceId);
  const clusterSite = siteOfCluster(cluster);
  if (site && clusterSite !== null && clusterSite !== site.id) {
    return { cluster: [`The selected cluster (${nameOf(cluster)}) is not assigned to this site (${nameOf(site)}).`] };
  }
  if (!device) return undefined;
  if (!cluster && device.cluster !== null) {
    const name = nameOf(lookup.get(CLUSTERS, device.cluster));
    return {
      cluster: [`Must specify the assigned device's cluster (${name}) when assigning host device ${nameOf(device)}.`],
    };
  }
  if (cluster && device.cluster !== cluster.id) {
    return {
      device: [`The selected device (${nameOf(device)}) is not assigned to this cluster (${nameOf(cluster)}).`],
    };
  }
  if (site && device.site !== site.id) {
    return { site: [`The selected device (${nameOf(device)}) is not assigned to this site (${nameOf(site)}).`] };
  }
  return undefined;
};

/** A VM without a site takes its cluster's or its device's. */
export const inheritSite: Derive = ({ row, lookup }) => {
  if (row.site !== null) return undefined;
  const site = siteOfCluster(lookup.get(CLUSTERS, row.cluster)) ?? lookup.get(DEVICES, row.device)?.site ?? null;
  return site === null ? undefined : { site };
};

const diskSum = (lookup: Lookup, machine: number): number =>
  lookup.having(DISKS, "virtual_machine", machine).reduce((sum, disk) => sum + Number(disk.size), 0);

/** `disk` of a VM with virtual disks is their sum. */
export const diskMatchesSum: Rule = ({ row, before, lookup }) => {
  const sum = before ? diskSum(lookup, row.id) : 0;
  if (sum === 0 || row.disk === null || row.disk === sum) return undefined;
  const message = `The specified disk size (${row.disk}) must match the aggregate size of assigned virtual disks (${sum}).`;
  return { disk: [message] };
};

/** A VM whose `disk` was cleared gets the sum back at its next save. */
export const restoreDiskSum: Derive = ({ row, before, given, lookup }) => {
  if (!before || row.disk !== null || "disk" in given) return undefined;
  const sum = diskSum(lookup, row.id);
  return sum === 0 ? undefined : { disk: sum };
};

/** The largest number the column of a VM's `disk` holds. */
const MAX_DISK = 2147483647;

/** A disk written or deleted changes the `disk` of its VM, which does not count as an update of the VM. A VM a disk leaves keeps the old sum. */
export const diskChangesMachine: Effect = ({ row, lookup }) => {
  const id = Number(row.virtual_machine);
  const sum = diskSum(lookup, id);
  if (sum > MAX_DISK) throw crash("DataError", "integer out of range");
  return [{ path: MACHINES, id, set: { disk: sum === 0 ? null : sum } }];
};

/** The parent of the interface an address is on. */
const parentOf = (lookup: Lookup, address: Row): { path: string; id: Json } | undefined => {
  const link = address.assigned_object_type;
  if (link === "virtualization.vminterface") {
    const holder = lookup.get("virtualization/interfaces", address.assigned_object_id);
    return { path: MACHINES, id: holder?.virtual_machine ?? null };
  }
  if (link === "dcim.interface") {
    const holder = lookup.get("dcim/interfaces", address.assigned_object_id);
    return { path: DEVICES, id: holder?.device ?? null };
  }
  return undefined;
};

const primary = (path: string, noun: string, family: 4 | 6, { row, lookup }: Change): Errors | undefined => {
  const field = `primary_ip${family}`;
  const address = lookup.get("ipam/ip-addresses", row[field]);
  if (!address) return undefined;
  const own = familyOf(String(address.address));
  if (own !== family) {
    return { [field]: [`Must be an IPv${family} address. (${address.address} is an IPv${own} address.)`] };
  }
  const parent = parentOf(lookup, address);
  return parent?.path === path && parent.id === row.id
    ? undefined
    : { [field]: [`The specified IP address (${address.address}) is not assigned to this ${noun}.`] };
};

const primaryAddresses =
  (path: string, noun: string): Rule =>
  (change) =>
    primary(path, noun, 4, change) ?? primary(path, noun, 6, change);

/** Primary addresses are on an interface of the VM. A POST that names one crashes. */
export const machinePrimaryAddresses: Rule = (change) => {
  const named = change.row.primary_ip4 ?? change.row.primary_ip6;
  if (!change.before && named !== null) throw crash("TypeError", "argument of type 'NoneType' is not iterable");
  return primaryAddresses(MACHINES, "VM")(change);
};

/** Primary addresses are on an interface of the device. */
export const devicePrimaryAddresses: Rule = primaryAddresses(DEVICES, "device");

/** A device is in the site of its cluster. */
export const devicePlacement: Rule = ({ row, lookup }) => {
  const site = siteOfCluster(lookup.get(CLUSTERS, row.cluster));
  if (site === null || site === row.site) return undefined;
  return { cluster: [`The assigned cluster belongs to a different site (${nameOf(lookup.get(SITES, site))})`] };
};

/** A scope has a type and an object. */
export const scopeIsWhole: Rule = ({ row }) =>
  row.scope_type !== null && row.scope_id === null
    ? { __all__: [`Please select a ${String(row.scope_type).split(".")[1]}.`] }
    : undefined;

/** The devices of a cluster are in its site. */
export const hostsInScope: Rule = ({ row, before, lookup }) => {
  const site = siteOfCluster(row);
  if (!before || site === null) return undefined;
  const outside = lookup.having(DEVICES, "cluster", row.id).filter((device) => device.site !== site).length;
  if (outside === 0) return undefined;
  const where = nameOf(lookup.get(SITES, site));
  return { scope: [`${outside} devices are assigned as hosts for this cluster but are not in site ${where}`] };
};

/** A cluster's new site is pushed to its VMs, without change records. */
export const scopeMovesMachines: Effect = ({ row, before, gone, lookup }) => {
  const site = siteOfCluster(row);
  if (gone || !before || site === siteOfCluster(before)) return [];
  return lookup
    .having(MACHINES, "cluster", row.id)
    .map((machine) => ({ path: MACHINES, id: machine.id, set: { site } }));
};

const withoutTenant = (row: Row) => row.tenant === null;

/** Names are unique in a place without regard to case, for one tenant (none counts as one). */
export const nameUniqueIn = (
  place: string,
  table: string,
  title: string,
  answer: Unique["answer"] = "400",
): Unique[] => [
  {
    fields: ["name", place],
    fold: ["name"],
    when: withoutTenant,
    answer,
    message: `${title} name must be unique per ${place}.`,
    constraint: `${table}_unique_name_${place}`,
    columns: ["lower(name::text)", `${place}_id`],
  },
  {
    fields: ["name", place, "tenant"],
    fold: ["name"],
    answer,
    message: `${title} name must be unique per ${place} and tenant.`,
    constraint: `${table}_unique_name_${place}_tenant`,
    columns: ["lower(name::text)", `${place}_id`, "tenant_id"],
  },
];

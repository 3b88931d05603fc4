/** Where NetBox shows objects of a kind, below its address. Kinds that are rows without a page of their own are left out. */
const pages: Readonly<Record<string, string>> = {
  tag: "extras/tags",
  tenant: "tenancy/tenants",
  site: "dcim/sites",
  manufacturer: "dcim/manufacturers",
  "device-type": "dcim/device-types",
  "device-role": "dcim/device-roles",
  platform: "dcim/platforms",
  device: "dcim/devices",
  "device-primary-addresses": "dcim/devices",
  interface: "dcim/interfaces",
  "interface-primary-mac": "dcim/interfaces",
  "mac-address": "dcim/mac-addresses",
  "cluster-type": "virtualization/cluster-types",
  cluster: "virtualization/clusters",
  "virtual-machine-type": "virtualization/virtual-machine-types",
  "virtual-machine": "virtualization/virtual-machines",
  "primary-addresses": "virtualization/virtual-machines",
  "vm-interface": "virtualization/interfaces",
  "primary-mac": "virtualization/interfaces",
  "virtual-disk": "virtualization/virtual-disks",
  vlan: "ipam/vlans",
  prefix: "ipam/prefixes",
  "ip-address": "ipam/ip-addresses",
  "route-target": "ipam/route-targets",
  l2vpn: "vpn/l2vpns",
  "l2vpn-termination": "vpn/l2vpn-terminations",
  "proxmox-endpoint": "plugins/proxbox/endpoints/proxmox",
  "proxmox-cluster": "plugins/proxbox/proxmox-clusters",
  "proxmox-node": "plugins/proxbox/proxmox-nodes",
  storage: "plugins/proxbox/storage",
  backup: "plugins/proxbox/backups",
  snapshot: "plugins/proxbox/snapshots",
  "task-history": "plugins/proxbox/task-history",
  replication: "plugins/proxbox/replications",
  "backup-routine": "plugins/proxbox/backup-routines",
  "guest-vm-interface": "plugins/proxbox/guest-vm-interfaces",
  "guest-vm-interface-address": "plugins/proxbox/guest-vm-interface-addresses",
};

/** The kinds that have a page, and where; for the test that holds them to the kinds of `packages/netbox`. */
export const pagesOfKinds: ReadonlyMap<string, string> = new Map(Object.entries(pages));

/**
 * The address of an object's page in NetBox; undefined when its kind has none, or nobody knows where NetBox is.
 * @param netboxUrl address of NetBox, with or without a slash at the end
 */
export function pageOf(netboxUrl: string | null, kind: string, id: number | undefined): string | undefined {
  const path = pagesOfKinds.get(kind);
  return netboxUrl && path && id !== undefined ? `${netboxUrl.replace(/\/+$/, "")}/${path}/${id}/` : undefined;
}

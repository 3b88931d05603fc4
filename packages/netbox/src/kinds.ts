import type { Kind } from "./kind.ts";
import * as dcim from "./kinds/dcim.ts";
import * as guests from "./kinds/guests.ts";
import * as interfaces from "./kinds/interfaces.ts";
import * as ipam from "./kinds/ipam.ts";
import * as organization from "./kinds/organization.ts";
import * as proxmox from "./kinds/proxmox.ts";
import * as sdn from "./kinds/sdn.ts";
import * as syncState from "./kinds/sync-state.ts";
import * as virtualization from "./kinds/virtualization.ts";

/** Every kind, each after the kinds it refers to. A new kind is its description and one line here. */
export const kinds = {
  tag: organization.tag,
  tenant: organization.tenant,
  site: organization.site,
  manufacturer: dcim.manufacturer,
  "device-type": dcim.deviceType,
  "device-role": dcim.deviceRole,
  platform: dcim.platform,
  "cluster-type": virtualization.clusterType,
  cluster: virtualization.cluster,
  device: dcim.device,
  "virtual-machine-type": virtualization.virtualMachineType,
  "virtual-machine": virtualization.virtualMachine,
  "proxmox-endpoint": proxmox.proxmoxEndpoint,
  "proxmox-cluster": proxmox.proxmoxCluster,
  "proxmox-node": proxmox.proxmoxNode,
  storage: proxmox.storage,
  "vm-cloudinit": proxmox.vmCloudinit,
  vlan: ipam.vlan,
  interface: interfaces.deviceInterface,
  "vm-interface": interfaces.vmInterface,
  "mac-address": ipam.macAddress,
  "primary-mac": interfaces.primaryMac,
  "interface-primary-mac": interfaces.interfacePrimaryMac,
  "ip-address": ipam.ipAddress,
  "primary-addresses": virtualization.primaryAddresses,
  "device-primary-addresses": dcim.devicePrimaryAddresses,
  "virtual-disk": virtualization.virtualDisk,
  prefix: ipam.prefix,
  "route-target": ipam.routeTarget,
  l2vpn: ipam.l2vpn,
  "l2vpn-termination": ipam.l2vpnTermination,
  backup: guests.backup,
  snapshot: guests.snapshot,
  "task-history": guests.taskHistory,
  replication: guests.replication,
  "backup-routine": guests.backupRoutine,
  "guest-vm-interface": guests.guestVmInterface,
  "guest-vm-interface-address": guests.guestVmInterfaceAddress,
  "sdn-fabric": sdn.sdnFabric,
  "sdn-controller": sdn.sdnController,
  "sdn-zone": sdn.sdnZone,
  "sdn-vnet": sdn.sdnVnet,
  "sdn-subnet": sdn.sdnSubnet,
  "sdn-binding": sdn.sdnBinding,
  "sdn-route-map": sdn.sdnRouteMap,
  "sdn-prefix-list": sdn.sdnPrefixList,
  "sync-state-virtual-machine": syncState.syncStateVirtualMachine,
  "sync-state-device": syncState.syncStateDevice,
  "sync-state-cluster": syncState.syncStateCluster,
  "sync-state-interface": syncState.syncStateInterface,
  "sync-state-vm-interface": syncState.syncStateVmInterface,
  "sync-state-ip-address": syncState.syncStateIpAddress,
  "sync-state-virtual-disk": syncState.syncStateVirtualDisk,
  "journal-entry": organization.journalEntry,
} satisfies Record<string, Kind>;

/** The name of a kind. */
export type KindName = keyof typeof kinds;

/** The names of all kinds in the order in which they are read and written: what is referred to comes first. */
export const kindNames = Object.keys(kinds) as KindName[];

/** The description of a kind. */
export function kindOf(name: KindName): Kind {
  return kinds[name];
}

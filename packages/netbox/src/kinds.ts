import type { Kind } from "./kind.ts";
import * as dcim from "./kinds/dcim.ts";
import * as organization from "./kinds/organization.ts";
import * as proxmox from "./kinds/proxmox.ts";
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
  "sync-state-virtual-machine": syncState.syncStateVirtualMachine,
  "sync-state-device": syncState.syncStateDevice,
  "sync-state-cluster": syncState.syncStateCluster,
} satisfies Record<string, Kind>;

/** The name of a kind. */
export type KindName = keyof typeof kinds;

/** The names of all kinds in the order in which they are read and written: what is referred to comes first. */
export const kindNames = Object.keys(kinds) as KindName[];

/** The description of a kind. */
export function kindOf(name: KindName): Kind {
  return kinds[name];
}

import { instant, integer, type Kind, optionalBoolean, reference, text } from "../kind.ts";

/** The fields of every sidecar. A sidecar's parent never changes. */
const base = { proxmox_last_updated: instant, last_run_id: text(255) };

/** The plugin holds these against each other, the stored ones too; one that changes alone may contradict the rest. */
const links = [["endpoint", "proxmox_cluster", "proxmox_node"]];

/** `plugins/proxbox/sync-state/virtual-machines`: which guest a virtual machine is. */
export const syncStateVirtualMachine: Kind = {
  path: "plugins/proxbox/sync-state/virtual-machines",
  label: "sync state of virtual machine",
  model: "netbox_proxbox.proxboxvirtualmachinesyncstate",
  identity: { virtual_machine: "virtual_machine_id" },
  fields: {
    ...base,
    virtual_machine: reference("virtual-machine"),
    endpoint: reference("proxmox-endpoint"),
    proxmox_node: reference("proxmox-node"),
    proxmox_node_name: text(255),
    proxmox_cluster: reference("proxmox-cluster"),
    proxmox_cluster_name: text(255),
    proxmox_endpoint_raw_id: integer,
    proxmox_vm_id: integer,
    proxmox_vm_type: text(64),
    proxmox_vm_name: text(255),
    proxmox_last_synced_role_id: integer,
    proxmox_start_at_boot: optionalBoolean,
    proxmox_unprivileged_container: optionalBoolean,
    proxmox_qemu_agent: optionalBoolean,
    proxmox_search_domain: text(255),
    proxmox_link: text(500),
    proxmox_status: text(64),
    proxmox_uptime: integer,
    proxmox_tags: text(),
    proxmox_os: text(255),
    proxmox_storage: text(255),
    proxmox_disk: text(255),
    proxmox_interfaces: text(),
    proxmox_cpu_type: text(255),
  },
  tagged: true,
  together: links,
};

/** `plugins/proxbox/sync-state/devices`: which node a device is. */
export const syncStateDevice: Kind = {
  path: "plugins/proxbox/sync-state/devices",
  label: "sync state of device",
  model: "netbox_proxbox.proxboxdevicesyncstate",
  identity: { device: "device_id" },
  fields: {
    ...base,
    device: reference("device"),
    endpoint: reference("proxmox-endpoint"),
    proxmox_node: reference("proxmox-node"),
    proxmox_node_name: text(255),
    proxmox_cluster: reference("proxmox-cluster"),
    proxmox_cluster_name: text(255),
    proxmox_link: text(500),
    proxmox_cpu_type: text(255),
  },
  tagged: true,
  together: links,
};

/** `plugins/proxbox/sync-state/clusters`: which Proxmox cluster a cluster is. */
export const syncStateCluster: Kind = {
  path: "plugins/proxbox/sync-state/clusters",
  label: "sync state of cluster",
  model: "netbox_proxbox.proxboxclustersyncstate",
  identity: { cluster: "cluster_id" },
  fields: {
    ...base,
    cluster: reference("cluster"),
    proxmox_cluster: reference("proxmox-cluster"),
    proxmox_cluster_name: text(255),
    proxmox_cluster_status: text(64),
    proxmox_cluster_raw_id: integer,
  },
  tagged: true,
};

/** `plugins/proxbox/sync-state/virtual-disks`: on which storage a virtual disk is. */
export const syncStateVirtualDisk: Kind = {
  path: "plugins/proxbox/sync-state/virtual-disks",
  label: "sync state of virtual disk",
  model: "netbox_proxbox.proxboxvirtualdisksyncstate",
  identity: { virtual_disk: "virtual_disk_id" },
  fields: {
    ...base,
    virtual_disk: reference("virtual-disk"),
    proxbox_storage: reference("storage"),
    proxbox_storage_raw_id: integer,
    proxbox_storage_raw_value: text(),
  },
  tagged: true,
};

/** `plugins/proxbox/sync-state/vm-interfaces`: on which bridge of its node a guest's interface is. */
export const syncStateVmInterface: Kind = {
  path: "plugins/proxbox/sync-state/vm-interfaces",
  label: "sync state of interface",
  model: "netbox_proxbox.proxboxvminterfacesyncstate",
  identity: { vm_interface: "vm_interface_id" },
  fields: {
    ...base,
    vm_interface: reference("vm-interface"),
    proxbox_bridge: reference("interface"),
    proxbox_bridge_raw_id: integer,
    proxbox_bridge_raw_value: text(),
  },
  tagged: true,
};

/** `plugins/proxbox/sync-state/interfaces`: what the link of a node's interface is like. */
export const syncStateInterface: Kind = {
  path: "plugins/proxbox/sync-state/interfaces",
  label: "sync state of interface",
  model: "netbox_proxbox.proxboxinterfacesyncstate",
  identity: { interface: "interface_id" },
  fields: {
    ...base,
    interface: reference("interface"),
    nic_speed_gbps: integer,
    nic_duplex: text(64),
    nic_link: optionalBoolean,
  },
  tagged: true,
};

/** `plugins/proxbox/sync-state/ip-addresses`: how Proxmox came by an address. */
export const syncStateIpAddress: Kind = {
  path: "plugins/proxbox/sync-state/ip-addresses",
  label: "sync state of IP address",
  model: "netbox_proxbox.proxboxipaddresssyncstate",
  identity: { ip_address: "ip_address_id" },
  fields: {
    ...base,
    ip_address: reference("ip-address"),
    proxmox_interface: text(255),
    proxmox_mac: text(64),
    proxmox_ip_addresses: text(),
  },
  tagged: true,
};

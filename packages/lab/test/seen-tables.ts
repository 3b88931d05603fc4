/** What of a table a run may write: its columns, and the path that a reference leads to. */
export type Table = { columns: string; references?: Record<string, string> };

const machine = { virtual_machine: "virtualization/virtual-machines" };
const endpoint = { endpoint: "plugins/proxbox/endpoints/proxmox" };
const proxmoxCluster = { proxmox_cluster: "plugins/proxbox/proxmox-clusters" };
const proxmoxNode = { proxmox_node: "plugins/proxbox/proxmox-nodes" };
const proxmoxStorage = { proxmox_storage: "plugins/proxbox/storage" };
const vlans = { untagged_vlan: "ipam/vlans", tagged_vlans: "ipam/vlans" };
const primaries = { primary_ip4: "ipam/ip-addresses", primary_ip6: "ipam/ip-addresses" };

/** Every path that a run writes. */
export const tables: Record<string, Table> = {
  "extras/tags": { columns: "name color description" },
  "dcim/manufacturers": { columns: "name tags" },
  "dcim/device-types": { columns: "model manufacturer tags", references: { manufacturer: "dcim/manufacturers" } },
  "dcim/device-roles": { columns: "name color vm_role description tags" },
  "dcim/sites": { columns: "name status tags" },
  "dcim/platforms": { columns: "name tags" },
  "virtualization/cluster-types": { columns: "name description tags" },
  "virtualization/virtual-machine-types": { columns: "name description tags" },
  "virtualization/clusters": {
    columns: "name type status scope_type scope tenant description tags",
    references: { type: "virtualization/cluster-types", scope: "dcim/sites" },
  },
  "dcim/devices": {
    columns: "name site cluster status role device_type description tenant serial primary_ip4 primary_ip6 tags",
    references: {
      site: "dcim/sites",
      cluster: "virtualization/clusters",
      role: "dcim/device-roles",
      device_type: "dcim/device-types",
      ...primaries,
    },
  },
  "virtualization/virtual-machines": {
    columns:
      "name cluster site device status virtual_machine_type role platform tenant vcpus memory disk start_on_boot description comments serial primary_ip4 primary_ip6 tags",
    references: {
      cluster: "virtualization/clusters",
      site: "dcim/sites",
      device: "dcim/devices",
      virtual_machine_type: "virtualization/virtual-machine-types",
      role: "dcim/device-roles",
      platform: "dcim/platforms",
      tenant: "tenancy/tenants",
      ...primaries,
    },
  },
  "ipam/vlans": { columns: "vid name site group tenant status tags", references: { site: "dcim/sites" } },
  "dcim/interfaces": {
    columns:
      "device name type enabled mtu lag bridge parent mode untagged_vlan tagged_vlans description primary_mac_address tags",
    references: {
      device: "dcim/devices",
      lag: "dcim/interfaces",
      bridge: "dcim/interfaces",
      parent: "dcim/interfaces",
      primary_mac_address: "dcim/mac-addresses",
      ...vlans,
    },
  },
  "virtualization/interfaces": {
    columns:
      "virtual_machine name enabled mtu parent bridge mode untagged_vlan tagged_vlans description primary_mac_address tags",
    references: {
      ...machine,
      parent: "virtualization/interfaces",
      bridge: "virtualization/interfaces",
      primary_mac_address: "dcim/mac-addresses",
      ...vlans,
    },
  },
  "dcim/mac-addresses": { columns: "mac_address assigned_object_type assigned_object tags" },
  "ipam/ip-addresses": {
    columns: "address vrf tenant role status dns_name assigned_object_type assigned_object description tags",
  },
  "virtualization/virtual-disks": { columns: "virtual_machine name size description tags", references: machine },
  "plugins/proxbox/proxmox-clusters": {
    columns: "endpoint name netbox_cluster cluster_id mode nodes_count quorate version",
    references: { ...endpoint, netbox_cluster: "virtualization/clusters" },
  },
  "plugins/proxbox/proxmox-nodes": {
    columns:
      "endpoint name proxmox_cluster netbox_device node_id ip_address online local max_cpu max_memory ssl_fingerprint support_level",
    references: { ...endpoint, ...proxmoxCluster, netbox_device: "dcim/devices" },
  },
  "plugins/proxbox/storage": {
    columns:
      "cluster name storage_type content path nodes shared enabled server port username export share pool monhost namespace datastore subdir mountpoint is_mountpoint preallocation format prune_backups max_protected_backups raw_config tags",
    references: { cluster: "virtualization/clusters" },
  },
  "plugins/proxbox/sync-state/clusters": {
    columns: "cluster proxmox_cluster proxmox_cluster_name proxmox_cluster_status",
    references: { cluster: "virtualization/clusters", ...proxmoxCluster },
  },
  "plugins/proxbox/sync-state/devices": {
    columns: "device endpoint proxmox_node proxmox_cluster proxmox_node_name proxmox_cluster_name",
    references: { device: "dcim/devices", ...endpoint, ...proxmoxNode, ...proxmoxCluster },
  },
  "plugins/proxbox/sync-state/virtual-machines": {
    columns:
      "virtual_machine endpoint proxmox_cluster proxmox_node proxmox_endpoint_raw_id proxmox_cluster_name proxmox_node_name proxmox_vm_id proxmox_vm_type proxmox_vm_name proxmox_start_at_boot proxmox_unprivileged_container proxmox_qemu_agent proxmox_search_domain proxmox_status proxmox_os proxmox_tags proxmox_link",
    references: { ...machine, ...endpoint, ...proxmoxCluster, ...proxmoxNode },
  },
  "plugins/proxbox/sync-state/virtual-disks": {
    columns: "virtual_disk proxbox_storage",
    references: { virtual_disk: "virtualization/virtual-disks", proxbox_storage: "plugins/proxbox/storage" },
  },
  "plugins/proxbox/sync-state/vm-interfaces": {
    columns: "vm_interface proxbox_bridge",
    references: { vm_interface: "virtualization/interfaces", proxbox_bridge: "dcim/interfaces" },
  },
  "plugins/proxbox/vm-cloudinit": {
    columns: "virtual_machine ciuser sshkeys ipconfig0 sshkeys_truncated",
    references: machine,
  },
  "plugins/proxbox/guest-vm-interfaces": {
    columns: "virtual_machine vm_interface name mac_address enabled mtu tags",
    references: { ...machine, vm_interface: "virtualization/interfaces" },
  },
  "plugins/proxbox/guest-vm-interface-addresses": {
    columns: "guest_interface ip_address",
    references: { guest_interface: "plugins/proxbox/guest-vm-interfaces", ip_address: "ipam/ip-addresses" },
  },
  "plugins/proxbox/backups": {
    columns:
      "virtual_machine volume_id proxmox_storage storage subtype format creation_time size used notes vmid encrypted verification_state verification_upid tags",
    references: { ...machine, ...proxmoxStorage },
  },
  "plugins/proxbox/snapshots": {
    columns: "virtual_machine name description vmid node snaptime parent subtype status proxmox_storage tags",
    references: { ...machine, ...proxmoxStorage },
  },
  "plugins/proxbox/task-history": {
    columns:
      "virtual_machine vm_type upid node pid pstart task_id task_type username start_time end_time description status task_state exitstatus tags",
    references: machine,
  },
  "plugins/proxbox/replications": {
    columns:
      "endpoint replication_id virtual_machine proxmox_node guest target job_type schedule rate comment disable source jobnum remove_job status raw_config tags",
    references: { ...endpoint, ...machine, ...proxmoxNode },
  },
  "plugins/proxbox/backup-routines": {
    columns:
      "endpoint job_id enabled schedule next_run node storage selection comment status keep_last keep_daily keep_weekly keep_monthly keep_yearly keep_all notes_template bwlimit zstd io_workers fleecing fleecing_storage repeat_missed pbs_change_detection_mode raw_config tags",
    references: {
      ...endpoint,
      node: "plugins/proxbox/proxmox-nodes",
      storage: "plugins/proxbox/storage",
      fleecing_storage: "plugins/proxbox/storage",
    },
  },
};

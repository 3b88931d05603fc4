import { address, boolean, choice, integer, json, type Kind, optionalText, reference, text } from "../kind.ts";

/** `plugins/proxbox/endpoints/proxmox`: the operator's; only referred to. */
export const proxmoxEndpoint: Kind = {
  path: "plugins/proxbox/endpoints/proxmox",
  label: "Proxmox endpoint",
  model: "netbox_proxbox.proxmoxendpoint",
  identity: { name: "name" },
  fields: { name: optionalText(255) },
  tagged: true,
};

/** `plugins/proxbox/proxmox-clusters`; `mode` is required although the schema says otherwise. */
export const proxmoxCluster: Kind = {
  path: "plugins/proxbox/proxmox-clusters",
  label: "Proxmox cluster",
  model: "netbox_proxbox.proxmoxcluster",
  identity: { endpoint: "endpoint", name: "name" },
  single: ["endpoint"],
  fields: {
    endpoint: reference("proxmox-endpoint"),
    name: text(255),
    netbox_cluster: reference("cluster"),
    cluster_id: text(255),
    mode: choice,
    nodes_count: integer,
    quorate: boolean,
    version: integer,
  },
  tagged: true,
};

/** `plugins/proxbox/proxmox-nodes`; `ip_address` is required. */
export const proxmoxNode: Kind = {
  path: "plugins/proxbox/proxmox-nodes",
  label: "Proxmox node",
  model: "netbox_proxbox.proxmoxnode",
  identity: { endpoint: "endpoint", name: "name" },
  single: ["endpoint"],
  fields: {
    endpoint: reference("proxmox-endpoint"),
    name: text(255),
    proxmox_cluster: reference("proxmox-cluster"),
    netbox_device: reference("device"),
    node_id: integer,
    ip_address: address,
    online: boolean,
    local: boolean,
    max_cpu: integer,
    max_memory: integer,
    ssl_fingerprint: text(255),
    support_level: text(100),
    location: text(255),
    default_role_qemu: reference("device-role"),
    default_role_lxc: reference("device-role"),
  },
  tagged: true,
};

/** `plugins/proxbox/storage`; `cluster` is NetBox's own cluster, `is_mountpoint` a text. */
export const storage: Kind = {
  path: "plugins/proxbox/storage",
  label: "storage",
  model: "netbox_proxbox.proxmoxstorage",
  identity: { cluster: "cluster", name: "name" },
  single: ["cluster"],
  fields: {
    cluster: reference("cluster"),
    name: text(255),
    storage_type: optionalText(100),
    content: optionalText(255),
    path: optionalText(255),
    nodes: optionalText(),
    shared: boolean,
    enabled: boolean,
    server: optionalText(255),
    port: integer,
    username: optionalText(255),
    export: optionalText(255),
    share: optionalText(255),
    pool: optionalText(255),
    monhost: optionalText(512),
    namespace: optionalText(255),
    datastore: optionalText(255),
    subdir: optionalText(255),
    mountpoint: optionalText(255),
    is_mountpoint: optionalText(255),
    preallocation: optionalText(50),
    format: optionalText(100),
    prune_backups: optionalText(512),
    max_protected_backups: integer,
    raw_config: json,
  },
  tagged: true,
};

/** `plugins/proxbox/vm-cloudinit`; a second row of a virtual machine is a 500, and `virtual_machine_id` no filter. */
export const vmCloudinit: Kind = {
  path: "plugins/proxbox/vm-cloudinit",
  label: "cloud-init",
  model: "netbox_proxbox.proxmoxvmcloudinit",
  identity: { virtual_machine: "virtual_machine" },
  single: ["virtual_machine"],
  fields: {
    virtual_machine: reference("virtual-machine"),
    ciuser: text(64),
    sshkeys: text(),
    ipconfig0: text(255),
    sshkeys_truncated: boolean,
  },
  tagged: true,
};

import {
  boolean,
  choice,
  float,
  instant,
  integer,
  json,
  jsonList,
  type Kind,
  optionalBoolean,
  optionalText,
  reference,
  text,
} from "../kind.ts";

/** `plugins/proxbox/backups`. Found by vmid, because the plugin's filter by virtual machine takes one only. */
export const backup: Kind = {
  path: "plugins/proxbox/backups",
  label: "backup",
  model: "netbox_proxbox.vmbackup",
  identity: { vmid: "vmid", virtual_machine: null, volume_id: null },
  fields: {
    vmid: integer,
    virtual_machine: reference("virtual-machine"),
    volume_id: optionalText(255),
    proxmox_storage: reference("storage"),
    storage: optionalText(255),
    subtype: choice,
    format: choice,
    creation_time: instant,
    size: integer,
    used: integer,
    notes: optionalText(),
    encrypted: text(255),
    verification_state: optionalText(255),
    verification_upid: optionalText(255),
  },
  tagged: true,
};

/**
 * `plugins/proxbox/snapshots`. Found by vmid, because the plugin's filter by virtual machine takes one only. The plugin
 * wants vmid, name and node unique over all of Proxmox; two estates may collide there.
 */
export const snapshot: Kind = {
  path: "plugins/proxbox/snapshots",
  label: "snapshot",
  model: "netbox_proxbox.vmsnapshot",
  identity: { vmid: "vmid", virtual_machine: null, name: null },
  fields: {
    vmid: integer,
    virtual_machine: reference("virtual-machine"),
    name: text(255),
    node: text(255),
    proxmox_storage: reference("storage"),
    description: optionalText(),
    snaptime: instant,
    parent: optionalText(255),
    subtype: choice,
    status: choice,
  },
  tagged: true,
};

/** `plugins/proxbox/task-history`. */
export const taskHistory: Kind = {
  path: "plugins/proxbox/task-history",
  label: "task",
  model: "netbox_proxbox.vmtaskhistory",
  identity: { upid: "upid" },
  fields: {
    upid: text(255),
    virtual_machine: reference("virtual-machine"),
    vm_type: text(16),
    node: text(255),
    pid: integer,
    pstart: integer,
    task_id: optionalText(255),
    task_type: text(255),
    username: text(255),
    start_time: instant,
    end_time: instant,
    description: text(),
    status: text(2_048),
    task_state: optionalText(255),
    exitstatus: optionalText(2_048),
  },
  tagged: true,
};

/** `plugins/proxbox/replications`. */
export const replication: Kind = {
  path: "plugins/proxbox/replications",
  label: "replication",
  model: "netbox_proxbox.replication",
  identity: { endpoint: "endpoint", replication_id: "replication_id" },
  single: ["endpoint"],
  fields: {
    endpoint: reference("proxmox-endpoint"),
    replication_id: text(255),
    virtual_machine: reference("virtual-machine"),
    proxmox_node: reference("proxmox-node"),
    guest: integer,
    target: text(255),
    job_type: choice,
    schedule: text(128),
    rate: float,
    comment: optionalText(),
    disable: boolean,
    source: optionalText(255),
    jobnum: integer,
    remove_job: choice,
    status: choice,
    raw_config: json,
  },
  tagged: true,
};

/** `plugins/proxbox/backup-routines`; the plugin refuses an empty `selection`. */
export const backupRoutine: Kind = {
  path: "plugins/proxbox/backup-routines",
  label: "backup routine",
  model: "netbox_proxbox.backuproutine",
  identity: { endpoint: "endpoint", job_id: "job_id" },
  single: ["endpoint"],
  fields: {
    endpoint: reference("proxmox-endpoint"),
    job_id: text(255),
    enabled: boolean,
    schedule: text(255),
    next_run: instant,
    node: reference("proxmox-node"),
    storage: reference("storage"),
    selection: jsonList,
    comment: text(),
    status: choice,
    keep_last: integer,
    keep_daily: integer,
    keep_weekly: integer,
    keep_monthly: integer,
    keep_yearly: integer,
    keep_all: optionalBoolean,
    notes_template: text(),
    bwlimit: integer,
    zstd: integer,
    io_workers: integer,
    fleecing: text(255),
    fleecing_storage: reference("storage"),
    repeat_missed: optionalBoolean,
    pbs_change_detection_mode: text(50),
    raw_config: json,
  },
  tagged: true,
};

/** `plugins/proxbox/guest-vm-interfaces`: an interface as the guest's own system calls it. */
export const guestVmInterface: Kind = {
  path: "plugins/proxbox/guest-vm-interfaces",
  label: "guest interface",
  model: "netbox_proxbox.guestvminterface",
  identity: { virtual_machine: "virtual_machine_id", name: null },
  fields: {
    virtual_machine: reference("virtual-machine"),
    name: text(128),
    vm_interface: reference("vm-interface"),
    mac_address: text(32),
    enabled: boolean,
    mtu: integer,
  },
  tagged: true,
};

/**
 * `plugins/proxbox/guest-vm-interface-addresses`: an address of a guest's interface. As long as it is there, NetBox keeps
 * the address. Plugin 0.0.24 cannot list them: every list is a 500.
 */
export const guestVmInterfaceAddress: Kind = {
  path: "plugins/proxbox/guest-vm-interface-addresses",
  label: "address of guest interface",
  model: "netbox_proxbox.guestvminterfaceaddress",
  identity: { guest_interface: "guest_interface_id", ip_address: null },
  fields: { guest_interface: reference("guest-vm-interface"), ip_address: reference("ip-address") },
  tagged: true,
};

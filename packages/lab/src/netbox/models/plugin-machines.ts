import {
  big,
  boolean,
  brief,
  choice,
  computed,
  constant,
  datetime,
  float,
  integer,
  json,
  nullableText,
  optionalChoice,
  reference,
  references,
  requiredChoice,
  requiredInteger,
  requiredReference,
  requiredText,
  text,
} from "../fields.ts";
import type { Choices, Field, Json, Model, ShapeKey } from "../model.ts";
import { guestAddressFits, guestInterfaceMapping, MAPPED } from "../rules/plugin.ts";
import {
  addressShape,
  ENDPOINTS,
  ending,
  FORBIDDEN,
  GUEST_INTERFACES,
  isCurrent,
  MACHINES,
  named,
  nodeShape,
  type PluginRelease,
  PROXBOX,
  PROXMOX_CLUSTERS,
  PROXMOX_NODES,
  paged,
  STALENESS,
  STORAGE,
} from "./plugin-parts.ts";

const machine = (): Field => requiredReference(MACHINES, "cascade", paged);

const ofMachine =
  (field: string): Model["display"] =>
  (row, lookup) =>
    `${lookup.get(MACHINES, row.virtual_machine)?.name ?? ""} - ${row[field]}`;

/** An instant as Python prints it. */
const printed = (instant: Json): string | undefined =>
  instant === null ? undefined : String(instant).replace("T", " ").replace("Z", "+00:00");

const BACKUP_SUBTYPES: Choices = { undefined: "Undefined", lxc: "LXC", ct: "CT", qemu: "QEMU", vm: "VM" };

const BACKUP_FORMATS: Choices = {
  undefined: "Undefined",
  "pbs-vm": "PBS VM",
  "pbs-ct": "PBS CT",
  zst: "ZST",
  iso: "ISO",
  tzst: "TZST",
  tgz: "TGZ",
  qcow2: "QCOW2",
  raw: "RAW",
  tar: "TAR",
  tbz: "TBZ",
};

const BACKUPS: Model = {
  path: `${PROXBOX}/backups`,
  type: "netbox_proxbox.vmbackup",
  object: "VMBackup",
  table: "netbox_proxbox_vmbackup",
  fields: {
    proxmox_storage: reference(STORAGE, "set-null"),
    virtual_machine: machine(),
    storage: nullableText(255),
    subtype: choice(BACKUP_SUBTYPES, "undefined"),
    format: choice(BACKUP_FORMATS, "undefined"),
    creation_time: datetime(),
    size: big(),
    notes: nullableText(),
    volume_id: nullableText(255),
    vmid: integer(),
    used: big(),
    encrypted: text(255),
    verification_state: nullableText(255),
    verification_upid: nullableText(255),
    ...ending(),
  },
  brief: brief("proxmox_storage", "storage", "creation_time"),
  display: (row, lookup) =>
    `${lookup.get(MACHINES, row.virtual_machine)?.name ?? ""} - ${printed(row.creation_time ?? null) ?? row.volume_id ?? "None"}`,
  order: ["storage", "virtual_machine", "creation_time"],
  uniques: [
    {
      fields: ["storage", "virtual_machine", "subtype", "format", "volume_id", "vmid"],
      answer: "400",
      message: "VM Backup with this Storage, Virtual machine, Subtype, Format, Volume id and Vmid already exists.",
      constraint: "netbox_proxbox_vmbackup_storage_virtual_machine__2ee073f3_uniq",
      columns: ["storage", "virtual_machine_id", "subtype", "format", "volume_id", "vmid"],
    },
  ],
  filterable: [
    "proxmox_storage",
    "virtual_machine",
    "subtype",
    "format",
    "creation_time",
    "size",
    "used",
    "encrypted",
    "volume_id",
    "vmid",
  ],
};

const SNAPSHOTS: Model = {
  path: `${PROXBOX}/snapshots`,
  type: "netbox_proxbox.vmsnapshot",
  object: "VMSnapshot",
  table: "netbox_proxbox_vmsnapshot",
  fields: {
    proxmox_storage: reference(STORAGE, "set-null"),
    virtual_machine: machine(),
    name: requiredText(255),
    description: nullableText(),
    vmid: requiredInteger(),
    node: requiredText(255),
    snaptime: datetime(),
    parent: nullableText(255),
    subtype: requiredChoice({ qemu: "QEMU", lxc: "LXC" }),
    status: requiredChoice(STALENESS),
    ...ending(),
  },
  brief: brief("proxmox_storage", "name", "virtual_machine", "status"),
  display: ofMachine("name"),
  order: ["virtual_machine", "node", "name"],
  uniques: [
    {
      fields: ["vmid", "name", "node"],
      answer: "400",
      message: "VM Snapshot with this Vmid, Name and Node already exists.",
      constraint: "netbox_proxbox_vmsnapshot_vmid_name_node_cf15af02_uniq",
      columns: ["vmid", "name", "node"],
    },
  ],
  filterable: [
    "proxmox_storage",
    "virtual_machine",
    "subtype",
    "status",
    "name",
    "description",
    "vmid",
    "node",
    "parent",
    "snaptime",
  ],
};

const TASKS: Model = {
  path: `${PROXBOX}/task-history`,
  type: "netbox_proxbox.vmtaskhistory",
  object: "VMTaskHistory",
  table: "netbox_proxbox_vmtaskhistory",
  fields: {
    virtual_machine: machine(),
    vm_type: { kind: "text", max: 16, default: "unknown" },
    upid: requiredText(255, { unique: "VM Task History with this upid already exists." }),
    node: requiredText(255),
    pid: integer(),
    pstart: big(),
    task_id: nullableText(255),
    task_type: requiredText(255),
    username: requiredText(255),
    start_time: { kind: "datetime", required: true },
    end_time: datetime(),
    description: { kind: "text", required: true },
    status: { kind: "text", required: true },
    task_state: nullableText(255),
    exitstatus: nullableText(),
    ...ending(),
  },
  brief: brief("virtual_machine", "start_time", "end_time", "username", "status"),
  display: ofMachine("description"),
  order: ["-start_time", "virtual_machine", "node"],
  uniques: [
    {
      fields: ["upid"],
      answer: "database",
      conflict: FORBIDDEN,
      constraint: "netbox_proxbox_vmtaskhistory_upid_key",
      columns: ["upid"],
    },
  ],
  filterable: [
    "virtual_machine",
    "upid",
    "node",
    "pid",
    "task_type",
    "username",
    "start_time",
    "end_time",
    "status",
    "task_state",
    "vm_type",
  ],
};

const REPLICATIONS: Model = {
  path: `${PROXBOX}/replications`,
  type: "netbox_proxbox.replication",
  object: "Replication",
  table: "netbox_proxbox_replication",
  fields: {
    endpoint: reference(ENDPOINTS, "cascade", named),
    replication_id: requiredText(255),
    virtual_machine: machine(),
    proxmox_node: reference(PROXMOX_NODES, "set-null", nodeShape),
    guest: requiredInteger(),
    target: requiredText(255),
    job_type: choice({ local: "Local" }, "local"),
    schedule: text(128),
    rate: float(),
    comment: nullableText(),
    disable: boolean(false),
    source: nullableText(255),
    jobnum: requiredInteger(),
    remove_job: optionalChoice({ local: "Local", full: "Full" }),
    status: choice(STALENESS, "active"),
    raw_config: json({}),
    ...ending(),
  },
  brief: brief("replication_id", "virtual_machine", "target", "status"),
  display: ofMachine("replication_id"),
  order: ["endpoint", "replication_id"],
  uniques: [
    {
      fields: ["endpoint", "replication_id"],
      answer: "400",
      message: "Replication with this Proxmox endpoint and Replication id already exists.",
      constraint: "netbox_proxbox_replication_unique_endpoint_replication_id",
      columns: ["endpoint_id", "replication_id"],
    },
  ],
  filterable: [
    "endpoint",
    "replication_id",
    "virtual_machine",
    "proxmox_node",
    "guest",
    "target",
    "job_type",
    "schedule",
    "disable",
    "source",
    "jobnum",
    "remove_job",
    "status",
  ],
};

/** How later releases refer to the credential of an intent. */
const CREDENTIAL: Readonly<Record<string, Field>> = {
  credential_reference_id: integer(),
  password_configured: constant(false),
  private_key_configured: constant(false),
  credential_assignment_ready: constant(true),
  credential_assignment_detail: constant("Legacy storage uses the external credential reference."),
  credential_assignment_lookup: computed((row) => ({
    assigned_object_type: "virtualization.virtualmachine",
    assigned_object_id: String(row.virtual_machine),
    purpose: "login",
  })),
};

const cloudInit = (release: PluginRelease): Model => ({
  path: `${PROXBOX}/vm-cloudinit`,
  type: "netbox_proxbox.proxmoxvmcloudinit",
  object: "ProxmoxVMCloudInit",
  table: "netbox_proxbox_proxmoxvmcloudinit",
  fields: {
    virtual_machine: machine(),
    ciuser: text(64),
    sshkeys: text(),
    ipconfig0: text(255),
    sshkeys_truncated: boolean(false),
    is_intent: boolean(false),
    hostname: text(255),
    search_domain: text(255),
    dns_servers: text(255),
    bridge: text(64),
    vlan_tag: integer({ max: 32767 }),
    gateway: text(64),
    ip_cidr: text(64),
    ssh_pwauth: boolean(null),
    enable_agent: boolean(null),
    ...(isCurrent(release) ? CREDENTIAL : { nms_credential_id: integer() }),
    has_sshkeys: constant(false),
    last_synced: computed((row) => row.last_updated),
    ...ending(),
  },
  brief: brief("virtual_machine", "ciuser"),
  display: (row, lookup) => `${lookup.get(MACHINES, row.virtual_machine)?.name ?? ""} cloud-init`,
  order: ["virtual_machine"],
  uniques: [
    {
      fields: ["virtual_machine"],
      answer: "database",
      constraint: "netbox_proxbox_proxmoxvmcloudinit_virtual_machine_id_key",
      columns: ["virtual_machine_id"],
    },
  ],
  filterable: ["virtual_machine", "ciuser", "ipconfig0", "sshkeys_truncated"],
});

const TEMPLATES: Model = {
  path: `${PROXBOX}/vm-templates`,
  type: "netbox_proxbox.proxmoxvmtemplate",
  object: "ProxmoxVMTemplate",
  table: "netbox_proxbox_proxmoxvmtemplate",
  fields: {
    name: requiredText(255),
    vmid: requiredInteger(),
    proxmox_endpoint: requiredReference(ENDPOINTS, "cascade", named),
    cluster: reference(PROXMOX_CLUSTERS, "set-null", named),
    node: reference(PROXMOX_NODES, "set-null", nodeShape),
    source_vm: reference(MACHINES, "set-null", paged),
    cloned_vms: references(MACHINES, { idsOnly: true, shape: "id" }),
    node_name: text(255),
    proxmox_type: { kind: "choice", choices: { qemu: "QEMU", lxc: "LXC" }, bare: true, default: "qemu" },
    status: text(50),
    vcpus: integer({ max: 32767 }),
    memory: integer(),
    disk: integer(),
    os_type: text(50),
    description: text(),
    cloud_init_enabled: boolean(false),
    net_config: json({}),
    disk_config: json({}),
    raw_config: json({}),
    last_synced: datetime(),
    ...ending(),
  },
  brief: brief("name", "vmid", "proxmox_type", "status"),
  display: (row) => `${row.name} (vmid=${row.vmid})`,
  order: ["name"],
  uniques: [
    {
      fields: ["proxmox_endpoint", "vmid"],
      answer: "database",
      constraint: "netbox_proxbox_proxmoxvmtemplate_proxmox_endpoint_id_vmid_uniq",
      columns: ["proxmox_endpoint_id", "vmid"],
    },
  ],
  filterable: [
    "proxmox_endpoint",
    "cluster",
    "node",
    "source_vm",
    "vmid",
    "name",
    "node_name",
    "proxmox_type",
    "status",
    "cloud_init_enabled",
  ],
};

const PORTS = "virtualization/interfaces";

const portShape: readonly ShapeKey[] = [
  "id",
  "url",
  "display_url",
  "display",
  { key: "virtual_machine", shape: paged },
  "name",
];

const GUESTS: Model = {
  path: GUEST_INTERFACES,
  type: "netbox_proxbox.guestvminterface",
  object: "GuestVMInterface",
  table: "netbox_proxbox_guestvminterface",
  fields: {
    virtual_machine: machine(),
    vm_interface: reference(PORTS, "set-null", portShape),
    name: requiredText(128),
    mac_address: text(32),
    enabled: boolean(true),
    mtu: integer(),
    ...ending(),
  },
  brief: brief("virtual_machine", "name"),
  display: (row) => String(row.name),
  order: ["virtual_machine", "name"],
  uniques: [
    {
      fields: ["virtual_machine", "name"],
      answer: "400",
      message: "Guest VM interface with this Virtual machine and Name already exists.",
      constraint: "unique_guest_vm_interface_vm_name",
      columns: ["virtual_machine_id", "name"],
    },
    {
      fields: ["vm_interface"],
      answer: "database",
      conflict: { status: 400, body: { vm_interface: MAPPED } },
      constraint: "netbox_proxbox_guestvminterface_vm_interface_id_key",
      columns: ["vm_interface_id"],
    },
  ],
  rules: [guestInterfaceMapping],
  filters: {
    virtual_machine: { by: "reference", path: ["virtual_machine"], to: MACHINES, key: "id" },
    virtual_machine_id: { by: "reference", path: ["virtual_machine"], to: MACHINES, key: "id" },
    vm_interface: { by: "reference", path: ["vm_interface"], to: PORTS, key: "id" },
    vm_interface_id: { by: "reference", path: ["vm_interface"], to: PORTS, key: "id" },
  },
};

const guestAddresses = (release: PluginRelease): Model => ({
  path: `${PROXBOX}/guest-vm-interface-addresses`,
  type: "netbox_proxbox.guestvminterfaceaddress",
  object: "GuestVMInterfaceAddress",
  table: "netbox_proxbox_guestvminterfaceaddress",
  fields: {
    guest_interface: requiredReference(GUEST_INTERFACES, "cascade", [
      "id",
      "url",
      "display",
      { key: "virtual_machine", shape: paged },
      "name",
    ]),
    ip_address: requiredReference("ipam/ip-addresses", "protect", addressShape),
    ...ending(),
  },
  brief: brief("guest_interface", "ip_address"),
  display: (row, lookup) => {
    const guest = lookup.get(GUEST_INTERFACES, row.guest_interface);
    return `${guest?.name ?? ""} - ${lookup.get("ipam/ip-addresses", row.ip_address)?.address ?? ""}`;
  },
  order: ["guest_interface_id", "id"],
  uniques: [
    {
      fields: ["guest_interface", "ip_address"],
      answer: "400",
      message: "Guest VM interface address with this Guest interface and Ip address already exists.",
      constraint: "unique_guest_vm_interface_address",
      columns: ["guest_interface_id", "ip_address_id"],
    },
  ],
  rules: [guestAddressFits],
  brokenList: !isCurrent(release),
  filters: {
    guest_interface: { by: "ids", field: "guest_interface" },
    guest_interface_id: { by: "ids", field: "guest_interface" },
    ip_address: { by: "ids", field: "ip_address" },
    ip_address_id: { by: "ids", field: "ip_address" },
    virtual_machine: { by: "reference", path: ["guest_interface", "virtual_machine"], to: MACHINES, key: "id" },
    vm_interface: {
      by: "reference",
      path: ["guest_interface", "vm_interface"],
      to: PORTS,
      key: "id",
    },
  },
});

/** What the plugin keeps of a VM. */
export const machineModels = (release: PluginRelease): readonly Model[] => [
  BACKUPS,
  SNAPSHOTS,
  TASKS,
  REPLICATIONS,
  cloudInit(release),
  TEMPLATES,
  GUESTS,
  guestAddresses(release),
];

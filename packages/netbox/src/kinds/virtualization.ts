import { choice, decimal, integer, type Kind, reference, text } from "../kind.ts";

/** `virtualization/cluster-types`. */
export const clusterType: Kind = {
  path: "virtualization/cluster-types",
  label: "cluster type",
  model: "virtualization.clustertype",
  identity: { slug: "slug" },
  fields: { slug: text(100), name: text(100), description: text(200) },
  tagged: true,
};

/** `virtualization/clusters`. The name is unique per site; a second one there is a 500 from NetBox 4.6.8's database. */
export const cluster: Kind = {
  path: "virtualization/clusters",
  label: "cluster",
  model: "virtualization.cluster",
  identity: { name: "name", scope_id: null },
  fields: {
    name: text(100),
    type: reference("cluster-type"),
    status: choice,
    scope_type: choice,
    scope_id: { ...reference("site"), when: ["scope_type", "dcim.site"] },
    tenant: reference("tenant"),
    description: text(200),
    comments: text(),
  },
  tagged: true,
  together: [["scope_type", "scope_id"]],
};

/** `virtualization/virtual-machine-types`, which NetBox has from 4.6 on. */
export const virtualMachineType: Kind = {
  path: "virtualization/virtual-machine-types",
  label: "virtual machine type",
  model: "virtualization.virtualmachinetype",
  identity: { slug: "slug" },
  fields: { slug: text(100), name: text(100), description: text(200) },
  tagged: true,
  since: [4, 6],
};

/**
 * `virtualization/virtual-machines`. The name is unique per cluster without regard to case. A virtual machine inherits
 * its cluster's site, so the old one has to go when it moves; `disk` belongs to NetBox once there are virtual disks.
 */
export const virtualMachine: Kind = {
  path: "virtualization/virtual-machines",
  label: "virtual machine",
  model: "virtualization.virtualmachine",
  identity: { cluster: "cluster_id", name: "name" },
  caseless: ["name"],
  fields: {
    name: text(64),
    cluster: reference("cluster"),
    site: reference("site"),
    device: reference("device"),
    virtual_machine_type: { ...reference("virtual-machine-type"), since: [4, 6] },
    role: reference("device-role"),
    platform: reference("platform"),
    tenant: reference("tenant"),
    status: choice,
    start_on_boot: choice,
    vcpus: decimal(2),
    memory: integer,
    disk: integer,
    serial: text(50),
    description: text(200),
    comments: text(),
  },
  tagged: true,
  adopt: "tagged",
  unique: ["cluster", "name"],
  parkable: "name",
  resets: { cluster: ["site", "device"] },
  counted: { disk: "virtual_disk_count" },
};

/** A virtual machine's primary addresses: each has to be on one of its interfaces, and cannot leave it while it is primary. */
export const primaryAddresses: Kind = {
  path: virtualMachine.path,
  label: "primary addresses",
  model: virtualMachine.model,
  completes: "virtual-machine",
  identity: virtualMachine.identity,
  caseless: ["name"],
  fields: {
    name: text(64),
    cluster: reference("cluster"),
    primary_ip4: reference("ip-address"),
    primary_ip6: reference("ip-address"),
  },
  tagged: false,
};

/** `virtualization/virtual-disks`; `size` is in MB, and the sum of a virtual machine's disks becomes its `disk`. */
export const virtualDisk: Kind = {
  path: "virtualization/virtual-disks",
  label: "virtual disk",
  model: "virtualization.virtualdisk",
  identity: { virtual_machine: "virtual_machine_id", name: null },
  fields: { virtual_machine: reference("virtual-machine"), name: text(64), size: integer, description: text(200) },
  tagged: true,
};

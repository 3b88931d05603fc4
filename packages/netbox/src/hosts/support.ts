import type { Desired, Ref } from "../desired.ts";
import { oursTag } from "../tags.ts";

type Support = { ref: Ref; desired: Desired };

function support(kind: Desired["kind"], slug: string, onCreate: Record<string, unknown>, label: string): Support {
  const identity = { slug };
  // What is there already under this slug is used as it is: it may be an operator's.
  return {
    ref: { kind, identity },
    desired: {
      kind,
      identity,
      values: {},
      onCreate,
      ...(kind === "tag" ? {} : { tags: { add: [oursTag], onCreateOnly: true } }),
      label,
    },
  };
}

const tag = (slug: string, name: string, color: string, description: string) =>
  support("tag", slug, { name, color, description }, name).desired;

/** The tags we put on objects: one for all that is ours, one for each kind of first discovery, one for guests that are gone. */
export const supportTags: Desired[] = [
  tag(oursTag, "Proxbox", "ff5722", "Kept true to Proxmox by Proxbox."),
  tag("proxbox-discovered-qemu", "Proxbox: Discovered QEMU VM", "2196f3", "First seen as a QEMU guest in Proxmox."),
  tag(
    "proxbox-discovered-lxc",
    "Proxbox: Discovered LXC Container",
    "00bcd4",
    "First seen as an LXC container in Proxmox.",
  ),
  tag("proxbox-discovered-cluster", "Proxbox: Discovered Cluster", "4caf50", "First seen as a cluster in Proxmox."),
  tag("proxbox-discovered-node", "Proxbox: Discovered Node", "9c27b0", "First seen as a node in Proxmox."),
  tag(
    "proxbox-soft-deleted",
    "Proxbox: Soft-deleted VM",
    "d32f2f",
    "Its guest is gone from Proxmox; delete it here when you agree.",
  ),
];

/** The tag of a virtual machine whose guest is gone; comes off when the guest is back. */
export const softDeletedTag = "proxbox-soft-deleted";

/** The manufacturer of every node's device type. */
export const manufacturer = support("manufacturer", "proxmox", { name: "Proxmox" }, "Proxmox");

/** The device type of a node, until an operator chooses a truer one. */
export const deviceType = support(
  "device-type",
  "proxmox-generic-device",
  { model: "Proxmox Generic Device", manufacturer: manufacturer.ref },
  "Proxmox Generic Device",
);

/** The role of a node's device. */
export const nodeRole = support(
  "device-role",
  "proxmox-node",
  { name: "Proxmox Node", color: "00bcd4", vm_role: false, description: "A node of Proxmox VE." },
  "Proxmox Node",
);

const clusterTypes = {
  cluster: support("cluster-type", "cluster", { name: "Cluster", description: "Proxmox cluster mode" }, "Cluster"),
  standalone: support(
    "cluster-type",
    "standalone",
    { name: "Standalone", description: "Proxmox standalone mode" },
    "Standalone",
  ),
};

/** The cluster type of a Proxmox cluster or of a node that stands alone. */
export function clusterTypeOf(mode: "cluster" | "standalone"): Support {
  return clusterTypes[mode];
}

/** What every endpoint's hosts rest on, in the order NetBox needs it. */
export function supportOfHosts(modes: Iterable<"cluster" | "standalone">): Desired[] {
  return [
    ...supportTags,
    manufacturer.desired,
    deviceType.desired,
    nodeRole.desired,
    ...[...new Set(modes)].sort().map((mode) => clusterTypeOf(mode).desired),
  ];
}

/** Role of a virtual machine by the type of its guest. */
export const guestRoles = {
  qemu: support(
    "device-role",
    "virtual-machine-qemu",
    { name: "Virtual Machine (QEMU)", color: "00ffff", vm_role: true, description: "A QEMU guest of Proxmox." },
    "Virtual Machine (QEMU)",
  ),
  lxc: support(
    "device-role",
    "container-lxc",
    { name: "Container (LXC)", color: "7fffd4", vm_role: true, description: "An LXC container of Proxmox." },
    "Container (LXC)",
  ),
};

/** Type of a virtual machine by the type of its guest; NetBox knows such types from 4.6 on. */
export const guestTypes = {
  qemu: support(
    "virtual-machine-type",
    "qemu-virtual-machine",
    { name: "QEMU Virtual Machine", description: "A QEMU guest of Proxmox." },
    "QEMU Virtual Machine",
  ),
  lxc: support(
    "virtual-machine-type",
    "lxc-container",
    { name: "LXC Container", description: "An LXC container of Proxmox." },
    "LXC Container",
  ),
};

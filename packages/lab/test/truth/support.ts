import type { Shown, Truth } from "./form.ts";
import { colorOf, slugsOf } from "./tags.ts";

/** What all machines and nodes rest on: tags, manufacturer, types and roles. */
export function supportOf(shown: readonly Shown[]): Truth {
  const slugs = slugsOf(shown);
  const guests = shown.flatMap(({ cluster }) =>
    [...cluster.guests.values()].filter((guest) => !cluster.hidden.has(guest.vmid)),
  );
  const guestTags = Object.entries(slugs)
    .filter(([name]) => name !== "proxbox")
    .map(([name, slug]) => [slug, { name, color: colorOf(name), description: "A tag of Proxmox guests." }] as const);
  const ours = ["proxbox"];
  const has = (type: string) => guests.some((guest) => guest.type === type);
  const modes = shown.map(({ cluster }) => (cluster.standalone ? "standalone" : "cluster"));
  return {
    "extras/tags": {
      proxbox: { name: "Proxbox", color: "ff5722", description: "Kept true to Proxmox by Proxbox." },
      "proxbox-discovered-qemu": {
        name: "Proxbox: Discovered QEMU VM",
        color: "2196f3",
        description: "First seen as a QEMU guest in Proxmox.",
      },
      "proxbox-discovered-lxc": {
        name: "Proxbox: Discovered LXC Container",
        color: "00bcd4",
        description: "First seen as an LXC container in Proxmox.",
      },
      "proxbox-discovered-cluster": {
        name: "Proxbox: Discovered Cluster",
        color: "4caf50",
        description: "First seen as a cluster in Proxmox.",
      },
      "proxbox-discovered-node": {
        name: "Proxbox: Discovered Node",
        color: "9c27b0",
        description: "First seen as a node in Proxmox.",
      },
      "proxbox-soft-deleted": {
        name: "Proxbox: Soft-deleted VM",
        color: "d32f2f",
        description: "Its guest is gone from Proxmox; delete it here when you agree.",
      },
      ...Object.fromEntries(guestTags),
    },
    "dcim/manufacturers": { proxmox: { name: "Proxmox", tags: ours } },
    "dcim/device-types": {
      "proxmox-generic-device": { model: "Proxmox Generic Device", manufacturer: "proxmox", tags: ours },
    },
    // The two roles of guests are the plugin's own: they stay as its migration made them.
    "dcim/device-roles": {
      "proxmox-node": {
        name: "Proxmox Node",
        color: "00bcd4",
        vm_role: false,
        description: "A node of Proxmox VE.",
        tags: ours,
      },
      "virtual-machine-qemu": {
        name: "Virtual Machine (QEMU)",
        color: "9c27b0",
        vm_role: true,
        description: "",
        tags: [],
      },
      "container-lxc": { name: "Container (LXC)", color: "00bcd4", vm_role: true, description: "", tags: [] },
    },
    "virtualization/cluster-types": {
      ...(modes.includes("cluster") && {
        cluster: { name: "Cluster", description: "Proxmox cluster mode", tags: ours },
      }),
      ...(modes.includes("standalone") && {
        standalone: { name: "Standalone", description: "Proxmox standalone mode", tags: ours },
      }),
    },
    "virtualization/virtual-machine-types": {
      ...(has("qemu") && {
        "qemu-virtual-machine": {
          name: "QEMU Virtual Machine",
          description: "A QEMU guest of Proxmox.",
          tags: ours,
        },
      }),
      ...(has("lxc") && {
        "lxc-container": { name: "LXC Container", description: "An LXC container of Proxmox.", tags: ours },
      }),
    },
    "dcim/platforms": {},
    "virtualization/virtual-machines": {},
    "plugins/proxbox/sync-state/virtual-machines": {},
    "plugins/proxbox/vm-cloudinit": {},
  };
}

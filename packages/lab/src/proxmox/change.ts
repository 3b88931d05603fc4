import { ipv4Of, macOf } from "./addresses.ts";
import type { EstateCluster, EstateGuest } from "./estate.ts";

/** A guest of a cluster; throws RangeError when there is none. */
export function guestOf(cluster: EstateCluster, vmid: number): EstateGuest {
  const guest = cluster.guests.get(vmid);
  if (!guest) throw new RangeError(`Cluster ${cluster.name} has no guest ${vmid}.`);
  return guest;
}

/** Creates a small virtual machine that runs, with one disk, one card and an agent that answers. */
export function create(cluster: EstateCluster, vmid: number, name: string, node = "pve1"): EstateGuest {
  const mac = macOf(cluster.index, vmid, 0);
  const made: EstateGuest = {
    vmid,
    type: "qemu",
    node,
    name,
    status: "running",
    template: false,
    pool: null,
    config: {
      name,
      cores: 2,
      sockets: 1,
      memory: "2048",
      ostype: "l26",
      agent: "1",
      scsi0: `local-lvm:vm-${vmid}-disk-0,size=8G`,
      net0: `virtio=${mac},bridge=vmbr0`,
    },
    system: {
      hostname: name,
      interfaces: [{ name: "ens18", mac: mac.toLowerCase(), addresses: [ipv4Of(cluster.index, vmid, 0)] }],
    },
    agentAnswers: true,
    snapshots: [],
  };
  cluster.guests.set(vmid, made);
  return made;
}

/** Moves a guest to another node. */
export function migrate(cluster: EstateCluster, vmid: number, node: string): void {
  if (!cluster.nodes.some(({ name }) => name === node)) throw new RangeError(`There is no node ${node}.`);
  guestOf(cluster, vmid).node = node;
}

/** Gives a guest another name, or none. */
export function rename(cluster: EstateCluster, vmid: number, name: string | null): void {
  const guest = guestOf(cluster, vmid);
  const key = guest.type === "qemu" ? "name" : "hostname";
  guest.name = name;
  if (name === null) delete guest.config[key];
  else guest.config[key] = name;
}

/** Deletes a guest and gives it back, so that it can be put into `recreate`. */
export function remove(cluster: EstateCluster, vmid: number): EstateGuest {
  const guest = guestOf(cluster, vmid);
  cluster.guests.delete(vmid);
  return guest;
}

/** Creates a guest, or brings a deleted one back. */
export function recreate(cluster: EstateCluster, guest: EstateGuest): void {
  cluster.guests.set(guest.vmid, guest);
}

/** Sets options of a guest's configuration; undefined takes one away. */
export function configure(
  cluster: EstateCluster,
  vmid: number,
  options: Record<string, string | number | undefined>,
): void {
  const { config } = guestOf(cluster, vmid);
  for (const [key, value] of Object.entries(options)) {
    if (value === undefined) delete config[key];
    else config[key] = value;
  }
}

/** Resizes a guest's disk, e.g. `scsi0` to `64G`. */
export function resize(cluster: EstateCluster, vmid: number, disk: string, size: string): void {
  const drive = guestOf(cluster, vmid).config[disk];
  if (typeof drive !== "string") throw new RangeError(`Guest ${vmid} has no disk ${disk}.`);
  configure(cluster, vmid, { [disk]: `${drive.replace(/,size=[^,]*/, "")},size=${size}` });
}

/** Adds a tag to a guest. */
export function addTag(cluster: EstateCluster, vmid: number, tag: string): void {
  const { tags } = guestOf(cluster, vmid).config;
  configure(cluster, vmid, { tags: tags ? `${tags};${tag}` : tag });
}

/** Starts or stops a guest. */
export function setStatus(cluster: EstateCluster, vmid: number, status: EstateGuest["status"]): void {
  guestOf(cluster, vmid).status = status;
}

/** Takes a node off the cluster, or brings it back. */
export function setOnline(cluster: EstateCluster, node: string, online: boolean): void {
  const found = cluster.nodes.find(({ name }) => name === node);
  if (!found) throw new RangeError(`There is no node ${node}.`);
  found.online = online;
}

/** Hides guests from the token and the user, and shows all others. */
export function hide(cluster: EstateCluster, ...vmids: number[]): void {
  cluster.hidden = new Set(vmids);
}

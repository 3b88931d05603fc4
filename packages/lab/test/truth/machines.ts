import type { EstateGuest, EstateNode } from "../../src/proxmox/estate.ts";
import { diskSumOf } from "./disks.ts";
import {
  type Circumstances,
  type Columns,
  deviceOf,
  endpointOf,
  keyOf,
  knownGuests,
  nodeOf,
  placeOf,
  type Shown,
  slug,
  sorted,
  type Truth,
} from "./form.ts";
import { primariesOf } from "./guest-network.ts";
import { tagsOf } from "./tags.ts";

/** The virtual machines of an endpoint's guests, who they are, and their cloud-init rows. */
export function machinesOf(shown: Shown, slugs: Record<string, string>, circumstances: Circumstances): Truth {
  const { cluster, url, id } = shown;
  const { names = {}, metadata = false } = circumstances;
  const endpoint = endpointOf(shown);
  const place = placeOf(shown);
  const known = knownGuests(shown);
  const given = namesOf(endpoint, known, names);
  const truth: Truth = {};
  const put = (path: string, key: string, columns: Columns) => {
    truth[path] = { ...truth[path], [key]: columns };
  };
  for (const guest of known) {
    const key = keyOf(endpoint, guest);
    const platform = platformNames[String(guest.config.ostype)];
    const note = noteOf(guest, metadata);
    if (platform) put("dcim/platforms", slug(platform), { name: platform, tags: ["proxbox"] });
    put("virtualization/virtual-machines", key, {
      name: given[key],
      cluster: place.cluster,
      site: place.site,
      device: deviceOf(shown, guest.node),
      status: guest.status === "running" ? "active" : "offline",
      virtual_machine_type: guest.type === "qemu" ? "qemu-virtual-machine" : "lxc-container",
      role: null,
      platform: platform ? slug(platform) : null,
      tenant: null,
      vcpus: cpusOf(guest, nodeOf(cluster, guest)),
      memory: Number(guest.config.memory ?? 512),
      disk: diskSumOf(guest),
      start_on_boot: guest.config.onboot === 1 || guest.config.onboot === "1" ? "on" : "off",
      description: note?.description ?? `Synced from Proxmox node ${guest.node}`,
      comments: note?.comments ?? "",
      serial: "",
      ...primariesOf(guest),
      tags: sorted(["proxbox", `proxbox-discovered-${guest.type}`, ...tagsOf(guest).map((tag) => slugs[tag] ?? tag)]),
    });
    put("plugins/proxbox/sync-state/virtual-machines", key, {
      virtual_machine: key,
      endpoint,
      proxmox_cluster: `${endpoint}/${cluster.name}`,
      proxmox_node: `${endpoint}/${guest.node}`,
      proxmox_endpoint_raw_id: id,
      proxmox_cluster_name: cluster.name,
      proxmox_node_name: guest.node,
      proxmox_vm_id: guest.vmid,
      proxmox_vm_type: guest.type,
      proxmox_vm_name: guest.name ?? `vm-${guest.vmid}`,
      proxmox_start_at_boot: guest.config.onboot === 1 || guest.config.onboot === "1",
      proxmox_unprivileged_container: guest.type === "lxc" ? guest.config.unprivileged !== undefined : null,
      proxmox_qemu_agent: guest.type === "qemu" && /(^|enabled=)1/.test(agentOf(guest)),
      proxmox_search_domain: guest.config.searchdomain ?? "",
      proxmox_status: guest.status,
      proxmox_os: guest.config.ostype ?? "",
      proxmox_tags: tagsOf(guest).join(";"),
      proxmox_link: `${url}/#v1:0:=${guest.type}/${guest.vmid}`,
    });
    const init = cloudInitOf(guest);
    if (init) put("plugins/proxbox/vm-cloudinit", key, { virtual_machine: key, ...init });
  }
  return truth;
}

/** In order of vmid each guest takes its name, or the first `name (2)`, `name (3)` ... that nobody in the cluster has. */
function namesOf(cluster: string, guests: readonly EstateGuest[], settled: Record<string, string>) {
  const names: Record<string, string> = {};
  for (const guest of guests) {
    const key = keyOf(cluster, guest);
    if (settled[key] !== undefined) names[key] = settled[key];
  }
  const taken = () => Object.values(names).map((name) => name.toLowerCase());
  for (const guest of guests.toSorted((left, right) => left.vmid - right.vmid)) {
    const key = keyOf(cluster, guest);
    if (names[key] !== undefined) continue;
    const wanted = guest.name ?? `vm-${guest.vmid}`;
    let name = [...wanted].slice(0, 64).join("");
    for (let count = 2; taken().includes(name.toLowerCase()); count++) {
      const suffix = ` (${count})`;
      name = [...wanted].slice(0, 64 - suffix.length).join("") + suffix;
    }
    names[key] = name;
  }
  return names;
}

function noteOf(guest: EstateGuest, metadata: boolean): { description: string; comments: string } | null {
  const raw = String(guest.config.description ?? "");
  const note = (metadata ? raw.replace(/```netbox-metadata\n[^`]*```\n?/g, "") : raw).trim();
  if (note === "") return null;
  const line = note.split("\n")[0]?.trim() ?? "";
  const description = [...line].length > 200 ? `${[...line].slice(0, 199).join("").trimEnd()}…` : line;
  return { description, comments: description === note ? "" : note };
}

function cpusOf({ type, config }: EstateGuest, node: EstateNode): number {
  const wanted =
    type === "qemu" ? Number(config.cores) * Number(config.sockets) : (config.cpulimit ?? config.cores ?? node.cpus);
  return Math.min(Number(wanted), node.cpus);
}

function cloudInitOf({ type, config }: EstateGuest): Columns | null {
  const { ciuser = "", sshkeys = "", ipconfig0 = "" } = config;
  if (type !== "qemu" || (!ciuser && !sshkeys && !ipconfig0)) return null;
  const keys = decodeURIComponent(String(sshkeys)).trim();
  const bytes = Buffer.from(keys);
  const truncated = bytes.length > 10_240;
  const kept = truncated ? `${bytes.subarray(0, 10_240)}\n# truncated by proxbox-api at 10KB` : keys;
  return { ciuser, sshkeys: kept, ipconfig0, sshkeys_truncated: truncated };
}

const platformNames: Record<string, string> = {
  l26: "Linux 2.6 - 6.x kernel",
  win10: "Windows 10 / 2016 / 2019",
  win11: "Windows 11 / 2022 / 2025",
  debian: "Debian",
  ubuntu: "Ubuntu",
  alpine: "Alpine Linux",
  archlinux: "Arch Linux",
};

function agentOf({ config }: EstateGuest): string {
  return String(config.agent ?? "0");
}

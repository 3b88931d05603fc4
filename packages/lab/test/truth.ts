import { createHash } from "node:crypto";
import type { EstateCluster, EstateGuest, EstateNode, EstateStorage } from "../src/proxmox/estate.ts";

/** Columns of one row; references are the keys of the rows they lead to, tags are sorted slugs. */
export type Columns = Record<string, unknown>;

/** Rows of NetBox by path and key, in the form of `seen.ts`. */
export type Truth = Record<string, Record<string, Columns>>;

/** An endpoint that NetBox should show: its estate, its web address and its id in our gateway. */
export type Shown = { cluster: EstateCluster; url: string; id: number };

/** What is not in the estate and yet decides what NetBox should hold. */
export type Circumstances = {
  /** Names that machines have already, by key; the others take theirs as in a first run. */
  names?: Record<string, string>;
  /** The option parse_description_metadata. */
  metadata?: boolean;
};

/**
 * What NetBox should hold of these endpoints after a run into an empty NetBox, read from the estate alone and in the
 * plainest way, so that it shares no mistake with the code it judges. Guests of nodes that are offline are left out:
 * nothing is known of them. Fields that later depend on history are for the test to change.
 */
export function truthOf(shown: readonly Shown[], { names = {}, metadata = false }: Circumstances = {}): Truth {
  const slugs = slugsOf(shown);
  const truth: Truth = { ...support(shown, slugs) };
  const put = (path: string, key: string, columns: Columns) => {
    truth[path] = { ...truth[path], [key]: columns };
  };
  for (const { cluster, url, id } of shown) {
    const { name, standalone, nodes } = cluster;
    const mode = standalone ? "standalone" : "cluster";
    const site = `proxmox-default-site-${slug(name)}`;
    const own = `${name}/${name}`;
    const online = nodes.filter((node) => node.online);
    const quorate = online.length * 2 > nodes.length;
    put("dcim/sites", site, {
      name: `Proxmox Default Site - ${name}`,
      status: "active",
      tags: ["proxbox"],
    });
    put("virtualization/clusters", name, {
      name,
      type: mode,
      status: "active",
      scope_type: "dcim.site",
      scope: site,
      tenant: null,
      description: `Proxmox ${mode} cluster.`,
      tags: ["proxbox", "proxbox-discovered-cluster"],
    });
    put("plugins/proxbox/proxmox-clusters", own, {
      endpoint: name,
      name,
      netbox_cluster: name,
      cluster_id: standalone ? `node/${name}` : `cluster/${name}`,
      mode,
      nodes_count: nodes.length,
      quorate,
      version: standalone ? null : cluster.version,
    });
    put("plugins/proxbox/sync-state/clusters", name, {
      cluster: name,
      proxmox_cluster: own,
      proxmox_cluster_name: name,
      proxmox_cluster_status: quorate ? "quorate" : "no quorum",
    });
    for (const node of nodes) {
      const device = `${site}/${node.name}`;
      put("dcim/devices", device, {
        name: node.name,
        site,
        cluster: name,
        status: node.online ? "active" : "offline",
        role: "proxmox-node",
        device_type: "proxmox-generic-device",
        description: `Proxmox Node ${node.name}`,
        tenant: null,
        serial: "",
        tags: ["proxbox", "proxbox-discovered-node"],
      });
      put("plugins/proxbox/proxmox-nodes", `${name}/${node.name}`, {
        endpoint: name,
        name: node.name,
        proxmox_cluster: own,
        netbox_device: device,
        node_id: standalone ? 0 : node.id,
        ip_address: node.ip,
        online: node.online,
        local: node === online[0],
        max_cpu: node.online ? node.cpus : null,
        max_memory: node.online ? node.memoryBytes : null,
        ssl_fingerprint: node.fingerprint,
        support_level: "",
      });
      put("plugins/proxbox/sync-state/devices", device, {
        device,
        endpoint: name,
        proxmox_node: `${name}/${node.name}`,
        proxmox_cluster: own,
        proxmox_node_name: node.name,
        proxmox_cluster_name: name,
      });
    }
    for (const storage of cluster.storages) {
      put("plugins/proxbox/storage", `${name}/${storage.storage}`, storageColumns(name, storage));
    }
    const known = [...cluster.guests.values()].filter((guest) => nodeOf(cluster, guest).online);
    const given = namesOf(name, known, names);
    for (const guest of known) {
      const key = keyOf(name, guest);
      const site = `proxmox-default-site-${slug(name)}`;
      const platform = platformNames[String(guest.config.ostype)];
      const note = noteOf(guest, metadata);
      if (platform) put("dcim/platforms", slug(platform), { name: platform, tags: ["proxbox"] });
      put("virtualization/virtual-machines", key, {
        name: given[key],
        cluster: name,
        site,
        device: `${site}/${guest.node}`,
        status: guest.status === "running" ? "active" : "offline",
        virtual_machine_type: guest.type === "qemu" ? "qemu-virtual-machine" : "lxc-container",
        role: null,
        platform: platform ? slug(platform) : null,
        tenant: null,
        vcpus: cpusOf(guest, nodeOf(cluster, guest)),
        memory: Number(guest.config.memory ?? 512),
        disk: diskOf(guest) || null,
        start_on_boot: guest.config.onboot === 1 || guest.config.onboot === "1" ? "on" : "off",
        description: note?.description ?? `Synced from Proxmox node ${guest.node}`,
        comments: note?.comments ?? "",
        serial: "",
        tags: sorted(["proxbox", `proxbox-discovered-${guest.type}`, ...tagsOf(guest).map((tag) => slugs[tag] ?? tag)]),
      });
      put("plugins/proxbox/sync-state/virtual-machines", key, {
        virtual_machine: key,
        endpoint: name,
        proxmox_cluster: own,
        proxmox_node: `${name}/${guest.node}`,
        proxmox_endpoint_raw_id: id,
        proxmox_cluster_name: name,
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
  }
  return truth;
}

/** The key of a guest's machine and of its sidecar. */
export function keyOf(cluster: string, guest: Pick<EstateGuest, "type" | "vmid">): string {
  return `${cluster}/${guest.type}/${guest.vmid}`;
}

function support(shown: readonly Shown[], slugs: Record<string, string>): Truth {
  const guests = shown.flatMap(({ cluster }) =>
    [...cluster.guests.values()].filter((guest) => !cluster.hidden.has(guest.vmid)),
  );
  const colors = ["prod:cc0000", "staging:ff9900", "web:00aa00"].map((entry) => entry.split(":"));
  const guestTags = Object.entries(slugs)
    .filter(([name]) => name !== "proxbox")
    .map(([name, slug]) => {
      const color = colors.find(([tag]) => tag === name)?.[1] ?? hash("md5", name);
      return [slug, { name, color, description: "A tag of Proxmox guests." }] as const;
    });
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

function storageColumns(cluster: string, storage: EstateStorage): Columns {
  const text = (option: string) => (storage[option] === undefined ? null : String(storage[option]));
  const list = (option: string) => text(option)?.split(",").sort().join(",") ?? null;
  const number = (option: string) => (storage[option] === undefined ? null : Number(storage[option]));
  const { "encryption-key": _, ...raw } = storage;
  const sharedByNature = ["nfs", "cifs", "pbs", "rbd", "cephfs"].includes(storage.type);
  return {
    cluster,
    name: storage.storage,
    storage_type: storage.type,
    content: list("content"),
    path: text("path"),
    nodes: list("nodes"),
    shared: storage.shared === undefined ? sharedByNature : Number(storage.shared) === 1,
    enabled: storage.disable === undefined,
    server: text("server"),
    port: number("port"),
    username: text("username"),
    export: text("export"),
    share: text("share"),
    pool: text("pool"),
    monhost: text("monhost"),
    namespace: text("namespace"),
    datastore: text("datastore"),
    subdir: text("subdir"),
    mountpoint: text("mountpoint"),
    is_mountpoint: text("is_mountpoint"),
    preallocation: text("preallocation"),
    format: text("format"),
    prune_backups: text("prune-backups"),
    max_protected_backups: number("max-protected-backups"),
    raw_config: raw,
    tags: ["proxbox"],
  };
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

/** Of several tags with one slug the first in the alphabet has it plain, the others with a mark of their own. */
function slugsOf(shown: readonly Shown[]): Record<string, string> {
  const guests = shown.flatMap(({ cluster }) =>
    [...cluster.guests.values()].filter(({ vmid }) => !cluster.hidden.has(vmid)),
  );
  const slugs: Record<string, string> = {};
  for (const tag of sorted(guests.flatMap(tagsOf))) {
    const plain = slug(tag);
    slugs[tag] = Object.values(slugs).includes(plain) ? `${plain}-${hash("sha256", tag)}` : plain;
  }
  return slugs;
}

function tagsOf(guest: EstateGuest): string[] {
  const parts = String(guest.config.tags ?? "").split(/[;, ]/);
  return [...new Set(parts.map((tag) => tag.toLowerCase()).filter((tag) => tag !== ""))];
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

const kibibytes: Record<string, number> = { "": 1 / 1024, K: 1, M: 1024, G: 1024 ** 2, T: 1024 ** 3 };

/** MiB of all drives, each rounded up; CD-ROM drives, volumes not in use and what has no size do not count. */
function diskOf({ config }: EstateGuest): number {
  let sum = 0;
  for (const [key, value] of Object.entries(config)) {
    if (!/^(scsi|ide|sata|virtio|mp|efidisk|tpmstate)\d+$|^rootfs$/.test(key)) continue;
    const size = /[,]size=([\d.]+)([KMGT]?)/.exec(String(value));
    if (!size || String(value).includes("media=cdrom")) continue;
    sum += Math.ceil((Number(size[1]) * (kibibytes[size[2] ?? ""] ?? 0)) / 1024);
  }
  return sum;
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

function nodeOf(cluster: EstateCluster, guest: EstateGuest): EstateNode {
  return cluster.nodes.find((node) => node.name === guest.node) as EstateNode;
}

function slug(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
}

function hash(algorithm: "md5" | "sha256", text: string): string {
  return createHash(algorithm).update(text).digest("hex").slice(0, 6);
}

function sorted(texts: string[]): string[] {
  return [...new Set(texts)].sort();
}

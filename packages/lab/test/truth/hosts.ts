import type { EstateStorage } from "../../src/proxmox/estate.ts";
import { type Columns, deviceOf, endpointOf, placeOf, type Shown, type Truth } from "./form.ts";
import { primaryOf } from "./node-network.ts";

/** The site, cluster, nodes and storages of an endpoint. */
export function hostsOf(shown: Shown): Truth {
  const { cluster } = shown;
  const { name, standalone, nodes } = cluster;
  const endpoint = endpointOf(shown);
  const place = placeOf(shown);
  const mode = standalone ? "standalone" : "cluster";
  const own = `${endpoint}/${name}`;
  const online = nodes.filter((node) => node.online);
  const quorate = online.length * 2 > nodes.length;
  const truth: Truth = {
    "dcim/sites": {
      [place.site]: { name: `Proxmox Default Site - ${place.cluster}`, status: "active", tags: ["proxbox"] },
    },
    "virtualization/clusters": {
      [place.cluster]: {
        name: place.cluster,
        type: mode,
        status: "active",
        scope_type: "dcim.site",
        scope: place.site,
        tenant: null,
        description: `Proxmox ${mode} cluster.`,
        tags: ["proxbox", "proxbox-discovered-cluster"],
      },
    },
    "plugins/proxbox/proxmox-clusters": {
      [own]: {
        endpoint,
        name,
        netbox_cluster: place.cluster,
        cluster_id: standalone ? `node/${name}` : `cluster/${name}`,
        mode,
        nodes_count: nodes.length,
        quorate,
        version: standalone ? null : cluster.version,
      },
    },
    "plugins/proxbox/sync-state/clusters": {
      [place.cluster]: {
        cluster: place.cluster,
        proxmox_cluster: own,
        proxmox_cluster_name: name,
        proxmox_cluster_status: quorate ? "quorate" : "no quorum",
      },
    },
  };
  const put = (path: string, key: string, columns: Columns) => {
    truth[path] = { ...truth[path], [key]: columns };
  };
  for (const node of nodes) {
    const device = deviceOf(shown, node.name);
    put("dcim/devices", device, {
      name: node.name,
      site: place.site,
      cluster: place.cluster,
      status: node.online ? "active" : "offline",
      role: "proxmox-node",
      device_type: "proxmox-generic-device",
      description: `Proxmox Node ${node.name}`,
      tenant: null,
      serial: "",
      primary_ip4: primaryOf(node),
      primary_ip6: null,
      tags: ["proxbox", "proxbox-discovered-node"],
    });
    put("plugins/proxbox/proxmox-nodes", `${endpoint}/${node.name}`, {
      endpoint,
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
      endpoint,
      proxmox_node: `${endpoint}/${node.name}`,
      proxmox_cluster: own,
      proxmox_node_name: node.name,
      proxmox_cluster_name: name,
    });
  }
  for (const storage of cluster.storages) {
    put("plugins/proxbox/storage", `${place.cluster}/${storage.storage}`, storageColumns(place.cluster, storage));
  }
  return truth;
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

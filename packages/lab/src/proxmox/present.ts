import type { EstateCluster, EstateGuest, EstateNode, EstateStorage, Row } from "./estate.ts";

/** The rows of GET /cluster/status; the first node that is online answers. */
export function clusterStatus(cluster: EstateCluster): Row[] {
  const local = cluster.nodes.find((node) => node.online);
  const nodes = cluster.nodes.map((node) => ({
    id: `node/${node.name}`,
    type: "node",
    name: node.name,
    ip: node.ip,
    level: "",
    local: node === local ? 1 : 0,
    nodeid: cluster.standalone ? 0 : node.id,
    online: node.online ? 1 : 0,
  }));
  if (cluster.standalone) return nodes;
  const online = cluster.nodes.filter((node) => node.online).length;
  const quorate = online * 2 > cluster.nodes.length ? 1 : 0;
  const { name, version } = cluster;
  return [{ id: "cluster", type: "cluster", name, nodes: cluster.nodes.length, quorate, version }, ...nodes];
}

/** The rows of GET /cluster/resources, of one type when asked for. */
export function clusterResources(cluster: EstateCluster, type: string | null): Row[] {
  const nodes = new Map(cluster.nodes.map((node) => [node.name, node]));
  const rows: Row[] = [];
  if (!type || type === "vm") {
    for (const guest of cluster.guests.values()) {
      const node = nodes.get(guest.node);
      if (node && !cluster.hidden.has(guest.vmid)) rows.push(guestRow(guest, node));
    }
  }
  if (!type || type === "node") rows.push(...cluster.nodes.map(nodeRow));
  if (!type || type === "storage") {
    for (const node of cluster.nodes) {
      for (const storage of visibleStorages(cluster)) if (isOn(storage, node)) rows.push(storageRow(storage, node));
    }
  }
  return rows;
}

/** The rows of GET /nodes. */
export function nodeList(cluster: EstateCluster): Row[] {
  return cluster.nodes.map((node) => {
    const { "cgroup-mode": _, ...row } = nodeRow(node);
    return { ...row, ssl_fingerprint: node.fingerprint };
  });
}

/** GET /nodes/{node}/status. */
export function nodeStatus(node: EstateNode): Row {
  const total = node.memoryBytes;
  return {
    pveversion: "pve-manager/9.2.1/0123456789abcdef",
    uptime: 864_000,
    cpu: 0.05,
    loadavg: ["0.50", "0.40", "0.30"],
    cpuinfo: { model: "AMD EPYC 7313P 16-Core Processor", cores: node.cpus / 2, cpus: node.cpus, sockets: 1 },
    memory: { total, used: total / 4, free: total / 2, available: total * 0.75 },
    rootfs: { total: 2 ** 36, used: 2 ** 34, free: 2 ** 35, avail: 2 ** 35 },
    "boot-info": { mode: "efi", secureboot: 0 },
    "current-kernel": { sysname: "Linux", release: "6.17.2-1-pve", version: "#1 SMP", machine: "x86_64" },
  };
}

/** GET /cluster/config/join; nodeid comes as text, as real servers send it. */
export function joinInformation(cluster: EstateCluster): Row {
  return {
    config_digest: "0".repeat(40),
    preferred_node: cluster.nodes[0]?.name,
    totem: { cluster_name: cluster.name, config_version: String(cluster.version), version: "2" },
    nodelist: cluster.nodes.map((node) => ({
      name: node.name,
      nodeid: String(node.id),
      pve_addr: node.ip,
      pve_fp: node.fingerprint,
      quorum_votes: "1",
      ring0_addr: node.ip,
    })),
  };
}

function guestRow(guest: EstateGuest, node: EstateNode): Row {
  const { vmid, type, config } = guest;
  const tags = config.tags === undefined ? {} : { tags: config.tags };
  const known = { id: `${type}/${vmid}`, vmid, type, node: node.name, ...tags };
  // Name, size and state of a guest come from its node, so nobody knows those of a node that is offline.
  if (!node.online) return { ...known, status: "unknown" };
  const running = guest.status === "running";
  const maxmem = Number(config.memory ?? 512) * 2 ** 20;
  return {
    ...known,
    ...(guest.name === null ? {} : { name: guest.name }),
    ...(guest.pool === null ? {} : { pool: guest.pool }),
    ...(config.lock === undefined ? {} : { lock: config.lock }),
    status: guest.status,
    template: guest.template ? 1 : 0,
    maxcpu: cpusOf(guest, node),
    maxmem,
    maxdisk: 34_359_738_368,
    cpu: running ? 0.03 : 0,
    mem: running ? Math.floor(maxmem * 0.6) : 0,
    disk: 0,
    diskread: 0,
    diskwrite: 0,
    netin: 0,
    netout: 0,
    uptime: running ? 86_400 : 0,
  };
}

function cpusOf({ type, config }: EstateGuest, node: EstateNode): number {
  const wanted =
    type === "lxc" ? (config.cpulimit ?? config.cores) : Number(config.cores ?? 1) * Number(config.sockets ?? 1);
  return Math.min(Number(wanted ?? node.cpus), node.cpus);
}

function nodeRow(node: EstateNode): Row {
  const known = { id: `node/${node.name}`, type: "node", node: node.name, level: "" };
  if (!node.online) return { ...known, status: "offline" };
  const { cpus: maxcpu, memoryBytes: maxmem } = node;
  return { ...known, status: "online", maxcpu, maxmem, cpu: 0.05, mem: maxmem / 4, uptime: 864_000, "cgroup-mode": 2 };
}

function storageRow(storage: EstateStorage, node: EstateNode): Row {
  return {
    id: `storage/${node.name}/${storage.storage}`,
    type: "storage",
    storage: storage.storage,
    node: node.name,
    plugintype: storage.type,
    content: storage.content,
    shared: Number(storage.shared ?? 0),
    status: node.online ? "available" : "unknown",
    ...(node.online ? { maxdisk: 1_099_511_627_776, disk: 274_877_906_944 } : {}),
  };
}

/** The storages that are not hidden from the token and the user. */
export function visibleStorages(cluster: EstateCluster): EstateStorage[] {
  return cluster.storages.filter(({ storage }) => !cluster.hiddenStorages.has(storage));
}

/** Whether a node has a storage. */
export function isOn(storage: EstateStorage, node: EstateNode): boolean {
  const nodes = typeof storage.nodes === "string" ? storage.nodes.split(",") : null;
  return !storage.disable && (nodes?.includes(node.name) ?? true);
}

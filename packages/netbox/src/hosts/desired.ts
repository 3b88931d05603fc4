import type { SyncOptions } from "@proxbox/contracts/sync-options";
import type { Desired, Ref } from "../desired.ts";
import { oursTag } from "../tags.ts";
import type { HostBinding, SiteBinding } from "./bind.ts";
import type { HostFacts, NodeFacts } from "./facts.ts";
import { clusterTypeOf, deviceType, nodeRole } from "./support.ts";

/** The symbolic reference to the cluster that an endpoint is bound to. */
export function clusterRef(binding: HostBinding): Ref {
  return binding.cluster.id === null
    ? { kind: "cluster", identity: { name: binding.cluster.name, scope_id: siteRef(binding.site) } }
    : { kind: "cluster", id: binding.cluster.id };
}

/** The symbolic reference to the device that a node is bound to; null for a node that was not observed. */
export function deviceRef(binding: HostBinding, node: string): Ref | null {
  const bound = binding.nodes[node];
  if (!bound) return null;
  return bound.device === null
    ? { kind: "device", identity: { name: bound.name, site: siteRef(bound.site) } }
    : { kind: "device", id: bound.device };
}

/** The reference to the plugin's row of the endpoint; null when NetBox does not know it. */
export function endpointRef({ pluginEndpoint }: HostBinding): Ref | null {
  return pluginEndpoint === null ? null : { kind: "proxmox-endpoint", id: pluginEndpoint };
}

/** The symbolic reference to a site. */
export function siteRef(site: SiteBinding): Ref {
  return "id" in site ? { kind: "site", id: site.id } : { kind: "site", identity: { slug: site.slug } };
}

/** The symbolic reference to the plugin's row of a Proxmox cluster; null when NetBox does not know the endpoint. */
export function proxmoxClusterRef(facts: HostFacts, binding: HostBinding): Ref | null {
  if (binding.pluginEndpoint === null) return null;
  if (binding.proxmoxCluster !== null) return { kind: "proxmox-cluster", id: binding.proxmoxCluster };
  return { kind: "proxmox-cluster", identity: { endpoint: binding.pluginEndpoint, name: facts.cluster.name } };
}

/** The symbolic reference to the plugin's row of a Proxmox node; null when it has none. */
export function proxmoxNodeRef(binding: HostBinding, node: Pick<NodeFacts, "name" | "ip">): Ref | null {
  const known = binding.nodes[node.name]?.proxmoxNode;
  if (known) return { kind: "proxmox-node", id: known };
  // The plugin's table wants an address for every node.
  if (binding.pluginEndpoint === null || node.ip === null) return null;
  return { kind: "proxmox-node", identity: { endpoint: binding.pluginEndpoint, name: node.name } };
}

/**
 * What NetBox should hold for one endpoint's cluster and nodes: site, cluster, devices, the plugin's rows of them and
 * their sidecars. Pure. An existing field is left alone where the caller's overwrite flag says so; identity never is.
 */
export function desiredHosts(facts: HostFacts, binding: HostBinding, options: SyncOptions): Desired[] {
  return [
    ...desiredSite(binding),
    desiredCluster(facts, binding, options),
    ...desiredProxmoxCluster(facts, binding, options),
    ...facts.nodes.flatMap((node) => desiredNode(facts, binding, node, options)),
  ];
}

function desiredSite(binding: HostBinding): Desired[] {
  if ("id" in binding.site) return [];
  const { slug, name } = binding.site;
  return [
    {
      kind: "site",
      identity: { slug },
      values: {},
      onCreate: { name, status: "active" },
      tags: { add: [oursTag], onCreateOnly: true },
      label: name,
    },
  ];
}

function desiredCluster(facts: HostFacts, binding: HostBinding, options: SyncOptions): Desired {
  return {
    kind: "cluster",
    ...(binding.cluster.id === null ? {} : { id: binding.cluster.id }),
    identity: { name: binding.cluster.name, scope_id: siteRef(binding.site) },
    values: {
      type: clusterTypeOf(facts.cluster.mode).ref,
      description: `Proxmox ${facts.cluster.mode} cluster.`,
      ...(binding.scope ? { scope_type: "dcim.site", scope_id: siteRef(binding.site) } : {}),
      ...(binding.tenant === null ? {} : { tenant: { kind: "tenant", id: binding.tenant } satisfies Ref }),
    },
    keep: options.overwrite_cluster_description ? [] : ["description"],
    tags: { add: [oursTag], onCreate: ["proxbox-discovered-cluster"], keep: !options.overwrite_cluster_tags },
    label: binding.cluster.name,
  };
}

function desiredProxmoxCluster(facts: HostFacts, binding: HostBinding, options: SyncOptions): Desired[] {
  const row = proxmoxClusterRef(facts, binding);
  const cluster = clusterRef(binding);
  const label = facts.cluster.name;
  const state: Desired = {
    kind: "sync-state-cluster",
    identity: { cluster },
    values: {
      proxmox_cluster: row,
      proxmox_cluster_name: facts.cluster.name,
      proxmox_cluster_status: facts.cluster.quorate ? "quorate" : "no quorum",
    },
    keep: options.overwrite_cluster_custom_fields ? [] : ["proxmox_cluster_status"],
    label,
  };
  if (row === null) return [state];
  return [
    {
      kind: "proxmox-cluster",
      ...(binding.proxmoxCluster === null ? {} : { id: binding.proxmoxCluster }),
      identity: { endpoint: binding.pluginEndpoint, name: facts.cluster.name },
      values: {
        // A row that is known may bear the name the cluster had, or be of an endpoint that is gone.
        ...(binding.proxmoxCluster === null ? {} : { endpoint: endpointRef(binding), name: facts.cluster.name }),
        netbox_cluster: cluster,
        cluster_id: facts.cluster.id,
        mode: facts.cluster.mode,
        nodes_count: facts.nodes.length,
        quorate: facts.cluster.quorate,
        version: facts.cluster.version,
      },
      label,
    },
    state,
  ];
}

function desiredNode(facts: HostFacts, binding: HostBinding, node: NodeFacts, options: SyncOptions): Desired[] {
  const bound = binding.nodes[node.name];
  const device = deviceRef(binding, node.name);
  if (!bound || !device) return [];
  const row = proxmoxNodeRef(binding, node);
  const keep = [
    ...(options.overwrite_device_status ? [] : ["status"]),
    ...(options.overwrite_device_description ? [] : ["description"]),
    ...(options.overwrite_device_role ? [] : ["role"]),
    ...(options.overwrite_device_type ? [] : ["device_type"]),
    ...(bound.device !== null && !bound.rename ? ["name"] : []),
  ];
  const desired: Desired[] = [
    {
      kind: "device",
      ...(bound.device === null ? {} : { id: bound.device }),
      identity: { name: bound.name, site: siteRef(bound.site) },
      values: {
        name: bound.name,
        site: siteRef(bound.site),
        cluster: clusterRef(binding),
        status: node.online ? "active" : "offline",
        description: `Proxmox Node ${node.name}`,
        device_type: deviceType.ref,
        role: nodeRole.ref,
      },
      keep,
      tags: { add: [oursTag], onCreate: ["proxbox-discovered-node"], keep: !options.overwrite_device_tags },
      // A template may call it otherwise than its node.
      label: bound.name === node.name ? node.name : `${bound.name} (node ${node.name})`,
    },
  ];
  if (row) {
    desired.push({
      kind: "proxmox-node",
      ...(bound.proxmoxNode === null ? {} : { id: bound.proxmoxNode }),
      identity: { endpoint: binding.pluginEndpoint, name: node.name },
      values: {
        ...(bound.proxmoxNode === null ? {} : { endpoint: endpointRef(binding) }),
        proxmox_cluster: proxmoxClusterRef(facts, binding),
        netbox_device: device,
        node_id: node.nodeId,
        ip_address: node.ip,
        online: node.online,
        max_cpu: node.maxCpu,
        max_memory: node.maxMemory,
        ssl_fingerprint: node.fingerprint,
        support_level: node.supportLevel,
      },
      // A node that is away tells nothing about itself; what is known of it stays.
      keep: [
        ...(node.ip === null ? ["ip_address"] : []),
        ...(node.online ? [] : ["max_cpu", "max_memory", "ssl_fingerprint", "support_level"]),
      ],
      // Which node answers changes from run to run and says nothing about the estate.
      onCreate: { local: node.local },
      label: node.name,
    });
  }
  desired.push({
    kind: "sync-state-device",
    identity: { device },
    values: {
      endpoint: endpointRef(binding),
      proxmox_node: row,
      proxmox_cluster: proxmoxClusterRef(facts, binding),
      proxmox_node_name: node.name,
      proxmox_cluster_name: facts.cluster.name,
    },
    label: node.name,
  });
  return desired;
}

import { nameWithoutPk, netboxPkOf } from "@proxbox/contracts/endpoints";
import type { ProxmoxEndpoint } from "@proxbox/runtime/endpoints";
import { ProxmoxAPIError } from "@proxbox/runtime/errors";
import type { ClusterStatus } from "./resources/cluster.ts";
import type { NodeDetail } from "./resources/nodes.ts";

type Choice = { id: number | null; slug: string | null; name: string | null };

/** An endpoint's cluster and nodes in plain words: the hosts of its guests. */
export type ObservedHosts = {
  endpoint: number;
  /** Without the plugin's suffix. */
  endpointName: string;
  /** Id of the endpoint's row in NetBox, as its name tells. */
  pluginEndpoint: number | null;
  site: Choice;
  tenant: Choice;
  /** Of the endpoint or the run; null: neither has one. */
  nameTemplate: string | null;
  cluster: { name: string; mode: "cluster" | "standalone"; id: string; quorate: boolean; version: number | null };
  nodes: {
    name: string;
    nodeId: number | null;
    ip: string | null;
    online: boolean;
    local: boolean;
    maxCpu: number | null;
    maxMemory: number | null;
    fingerprint: string;
    supportLevel: string;
  }[];
};

/**
 * The hosts that the answers describe (GET /cluster/status, GET /nodes); pure. Throws ProxmoxAPIError `proxmox_forbidden` when
 * the cluster's status is hidden from the token: then neither name nor nodes could be trusted.
 */
export function hostsOf(
  endpoint: ProxmoxEndpoint,
  status: ClusterStatus,
  details: ReadonlyMap<string, NodeDetail>,
  nameTemplate: string | undefined,
): ObservedHosts {
  const { mode, name } = status;
  if (mode === "restricted" || name === null) {
    throw new ProxmoxAPIError(
      "proxmox_forbidden",
      `${endpoint.name} does not tell its cluster's name and nodes (GET /cluster/status).`,
      {
        object: `Proxmox endpoint ${endpoint.name}`,
        next: "Give the token the privilege Sys.Audit on /, for example with the role PVEAuditor.",
        status: 403,
      },
    );
  }
  return {
    endpoint: endpoint.id,
    endpointName: nameWithoutPk(endpoint.name),
    pluginEndpoint: netboxPkOf(endpoint.name),
    site: { id: endpoint.site_id, slug: endpoint.site_slug || null, name: endpoint.site_name || null },
    tenant: { id: endpoint.tenant_id, slug: endpoint.tenant_slug || null, name: endpoint.tenant_name || null },
    nameTemplate: endpoint.node_device_name_template || nameTemplate || null,
    cluster: {
      name,
      mode,
      id: mode === "cluster" ? `cluster/${name}` : `node/${name}`,
      quorate: status.quorate ?? false,
      version: status.version,
    },
    nodes: status.nodes.map((node) => {
      const detail = details.get(node.name);
      return {
        name: node.name,
        nodeId: node.nodeId,
        ip: node.ip,
        // A node on its own answered; only a cluster can say that one is away.
        online: node.online ?? mode === "standalone",
        local: node.local,
        maxCpu: detail?.maxCpu ?? null,
        maxMemory: detail?.maxMemory ?? null,
        fingerprint: detail?.fingerprint ?? "",
        supportLevel: detail?.level ?? node.level ?? "",
      };
    }),
  };
}

import { hostsOf } from "@proxbox/proxmox/observe-hosts";
import { readRow, readRows } from "@proxbox/proxmox/read-rows";
import { hiddenBelow, readPermissions } from "@proxbox/proxmox/resources/access";
import { readClusterStatus, readVersion } from "@proxbox/proxmox/resources/cluster";
import { readCpuModels } from "@proxbox/proxmox/resources/cpu-models";
import { readReplications } from "@proxbox/proxmox/resources/replication";
import { ProxmoxAPIError } from "@proxbox/runtime/errors";
import { askAll, askClusters, type Site } from "./ask-all.ts";
import {
  clusterShape,
  cpuModelShape,
  nodeShape,
  optionsShape,
  replicationShape,
  resourceShapes,
  sessionShape,
} from "./cluster-shape.ts";
import type { LiveHandler } from "./live.ts";
import { wordOf } from "./params.ts";

/** `[{"<cluster>": {version, release, repoid}}]` */
export const version: LiveHandler = (live) =>
  askClusters(live, async ({ name, client, signal }) => ({ [name]: await readVersion(client, signal) }));

/** How each endpoint is reached, with its mode and version. */
export const sessions: LiveHandler = (live) =>
  askClusters(live, async ({ endpoint, name, status, client, signal }) =>
    sessionShape(endpoint, name, status, await readVersion(client, signal)),
  );

/** Clusters with their nodes. */
export const clusterStatus: LiveHandler = (live) =>
  askAll(live, async ({ endpoint, client, signal }) =>
    clusterShape(endpoint, hostsOf(endpoint, await readClusterStatus(client, signal), new Map(), undefined)),
  );

const resourceTypes = ["vm", "storage", "node", "sdn"] as const;

/** `[{"<cluster>": [row]}]`, of one type when asked for. */
export const clusterResources: LiveHandler = (live) => {
  const type = live.params.type ? wordOf(live.params, "type", resourceTypes) : null;
  return askClusters(live, async (site) => {
    const { name, client, signal } = site;
    const rows = await readRows(client, "/cluster/resources", { signal, ...(type ? { query: { type } } : {}) });
    if ((type ?? "vm") === "vm" && !rows.some((row) => row.type === "qemu" || row.type === "lxc"))
      await proveEmpty(site, "/vms", "VM.Audit");
    if ((type ?? "storage") === "storage" && !rows.some((row) => row.type === "storage"))
      await proveEmpty(site, "/storage", "Datastore.Audit");
    return { [name]: resourceShapes(rows) };
  });
};

/**
 * Proxmox leaves out of the list what we may not see, without a word; and plugin 0.0.29.post6 deletes the templates that a
 * good answer does not have. So nothing at all is told only where everything could be seen.
 */
async function proveEmpty({ client, signal }: Site, path: string, privilege: string): Promise<void> {
  const [hidden] = hiddenBelow(await readPermissions(client, signal), path, privilege);
  if (hidden === undefined) return;
  const sentence = `Proxmox endpoint ${client.name} shows nothing on ${path}, and the privilege ${privilege} on ${hidden} is missing.`;
  throw new ProxmoxAPIError("proxmox_forbidden", sentence, {
    object: `endpoint ${client.name}`,
    next: "Give it the role PVEAuditor on / with propagation; a token with privilege separation needs it itself.",
  });
}

/** `[{"<cluster>": node}]`: every node of every endpoint, those that are away too. */
export const nodes: LiveHandler = async (live) => {
  const answers = await askClusters(live, async ({ name, client, signal }) => {
    const rows = await readRows(client, "/nodes", { signal });
    return rows.flatMap((row) => {
      const shape = nodeShape(row);
      return shape ? [{ [name]: shape }] : [];
    });
  });
  return answers.flat();
};

/** The backup jobs of all endpoints in one list, each with its cluster's name. */
export const backupJobs: LiveHandler = async (live) => {
  const answers = await askClusters(live, async ({ name, client, signal }) =>
    (await readRows(client, "/cluster/backup", { signal })).map((row) => ({ ...row, cluster_name: name })),
  );
  return answers.flat();
};

/** The replication jobs of all endpoints in one list. */
export const replication: LiveHandler = async (live) => {
  const answers = await askClusters(live, async ({ name, client, signal }) =>
    (await readReplications(client, signal)).map((job) => replicationShape(name, job)),
  );
  return answers.flat();
};

/** The options of each datacenter. */
export const datacenterOptions: LiveHandler = (live) =>
  askClusters(live, async ({ name, client, signal }) =>
    optionsShape(name, await readRow(client, "/cluster/options", { signal })),
  );

/** The CPU models that were made for each cluster, in one list. */
export const cpuModels: LiveHandler = async (live) => {
  const answers = await askClusters(live, async ({ name, client, signal }) =>
    (await readCpuModels(client, signal)).flatMap((row) => cpuModelShape(name, row) ?? []),
  );
  return answers.flat();
};

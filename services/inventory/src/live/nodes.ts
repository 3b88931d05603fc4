import { nodePath, readRow, readRows } from "@proxbox/proxmox/read-rows";
import { askAll, askNode, namesOf, type Site } from "./ask-all.ts";
import { nodeConfigShape } from "./cluster-shape.ts";
import { badQuestion } from "./failures.ts";
import type { Live, LiveHandler } from "./live.ts";
import { apiPathOf, queryOf, segmentOf } from "./params.ts";

/** The network interfaces of a node, of one `type` when asked for, as Proxmox gives them. */
export const nodeNetwork: LiveHandler = async (live) => {
  const node = segmentOf(live.params, "node");
  const query = queryOf(live.params, ["type"]);
  const answers = await askNode(live, node, async (site) =>
    isWanted(live, site) ? readRows(site.client, nodePath(node, "network"), { signal: site.signal, node, query }) : [],
  );
  return answers.flat();
};

/** The settings of a node; of the first endpoint that has it, or of the cluster that `cluster_name` says. */
export const nodeConfig: LiveHandler = async (live) => {
  const node = segmentOf(live.params, "node");
  const answers = await askNode(live, node, async (site) => {
    if (!isWanted(live, site)) return null;
    const row = await readRow(site.client, nodePath(node, "config"), { signal: site.signal, node });
    return nodeConfigShape(site.name, node, row);
  });
  const [first, second] = answers.filter((answer) => answer !== null);
  if (second) throw badQuestion(`Several endpoints have a node ${node}; say which by proxmox_endpoint_ids.`);
  return first ?? null;
};

/** `[{"<cluster>": [guest]}]`: the QEMU guests of a node as it gives them. */
export const nodeQemu: LiveHandler = (live) => {
  const node = segmentOf(live.params, "node");
  return askNode(live, node, async ({ name, client, signal }) => ({
    [name]: await readRows(client, nodePath(node, "qemu"), { signal, node }),
  }));
};

/** Any read of the Proxmox API, of exactly one endpoint; its query goes along. */
export const api2: LiveHandler = async (live) => {
  const { rest = "", ...query } = live.params;
  const path = apiPathOf(rest);
  if (live.endpoints.length !== 1)
    throw badQuestion(
      `This reads one endpoint; ${live.endpoints.length} are meant: ${namesOf(live)}. Name it by target_name.`,
    );
  const [body] = await askAll(live, ({ client, signal }) => client.get(path, { signal, query }));
  return body;
};

function isWanted({ params }: Live, { name }: Site): boolean {
  return !params.cluster_name || params.cluster_name === name;
}

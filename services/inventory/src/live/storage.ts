import { nodePath, readRows } from "@proxbox/proxmox/read-rows";
import { readStorages } from "@proxbox/proxmox/resources/storage";
import { askClusters, askNode, namesOf } from "./ask-all.ts";
import { notThere } from "./failures.ts";
import type { LiveHandler } from "./live.ts";
import { queryOf, segmentOf } from "./params.ts";
import { storageShape, volumeShape } from "./storage-shape.ts";

/** `[{"<cluster>": [storage]}]` */
export const storage: LiveHandler = (live) =>
  askClusters(live, async ({ name, client, signal }) => {
    const [storages, listed] = await Promise.all([
      readStorages(client, signal),
      readRows(client, "/cluster/resources", { signal, query: { type: "storage" } }),
    ]);
    return { [name]: storages.map((each) => storageShape(name, each, listed)) };
  });

/** The volumes of a storage as one node sees them, of one guest (`vmid`) or kind (`content`) when asked for. */
export const storageContent: LiveHandler = async (live) => {
  const node = segmentOf(live.params, "node");
  const wanted = segmentOf(live.params, "storage");
  const query = queryOf(live.params, ["vmid", "content"]);
  const answers = await askNode(live, node, async ({ client, signal }) => {
    // Several clusters may have a node of this name, and not each has the storage.
    const storages = await readStorages(client, signal);
    if (!storages.some(({ name }) => name === wanted)) return [];
    const rows = await readRows(client, nodePath(node, "storage", wanted, "content"), { signal, node, query });
    return [rows.flatMap((row) => volumeShape(row) ?? [])];
  });
  const found = answers.flat();
  if (found.length === 0) throw notThere(`There is no storage ${wanted} in ${namesOf(live)}.`);
  return found.flat();
};

import type { EstateCluster, EstateNode, Row } from "./estate.ts";

/** The tasks of a node, newest first, as GET /nodes/{node}/tasks filters and cuts them. */
export function taskRows(node: EstateNode, query: URLSearchParams): Row[] {
  const source = query.get("source") ?? "archive";
  const [since, until] = [number(query, "since", 0), number(query, "until", Number.POSITIVE_INFINITY)];
  const [start, limit] = [number(query, "start", 0), number(query, "limit", 50)];
  const wanted = ["vmid", "typefilter", "userfilter"].map((key) => query.get(key));
  const [vmid, type, user] = wanted;
  return node.tasks
    .filter((task) => source === "all" || (task.endtime === undefined) === (source === "active"))
    .filter(({ starttime }) => starttime >= since && starttime <= until)
    .filter((task) => (!vmid || task.id === vmid) && (!type || task.type === type) && (!user || task.user === user))
    .filter(({ status }) => query.get("errors") !== "1" || (status !== undefined && status !== "OK"))
    .toSorted((left, right) => right.starttime - left.starttime)
    .slice(start, start + limit)
    .map((task) => ({ ...task }));
}

/** What is on a storage as one of its nodes sees it. Backups that may not be seen are left out without a word. */
export function contentRows(cluster: EstateCluster, node: string, storage: string, query: URLSearchParams): Row[] {
  const [content, vmid] = [query.get("content"), query.get("vmid")];
  return cluster.volumes
    .filter((volume) => volume.storage === storage && (volume.node ?? node) === node)
    .map(({ row }) => row)
    .filter((row) => (!content || row.content === content) && (!vmid || String(row.vmid) === vmid))
    .filter((row) => row.content !== "backup" || vmid !== null || maySee(cluster, row.vmid));
}

/** Whoever may allocate space on the storage and back up the guest sees its backups, and who owns the storage, all. */
function maySee({ privileges, hidden }: EstateCluster, vmid: unknown): boolean {
  if (privileges.has("Datastore.Allocate")) return true;
  const mayBackUp = privileges.has("Datastore.AllocateSpace") && privileges.has("VM.Backup");
  return mayBackUp && typeof vmid === "number" && !hidden.has(vmid);
}

/** GET /nodes/{node}/network: everything, or one type. */
export function networkRows(node: EstateNode, type: string | null): Row[] {
  const rows = node.interfaces.filter(
    (row) => !type || row.type === type || (type === "any_bridge" && /ridge/.test(String(row.type))),
  );
  return rows.map((row) => ({ ...row }));
}

/** GET /pools: those that have a comment or a guest. */
export function poolRows(cluster: EstateCluster): Row[] {
  const inUse = [...cluster.guests.values()].map(({ pool }) => pool).filter((pool) => pool !== null);
  return [...new Set([...Object.keys(cluster.pools), ...inUse])].sort().map((poolid) => {
    const comment = cluster.pools[poolid];
    return comment ? { poolid, comment } : { poolid };
  });
}

function number(query: URLSearchParams, key: string, absent: number): number {
  const text = query.get(key);
  return text === null ? absent : Number(text);
}

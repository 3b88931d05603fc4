import type { Row } from "@proxbox/netbox/canonical";
import type { NetBoxClient } from "@proxbox/netbox/client";
import type { NodeNames, SnapshotRow } from "./facts.ts";

/** The plugin's snapshot rows of some vmids, of all endpoints: in our words, and as the engine compares them. */
export type ReadRows = { rows: SnapshotRow[]; known: Row[] };

/** Reads the plugin's snapshot rows of some vmids. Throws NetBoxAPIError as the client does. */
export async function readSnapshotRows(
  client: NetBoxClient,
  vmids: readonly number[],
  signal: AbortSignal,
): Promise<ReadRows> {
  const known = await client.readAll("snapshot", { vmid: vmids }, signal);
  const rows = (known as Answer[]).map(({ id, virtual_machine: machine, vmid, name, node }) => ({
    id,
    machine: { id: machine.id, name: machine.name },
    vmid,
    name,
    node,
  }));
  return { rows, known };
}

/** A node of the plugin's table and its endpoint. */
export type NodeRow = { id: number; name: string; endpoint: { id: number } };

/** Reads which endpoints have which nodes. Throws NetBoxAPIError as the client does. */
export function readNodes(client: NetBoxClient, signal: AbortSignal): Promise<NodeRow[]> {
  return client.list<NodeRow>("plugins/proxbox/proxmox-nodes", { fields: "id,name,endpoint" }, signal);
}

/** The nodes as one endpoint sees them; none is anybody's where NetBox does not know the endpoint. Pure. */
export function nodeNames(rows: readonly NodeRow[], pluginEndpoint: number | null): NodeNames {
  const names: NodeNames = { own: [], foreign: [] };
  if (pluginEndpoint === null) return names;
  for (const [name, same] of Map.groupBy(rows, (row) => row.name)) {
    if (same.every(({ endpoint }) => endpoint.id === pluginEndpoint)) names.own.push(name);
    else if (same.every(({ endpoint }) => endpoint.id !== pluginEndpoint)) names.foreign.push(name);
  }
  return names;
}

type Answer = Row & { virtual_machine: { id: number; name: string }; vmid: number; name: string; node: string };

import type { Row } from "@proxbox/netbox/canonical";
import type { NetBoxClient } from "@proxbox/netbox/client";
import type { SnapshotRow } from "./facts.ts";

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

type Answer = Row & { virtual_machine: { id: number; name: string }; vmid: number; name: string; node: string };

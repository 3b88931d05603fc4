import type { ProxmoxClient } from "../client.ts";
import type { Row } from "../parse/rows.ts";
import { readRows } from "../read-rows.ts";
import { ifPresent } from "./sdn.ts";

/**
 * The CPU models that were made for a cluster (GET /cluster/qemu/custom-cpu-models); none before Proxmox VE 9.2. Throws
 * ProxmoxAPIError.
 */
export async function readCpuModels(client: ProxmoxClient, signal: AbortSignal): Promise<Row[]> {
  return (await ifPresent(readRows(client, "/cluster/qemu/custom-cpu-models", { signal }))) ?? [];
}

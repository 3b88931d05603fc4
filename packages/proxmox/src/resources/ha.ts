import { ProxmoxAPIError } from "@proxbox/runtime/errors";
import type { ProxmoxClient } from "../client.ts";
import type { Row } from "../parse/rows.ts";
import { readRows } from "../read-rows.ts";
import { ifPresent } from "./sdn.ts";

/** How high availability does: its managers, quorum and services (GET /cluster/ha/status/current). Throws ProxmoxAPIError. */
export function readHaStatus(client: ProxmoxClient, signal: AbortSignal): Promise<Row[]> {
  return readRows(client, "/cluster/ha/status/current", { signal });
}

/** What is kept available (GET /cluster/ha/resources). Throws ProxmoxAPIError. */
export function readHaResources(client: ProxmoxClient, signal: AbortSignal): Promise<Row[]> {
  return readRows(client, "/cluster/ha/resources", { signal });
}

/** Groups of nodes (GET /cluster/ha/groups); none where rules have taken their place (Proxmox VE 9). Throws ProxmoxAPIError. */
export async function readHaGroups(client: ProxmoxClient, signal: AbortSignal): Promise<Row[]> {
  try {
    return (await ifPresent(readRows(client, "/cluster/ha/groups", { signal, retries: 0 }))) ?? [];
  } catch (thrown) {
    if (thrown instanceof ProxmoxAPIError && /migrated to rules/i.test(thrown.message)) return [];
    throw thrown;
  }
}

/** Rules (GET /cluster/ha/rules); none before Proxmox VE 9. Throws ProxmoxAPIError. */
export async function readHaRules(client: ProxmoxClient, signal: AbortSignal): Promise<Row[]> {
  return (await ifPresent(readRows(client, "/cluster/ha/rules", { signal }))) ?? [];
}

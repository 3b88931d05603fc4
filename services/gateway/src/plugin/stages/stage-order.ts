import type { RunRequest } from "@proxbox/contracts/messages";
import { netboxUrl } from "@proxbox/runtime/endpoints";
import type { GatewayParts } from "../../parts.ts";
import { checkMachine } from "./known-machine.ts";
import type { StagePath } from "./stage-paths.ts";
import { stageRequest } from "./stage-request.ts";

/** What a request asks for, and where the objects of it are to be seen; null: no NetBox is entered. */
export type StageOrder = { request: RunRequest; netboxUrl: string | null };

/**
 * Reads what is asked for on a path; `machine` is the NetBox id in it, if it has one.
 * Throws RequestError as `stageRequest` does, 404 when NetBox has no such machine, and 503 without a bus.
 */
export async function orderOf(
  { bus, config, endpoints }: Pick<GatewayParts, "bus" | "config" | "endpoints">,
  path: StagePath,
  { url, signal }: Request,
  machine: string | undefined,
): Promise<StageOrder> {
  const query = Object.fromEntries(new URL(url).searchParams);
  const [proxmox, netbox] = await Promise.all([endpoints.proxmox(), endpoints.netbox()]);
  const usual = { delete_orphans: config.PROXBOX_DELETE_ORPHANS };
  const request = stageRequest(path, query, { proxmox, netbox, usual }, machine);
  // A machine of a branch is not to be seen outside of it.
  if (machine !== undefined && !request.options.netbox_branch_schema_id) await checkMachine(bus, machine, signal);
  return { request, netboxUrl: netbox && netboxUrl(netbox) };
}

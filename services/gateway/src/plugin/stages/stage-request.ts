import type { StoredNetBoxEndpoint, StoredProxmoxEndpoint } from "@proxbox/contracts/endpoints";
import type { RunRequest } from "@proxbox/contracts/messages";
import type { StageName } from "@proxbox/contracts/stages";
import type { SyncOptionsInput } from "@proxbox/contracts/sync-options";
import { invalidField, notFound, RequestError } from "../../errors.ts";
import { requestOf } from "../../runs/run-order.ts";
import { choosesEndpoints, selectEndpoints } from "../selection.ts";
import type { StagePath } from "./stage-paths.ts";
import { checkConcurrency, flagOf, guestsOf, machinesOf, optionsOf, type StageQuery } from "./stage-query.ts";

/** What a query is understood by: the configured endpoints, and the options of a run that does not give them. */
export type Configured = {
  proxmox: readonly Pick<StoredProxmoxEndpoint, "id" | "name" | "domain" | "ip_address" | "enabled">[];
  netbox: Pick<StoredNetBoxEndpoint, "id" | "enabled"> | null;
  usual: SyncOptionsInput;
};

/**
 * The run that a request for a stage means, in the dialect of plugin 0.0.24 to 0.0.29.post6. Pure.
 * @param machine the NetBox id in the path, if it has one
 * Throws RequestError: 422 for a parameter that cannot be read, 404 for an endpoint that is not there or is disabled, 400
 * when there is nothing to read from or to write to.
 */
export function stageRequest(path: StagePath, query: StageQuery, known: Configured, machine?: string): RunRequest {
  checkConcurrency(query, path.fetchesAtLeastOne ?? false);
  const options: SyncOptionsInput = {
    ...path.implies,
    ...optionsOf(query),
    ...machinesOf(query, machine),
    ...(path.byVmid ? guestsOf(query) : {}),
    ...endpointsOf(query, known),
  };
  const stages = stagesOf(path, query);
  return requestOf({ mode: "strict", options, ...(stages ? { stages } : {}) }, "plugin", known.usual);
}

/**
 * The stages of a path; null: those of a run that names none. That of virtual machines did a guest's network and tasks in
 * passing, where it was not told to leave them to the stages that come later in the same job.
 */
function stagesOf(path: StagePath, query: StageQuery): StageName[] | null {
  const network = flagOf(query, "sync_vm_network") ?? true;
  const addresses = flagOf(query, "assign_vm_interface_ips") ?? true;
  const tasks = flagOf(query, "sync_task_history") ?? true;
  if (path.stages === "all") return null;
  const stages = [...path.stages];
  if (!path.withGuestData) return stages;
  if (tasks) stages.push("task-history");
  if (network) stages.push("vm-interfaces");
  if (network && addresses) stages.push("ip-addresses");
  return stages;
}

function endpointsOf(query: StageQuery, { proxmox, netbox }: Configured): SyncOptionsInput {
  const selected = selectEndpoints(query, proxmox);
  if (selected.length === 0) {
    throw missing("no_endpoints", "No Proxmox endpoint is enabled here. Push one from NetBox, or enable one.");
  }
  const id = query.netbox_id?.trim();
  if (id !== undefined && !/^\d{1,15}$/.test(id)) {
    throw invalidField(["query", "netbox_id"], "It must be a whole number.", id);
  }
  if (!netbox?.enabled) {
    throw missing("netbox_not_configured", "No NetBox endpoint is enabled here. Push one from the plugin.");
  }
  if (id !== undefined && Number(id) !== netbox.id) throw notFound(`There is no NetBox endpoint ${id}.`);
  return choosesEndpoints(query) ? { proxmox_endpoint_ids: selected.map((endpoint) => endpoint.id) } : {};
}

// 400, not 503: asking again without a change does not help, and the plugin would.
function missing(code: string, message: string): RequestError {
  return new RequestError(400, code, message);
}

import type { HostBinding } from "@proxbox/netbox/hosts/bind";
import { twinOutcome } from "@proxbox/netbox/hosts/twins";
import type { ProxmoxEndpoint } from "@proxbox/runtime/endpoints";
import { SyncError } from "@proxbox/runtime/errors";
import { failedEndpoint } from "@proxbox/runtime/isolation";
import { itemKey, type StageItemSpec } from "@proxbox/runtime/stage";

/**
 * The settled item of an endpoint that has no place in NetBox: skipped when its cluster is kept with another endpoint
 * that shows it too, else failed with the reason.
 */
export function unplacedItem(
  endpoint: ProxmoxEndpoint,
  cluster: string,
  binding: HostBinding | undefined,
): StageItemSpec<never> {
  if (binding && binding.twin !== null) {
    const outcome = twinOutcome({ twin: binding.twin, cluster: binding.cluster });
    return { key: itemKey("twin", endpoint.id), endpoint: endpoint.id, report: { objects: [outcome] } };
  }
  const problem = binding?.problem;
  return failedEndpoint(
    endpoint,
    problem
      ? new SyncError("placement_missing", problem.message, problem)
      : new SyncError("cluster_missing", `The cluster ${cluster} of endpoint ${endpoint.name} is not in NetBox.`, {
          next: "Run the stage devices, and see its errors for the reason.",
        }),
  );
}

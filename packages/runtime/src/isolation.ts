import { endpointKey } from "@proxbox/contracts/messages";
import type { ProxmoxEndpoint } from "./endpoints.ts";
import { CancelledError, SyncError, toWireError } from "./errors.ts";
import type { StageContext, StageItemSpec } from "./stage.ts";

/** What the endpoints of a run said: a value from each that answered, a settled item for each that failed. */
export type EndpointAnswers<T> = {
  answered: { endpoint: ProxmoxEndpoint; value: T }[];
  failed: StageItemSpec<never>[];
};

/**
 * Asks every endpoint of a stage at once and keeps their failures apart: one that is unreachable, forbidden or answers
 * nonsense becomes the failed result that speaks for it alone.
 * Throws SyncError `no_endpoints` when the run has none, CancelledError when the stage is stopped.
 */
export async function askEndpoints<T>(
  ctx: Pick<StageContext, "endpoints" | "signal">,
  ask: (endpoint: ProxmoxEndpoint) => Promise<T>,
): Promise<EndpointAnswers<T>> {
  if (ctx.endpoints.length === 0) {
    throw new SyncError("no_endpoints", "There is no enabled Proxmox endpoint to synchronise.", {
      next: "Add one with POST /proxmox/endpoints or enable it in the plugin.",
    });
  }
  const answers: EndpointAnswers<T> = { answered: [], failed: [] };
  const settled = await Promise.allSettled(ctx.endpoints.map(async (endpoint) => ask(endpoint)));
  if (ctx.signal.aborted)
    throw new CancelledError("The stage was stopped while its endpoints were read.", ctx.signal.reason);
  for (const [index, endpoint] of ctx.endpoints.entries()) {
    const outcome = settled[index];
    if (outcome?.status === "fulfilled") answers.answered.push({ endpoint, value: outcome.value });
    else answers.failed.push(failedEndpoint(endpoint, outcome?.reason));
  }
  return answers;
}

/** The settled item that says why nothing of an endpoint could be done. */
export function failedEndpoint(endpoint: Pick<ProxmoxEndpoint, "id" | "name">, thrown: unknown): StageItemSpec<never> {
  const error = toWireError(thrown, `Proxmox endpoint ${endpoint.name}`);
  return { key: endpointKey(endpoint.id), endpoint: endpoint.id, report: { objects: [], error } };
}

import type { ObjectOutcome } from "@proxbox/contracts/messages";
import { names } from "@proxbox/contracts/streams";
import type { NetBoxClient } from "@proxbox/netbox/client";
import { reconcile } from "@proxbox/netbox/reconcile";
import { openBucket } from "@proxbox/runtime/buckets";
import { underLease } from "@proxbox/runtime/lease";
import type { StageContext } from "@proxbox/runtime/stage";
import type { SdnFacts, SdnOwner } from "./facts.ts";
import { missingPrefixes, type SdnScope } from "./overlay.ts";
import { readScope } from "./read.ts";

/**
 * Reads what of NetBox a software-defined network touches, and makes the prefixes that are missing. NetBox sees no prefix
 * that another request is just making, so endpoints with a subnet in common take turns: side by side each would make it.
 * Throws NetBoxAPIError as the client does. A prefix that failed is still missing and not among the outcomes.
 */
export async function ensurePrefixes(
  ctx: Pick<StageContext, "bus" | "replica" | "signal">,
  client: NetBoxClient,
  sdn: SdnFacts,
  owner: SdnOwner,
): Promise<{ scope: SdnScope; outcomes: ObjectOutcome[] }> {
  const before = await readScope(client, sdn, owner, ctx.signal);
  if (missingPrefixes(sdn, owner, before).length === 0) return { scope: before, outcomes: [] };
  const leases = openBucket(ctx.bus, names.leases);
  return underLease(leases, "sdn-prefixes", ctx.replica, ctx.signal, async (signal) => {
    const scope = await readScope(client, sdn, owner, signal);
    const desired = missingPrefixes(sdn, owner, scope);
    const { ids, outcomes } = await reconcile(client, desired, { signal });
    const made = desired.flatMap((one): [string, number][] => {
      const id = ids.get(one);
      return id === undefined ? [] : [[one.label, id]];
    });
    return {
      scope: { ...scope, prefixes: new Map([...scope.prefixes, ...made]) },
      outcomes: outcomes.filter(({ outcome }) => outcome !== "failed"),
    };
  });
}

import { isTargeted } from "@proxbox/contracts/targets";
import type { Estate } from "@proxbox/estate/estates";
import { keyOf } from "@proxbox/netbox/guests/match";
import { observeEndpoint } from "@proxbox/proxmox/observe-endpoint";
import type { StageContext } from "@proxbox/runtime/stage";

/**
 * The virtual machines, by their NetBox id, whose guests are proven to be gone: not in a listing that is complete. None
 * when only some machines were asked for. Throws as `observeEndpoint` does.
 */
export async function observeGone(ctx: StageContext, estates: readonly Estate[]): Promise<ReadonlySet<number>> {
  if (isTargeted(ctx.options)) return new Set();
  const complete = estates.filter(({ gaps }) => gaps.guests.length === 0);
  const gone = complete.map(async ({ endpoint, machines }) => {
    const { listing } = await observeEndpoint(ctx, endpoint);
    const listed = new Set(listing.guests.map(keyOf));
    return machines.filter((machine) => !listed.has(keyOf(machine))).map(({ vm }) => vm.id);
  });
  return new Set((await Promise.all(gone)).flat());
}

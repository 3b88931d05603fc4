import type { HostBinding } from "@proxbox/netbox/hosts/bind";
import { isComplete, placeHosts } from "@proxbox/netbox/hosts/place";
import { netboxOf } from "@proxbox/netbox/session";
import { freshObservation, lastObservation, storeObservation } from "@proxbox/proxmox/observations";
import type { ObservedHosts } from "@proxbox/proxmox/observe-hosts";
import type { StageContext } from "@proxbox/runtime/stage";

const part = "placed";

/**
 * Which NetBox objects stand for these hosts: as an earlier stage of the run found them, as long as what was seen of
 * Proxmox counts as fresh, or read now: nine lists, which every stage of a run would ask for otherwise. Only what is
 * there whole is remembered. Throws NetBoxAPIError when NetBox cannot be read.
 */
export async function placedHosts(ctx: StageContext, hosts: ObservedHosts[]): Promise<HostBinding[]> {
  const stored = await Promise.all(hosts.map(({ endpoint }) => freshObservation<HostBinding>(ctx, endpoint, part)));
  const known = stored.filter((binding) => binding !== null);
  if (known.length === hosts.length) return known;
  const bindings = await placeHosts(netboxOf(ctx), hosts, ctx.configured, ctx.signal);
  await rememberPlaced(ctx, bindings);
  return bindings;
}

/** What stood for an endpoint's hosts when a stage of this run last kept it; null: none has. */
export function lastPlaced(ctx: StageContext, endpoint: number): Promise<HostBinding | null> {
  return lastObservation<HostBinding>(ctx, endpoint, part);
}

/** Keeps what stands for hosts, where it is there whole, for the later stages of the run. */
export async function rememberPlaced(ctx: StageContext, bindings: readonly HostBinding[]): Promise<void> {
  const whole = bindings.filter((binding) => binding.problem === null && isComplete(binding));
  await Promise.all(whole.map((binding) => storeObservation(ctx, binding.endpoint, part, binding)));
}

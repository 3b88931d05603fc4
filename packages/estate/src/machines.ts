import { type StateRow, statesOf } from "@proxbox/netbox/guests/match";
import { type KnownVm, type KnownVms, readKnownVms } from "@proxbox/netbox/guests/read";
import type { HostBinding } from "@proxbox/netbox/hosts/bind";
import { withoutRelics } from "@proxbox/netbox/hosts/twins";
import { netboxOf } from "@proxbox/netbox/session";
import { freshObservation, storeObservation } from "@proxbox/proxmox/observations";
import type { StageContext } from "@proxbox/runtime/stage";
import { lastPlaced } from "./placed.ts";

/** An endpoint whose cluster is in NetBox. */
export type Bound = { binding: HostBinding; cluster: number };

/** What NetBox knows of the machines of one endpoint: their identity rows, and the machines that these are of. */
export type Machines = { states: StateRow[]; vms: KnownVm[] };

const part = "machines";

/**
 * The machines of endpoints: as the stage virtual-machines left them, as long as what was seen counts as fresh, or read
 * now. Throws NetBoxAPIError when NetBox cannot be read.
 */
export async function machinesOf(ctx: StageContext, bound: readonly Bound[]): Promise<Map<number, Machines>> {
  const stored = await Promise.all(bound.map(({ binding }) => freshObservation<Machines>(ctx, binding.endpoint, part)));
  const missing = bound.filter((_, index) => stored[index] === null);
  const read = missing.length > 0 ? await readMachines(ctx, missing) : new Map<number, Machines>();
  for (const [index, { binding }] of bound.entries()) {
    const machines = stored[index];
    if (machines) read.set(binding.endpoint, machines);
  }
  return read;
}

/**
 * Keeps the machines of all endpoints as they are now for the later stages of the run, which would each read them: for
 * the end of the stage virtual-machines, after which nothing that they look at changes. Throws as `machinesOf` does.
 */
export async function rememberMachines(ctx: StageContext): Promise<void> {
  const placed = await Promise.all(ctx.endpoints.map((endpoint) => lastPlaced(ctx, endpoint.id)));
  const bound = placed.flatMap((binding): Bound[] =>
    binding?.cluster.id != null && binding.twin === null ? [{ binding, cluster: binding.cluster.id }] : [],
  );
  if (bound.length === 0) return;
  const machines = await readMachines(ctx, bound);
  await Promise.all([...machines].map(([endpoint, value]) => storeObservation(ctx, endpoint, part, value)));
}

async function readMachines(ctx: StageContext, bound: readonly Bound[]): Promise<Map<number, Machines>> {
  const known = await readKnownVms(
    netboxOf(ctx),
    bound.map(({ cluster }) => cluster),
    new Set(bound.flatMap(({ binding }) => binding.pluginEndpoint ?? [])),
    ctx.signal,
  );
  return new Map(bound.map((entry) => [entry.binding.endpoint, machinesIn(known, entry)]));
}

function machinesIn(known: KnownVms, { binding, cluster }: Bound): Machines {
  const { pluginEndpoint } = binding;
  const states = statesOf({ pluginEndpoint, cluster, vms: known.vms, states: withoutRelics(known.states, binding) });
  const named = new Set(states.map(({ vm }) => vm));
  return { states, vms: known.vms.filter((vm) => named.has(vm.id)) };
}

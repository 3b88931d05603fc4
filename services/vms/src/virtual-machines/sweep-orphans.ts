import type { ObjectOutcome, StageResult } from "@proxbox/contracts/messages";
import type { Desired } from "@proxbox/netbox/desired";
import { keyOf, statesOf } from "@proxbox/netbox/guests/match";
import { readKnownVms } from "@proxbox/netbox/guests/read";
import { placeHosts } from "@proxbox/netbox/hosts/place";
import { softDeletedTag } from "@proxbox/netbox/hosts/support";
import { withoutRelics } from "@proxbox/netbox/hosts/twins";
import { reconcile } from "@proxbox/netbox/reconcile";
import { netboxOf } from "@proxbox/netbox/session";
import { askEndpoints } from "@proxbox/runtime/isolation";
import type { StageContext } from "@proxbox/runtime/stage";
import { observeListing } from "./observe.ts";
import { judgeOrphans, type SweepVerdict } from "./sweep.ts";

/**
 * Marks the machines whose guests are gone: status decommissioning and a tag, never a deletion. Looks at Proxmox
 * again, because the results may be of another process, and leaves out every endpoint with a failed result.
 */
export async function sweepOrphans(results: StageResult["data"][], ctx: StageContext): Promise<ObjectOutcome[]> {
  const client = netboxOf(ctx);
  const { answered } = await askEndpoints(ctx, (endpoint) => observeListing(ctx, endpoint));
  const bindings = await placeHosts(
    client,
    answered.map(({ value }) => value.facts),
    ctx.configured,
    ctx.signal,
  );
  const verdicts: SweepVerdict[] = [];
  for (const { endpoint, value } of answered) {
    const binding = bindings.find((candidate) => candidate.endpoint === endpoint.id);
    const cluster = binding?.cluster.id;
    if (!binding || cluster == null) continue;
    const scope = { pluginEndpoint: binding.pluginEndpoint, cluster };
    const known = await readKnownVms(
      client,
      [cluster],
      new Set(binding.pluginEndpoint === null ? [] : [binding.pluginEndpoint]),
      ctx.signal,
    );
    const vms = new Map(known.vms.map((vm) => [vm.id, vm]));
    const states = statesOf({ ...scope, ...known, states: withoutRelics(known.states, binding) });
    const failed = results.some((result) => result.endpoint === endpoint.id && result.state === "failed");
    const doubt = failed ? "a part of this endpoint failed in this run" : value.gaps.guests.join(" ") || null;
    verdicts.push(
      ...judgeOrphans(states, vms, {
        doubt,
        listed: new Set(value.listing.guests.map(keyOf)),
        cap: ctx.options.max_deletions,
      }),
    );
  }
  const marks = verdicts.filter((verdict) => verdict.allowed).map(markOf);
  const { outcomes } = await reconcile(client, marks, { signal: ctx.signal });
  const spared = verdicts
    .filter((verdict) => !verdict.allowed)
    .map(
      ({ vm, reason }): ObjectOutcome => ({
        kind: "virtual-machine",
        name: vm.name,
        id: vm.id,
        outcome: "skipped",
        reason: `would be marked as gone, but ${reason}`,
      }),
    );
  return [...outcomes, ...spared];
}

function markOf({ vm, vmid }: SweepVerdict): Desired {
  return {
    kind: "virtual-machine",
    id: vm.id,
    identity: { name: vm.name },
    values: { status: "decommissioning" },
    tags: { add: [softDeletedTag] },
    label: `${vm.name} (vmid ${vmid})`,
  };
}

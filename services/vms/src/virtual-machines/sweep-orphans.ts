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

/** What became of the machines of one endpoint whose guests are gone. */
export type Swept = { endpoint: number; objects: ObjectOutcome[] };

/**
 * Marks the machines whose guests are gone: status decommissioning and a tag, never a deletion. Looks at Proxmox
 * again, because the results may be of another process, and leaves out every endpoint with a failed result.
 */
export async function sweepOrphans(results: StageResult["data"][], ctx: StageContext): Promise<Swept[]> {
  const client = netboxOf(ctx);
  const { answered } = await askEndpoints(ctx, (endpoint) => observeListing(ctx, endpoint));
  const bindings = await placeHosts(
    client,
    answered.map(({ value }) => value.facts),
    ctx.configured,
    ctx.signal,
  );
  const swept: Swept[] = [];
  for (const { endpoint, value } of answered) {
    const binding = bindings.find((candidate) => candidate.endpoint === endpoint.id);
    const cluster = binding?.cluster.id;
    if (!binding || cluster == null) continue;
    const { pluginEndpoint } = binding;
    const known = await readKnownVms(
      client,
      [cluster],
      new Set(pluginEndpoint === null ? [] : [pluginEndpoint]),
      ctx.signal,
    );
    const vms = new Map(known.vms.map((vm) => [vm.id, vm]));
    const states = statesOf({ pluginEndpoint, cluster, vms: known.vms, states: withoutRelics(known.states, binding) });
    const failed = results.some((result) => result.endpoint === endpoint.id && result.state === "failed");
    const doubt = failed ? "a part of this endpoint failed in this run" : value.gaps.guests.join(" ") || null;
    const listed = new Set(value.listing.guests.map(keyOf));
    const verdicts = judgeOrphans(states, vms, { doubt, listed, cap: ctx.options.max_deletions });
    const marks = verdicts.filter(({ allowed }) => allowed).map(markOf);
    const { outcomes } = await reconcile(client, marks, { signal: ctx.signal });
    const spared = verdicts.filter(({ allowed }) => !allowed).map(sparedOutcome);
    swept.push({ endpoint: endpoint.id, objects: [...outcomes, ...spared] });
  }
  return swept;
}

function sparedOutcome({ vm, reason }: SweepVerdict): ObjectOutcome {
  const told = `would be marked as gone, but ${reason}`;
  return { kind: "virtual-machine", name: vm.name, id: vm.id, outcome: "skipped", reason: told };
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

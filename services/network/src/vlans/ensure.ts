import type { ObjectOutcome } from "@proxbox/contracts/messages";
import { names } from "@proxbox/contracts/streams";
import type { NetBoxClient } from "@proxbox/netbox/client";
import type { Desired } from "@proxbox/netbox/desired";
import { reconcile } from "@proxbox/netbox/reconcile";
import { oursTag } from "@proxbox/netbox/tags";
import { openBucket } from "@proxbox/runtime/buckets";
import { underLease } from "@proxbox/runtime/lease";
import type { StageContext } from "@proxbox/runtime/stage";
import { type MissingVlan, settleVlans, type VlanNeed, vlanKey } from "./settle.ts";

type Listed = { id: number; vid: number; site: Nested; group: Nested; tags: { slug: string }[] };
type Nested = { id: number } | null;

/** The VLANs that were needed, by `vlanKey`, and what became of those that were made; a VLAN that failed has no id. */
export type Vlans = { ids: Map<string, number>; outcomes: ObjectOutcome[] };

/** What of a stage's context finding and making VLANs needs. */
export type VlanContext = Pick<StageContext, "bus" | "replica" | "signal">;

/**
 * Finds the VLANs that are needed and makes those that are missing; one that is there is never written. NetBox keeps no
 * VLAN number unique, so those who would make one take turns, and look again: a stage can be listed twice at once, when the
 * bus was away and its command came again. Throws NetBoxAPIError when NetBox cannot be read.
 */
export async function ensureVlans(ctx: VlanContext, client: NetBoxClient, needs: readonly VlanNeed[]): Promise<Vlans> {
  const before = await settled(client, needs, ctx.signal);
  if (before.missing.length === 0) return { ids: before.known, outcomes: [] };
  return underLease(openBucket(ctx.bus, names.leases), "vlans", ctx.replica, ctx.signal, async (signal) => {
    const { known, missing } = await settled(client, needs, signal);
    const desired = missing.map(desiredVlan);
    const made = await reconcile(client, desired, { signal });
    missing.forEach((need, index) => {
      const id = made.ids.get(desired[index] as Desired);
      if (id !== undefined) known.set(vlanKey(need), id);
    });
    return { ids: known, outcomes: made.outcomes };
  });
}

async function settled(client: NetBoxClient, needs: readonly VlanNeed[], signal: AbortSignal) {
  if (needs.length === 0) return settleVlans([], []);
  const query = { vid: [...new Set(needs.map(({ vid }) => vid))], fields: "id,vid,site,group,tags" };
  const listed = await client.list<Listed>("ipam/vlans", query, signal);
  return settleVlans(
    needs,
    listed.map(({ id, vid, site, group, tags }) => ({
      id,
      vid,
      site: site?.id ?? null,
      group: group?.id ?? null,
      ours: tags.some(({ slug }) => slug === oursTag),
    })),
  );
}

function desiredVlan({ site, vid }: MissingVlan): Desired {
  const name = `VLAN ${vid}`;
  return {
    kind: "vlan",
    identity: { site: { kind: "site", id: site }, vid },
    values: {},
    onCreate: { name, status: "active" },
    tags: { add: [oursTag], onCreateOnly: true },
    label: name,
  };
}

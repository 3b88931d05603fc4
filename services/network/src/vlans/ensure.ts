import type { ObjectOutcome } from "@proxbox/contracts/messages";
import type { NetBoxClient } from "@proxbox/netbox/client";
import type { Desired } from "@proxbox/netbox/desired";
import { reconcile } from "@proxbox/netbox/reconcile";
import { oursTag } from "@proxbox/netbox/tags";
import { type MissingVlan, settleVlans, type VlanNeed, vlanKey } from "./settle.ts";

type Listed = { id: number; vid: number; site: Nested; group: Nested; tags: { slug: string }[] };
type Nested = { id: number } | null;

/** The VLANs that were needed, by `vlanKey`, and what became of those that were made; a VLAN that failed has no id. */
export type Vlans = { ids: Map<string, number>; outcomes: ObjectOutcome[] };

/**
 * Finds the VLANs that are needed and makes those that are missing; one that is there is never written. NetBox keeps no
 * VLAN number unique, so this is for the one place that lists a stage's items: items side by side would each make it.
 * Throws NetBoxAPIError when NetBox cannot be read.
 */
export async function ensureVlans(
  client: NetBoxClient,
  needs: readonly VlanNeed[],
  signal: AbortSignal,
): Promise<Vlans> {
  if (needs.length === 0) return { ids: new Map(), outcomes: [] };
  const query = { vid: [...new Set(needs.map(({ vid }) => vid))], fields: "id,vid,site,group,tags" };
  const listed = await client.list<Listed>("ipam/vlans", query, signal);
  const { known, missing } = settleVlans(
    needs,
    listed.map(({ id, vid, site, group, tags }) => ({
      id,
      vid,
      site: site?.id ?? null,
      group: group?.id ?? null,
      ours: tags.some(({ slug }) => slug === oursTag),
    })),
  );
  const desired = missing.map(desiredVlan);
  const made = await reconcile(client, desired, { signal });
  missing.forEach((need, index) => {
    const id = made.ids.get(desired[index] as Desired);
    if (id !== undefined) known.set(vlanKey(need), id);
  });
  return { ids: known, outcomes: made.outcomes };
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

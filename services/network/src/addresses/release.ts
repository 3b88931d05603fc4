import type { ObjectOutcome } from "@proxbox/contracts/messages";
import type { NetBoxClient } from "@proxbox/netbox/client";
import { assignedTo, type Desired, type Ref } from "@proxbox/netbox/desired";
import type { KnownVm } from "@proxbox/netbox/guests/read";
import { reconcile } from "@proxbox/netbox/reconcile";
import { NetBoxAPIError } from "@proxbox/runtime/errors";
import type { AddressRow } from "./settle.ts";

/** An address that has to leave its interface: for good, for no other, or for the one that has it now. */
export type Release = { row: AddressRow; to: "nothing" | "nobody" | Ref };

/** A virtual machine whose primary addresses may have to be cleared. */
export type PrimaryHolder = Pick<KnownVm, "id" | "name" | "primaryIp4" | "primaryIp6">;

/** What becomes of an address that its interface has no more: only what is all ours is deleted, the rest is freed. */
export function releaseOf(row: AddressRow): Release {
  return { row, to: row.ours && row.plain ? "nothing" : "nobody" };
}

/**
 * Takes addresses off their interfaces in the order NetBox wants it: first what the plugin says of them for the guest's
 * own interfaces, and that they are primary, then the addresses. Throws NetBoxAPIError as `reconcile` does.
 */
export async function releaseAddresses(
  client: NetBoxClient,
  releases: readonly Release[],
  holders: readonly PrimaryHolder[],
  signal: AbortSignal,
): Promise<ObjectOutcome[]> {
  if (releases.length === 0) return [];
  const ids = new Set(releases.map(({ row }) => row.id));
  const { links, outcomes } = await readLinks(client, [...ids], signal);
  const unlinked = links
    .filter((link) => ids.has(link.ip_address.id))
    .map(({ id }) => goneLink(id, `address ${id} of a guest interface`));
  const cleared = holders.flatMap((holder) => withoutPrimary(holder, ids));
  const before = await reconcile(client, [...unlinked, ...cleared], { signal });
  const after = await reconcile(client, releases.map(releasedAddress), { signal });
  return [...outcomes, ...before.outcomes, ...after.outcomes];
}

type Link = { id: number; ip_address: { id: number } };

const linksPath = "plugins/proxbox/guest-vm-interface-addresses";

async function readLinks(client: NetBoxClient, ids: readonly number[], signal: AbortSignal) {
  try {
    const query = { ip_address_id: ids, fields: "id,ip_address" };
    return { links: await client.list<Link>(linksPath, query, signal), outcomes: [] };
  } catch (thrown) {
    return { links: [], outcomes: [unreadableLinks(thrown)] };
  }
}

/**
 * What is told where the plugin cannot list the addresses of guests' interfaces: its release 0.0.24 always fails with a
 * 500. Throws on what is any other error.
 */
export function unreadableLinks(thrown: unknown): ObjectOutcome {
  if (!(thrown instanceof NetBoxAPIError) || thrown.status !== 500 || thrown.retryable) throw thrown;
  return {
    kind: "guest-vm-interface-address",
    name: "addresses of guest interfaces",
    outcome: "skipped",
    reason: `${thrown.message} They are left as they are; newer releases of the plugin can list them.`,
  };
}

/** A link between a guest's own interface and an address, to be deleted. */
export function goneLink(id: number, label: string): Desired {
  return { kind: "guest-vm-interface-address", id, identity: {}, values: {}, gone: true, label };
}

function withoutPrimary({ id, name, primaryIp4, primaryIp6 }: PrimaryHolder, leaving: ReadonlySet<number>): Desired[] {
  const values = {
    ...(primaryIp4 !== null && leaving.has(primaryIp4) ? { primary_ip4: null } : {}),
    ...(primaryIp6 !== null && leaving.has(primaryIp6) ? { primary_ip6: null } : {}),
  };
  if (Object.keys(values).length === 0) return [];
  return [{ kind: "primary-addresses", id, identity: { name }, values, label: name, parent: name }];
}

function releasedAddress({ row, to }: Release): Desired {
  const { id, address } = row;
  const label = `${row.label} ${address}`;
  const base = { kind: "ip-address", id, identity: { address }, label } as const;
  if (to === "nothing") return { ...base, values: {}, gone: true };
  const values = to === "nobody" ? { assigned_object_type: null, assigned_object_id: null } : assignedTo(to);
  return { ...base, values };
}

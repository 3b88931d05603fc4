import type { Row } from "@proxbox/netbox/canonical";
import type { NetBoxClient } from "@proxbox/netbox/client";
import { oursTag, tagsOf } from "@proxbox/netbox/tags";
import type { GuestInterfaceRow } from "./facts.ts";

/** Reads which of these MAC addresses carry our tag. */
export async function readOurMacs(
  client: NetBoxClient,
  ids: readonly number[],
  signal: AbortSignal,
): Promise<ReadonlySet<number>> {
  if (ids.length === 0) return new Set();
  const rows = await client.list("dcim/mac-addresses", { id: ids, fields: "id,tags" }, signal);
  return new Set(rows.filter(isOurs).map(({ id }) => id));
}

/** A row of the plugin's guest interfaces, in our words. */
export function guestInterfaceOf(row: Row): GuestInterfaceRow {
  const { virtual_machine: vm, vm_interface: card, name, mac_address: mac } = row as Row & Listed;
  return { id: row.id, vm: vm.id, name, mac: mac.toLowerCase(), card: card?.id ?? null, ours: isOurs(row) };
}

type Listed = {
  virtual_machine: { id: number };
  vm_interface: { id: number } | null;
  name: string;
  mac_address: string;
};

function isOurs(row: Row): boolean {
  return tagsOf(row).some(({ slug }) => slug === oursTag);
}

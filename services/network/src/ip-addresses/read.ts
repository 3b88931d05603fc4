import type { NetBoxClient } from "@proxbox/netbox/client";
import type { KnownVm } from "@proxbox/netbox/guests/read";
import type { AddressRow } from "../addresses/settle.ts";

/** A machine's primary addresses in NetBox, by the ids of their rows. */
export type PresentPrimaries = Pick<KnownVm, "primaryIp4" | "primaryIp6">;

type Nested = { id: number } | null;
type Listed = { id: number; primary_ip4: Nested; primary_ip6: Nested };

/**
 * Reads again what is primary of machines whose known primary address is on no interface: what an earlier stage of the
 * run deleted with a card is primary no more, what is outside of a NAT still is. Throws NetBoxAPIError as the client does.
 * @param rows the addresses on the machines' interfaces
 */
export async function readDoubtfulPrimaries(
  client: NetBoxClient,
  machines: readonly KnownVm[],
  rows: readonly AddressRow[],
  signal: AbortSignal,
): Promise<ReadonlyMap<number, PresentPrimaries>> {
  const known = new Set(rows.map(({ id }) => id));
  const isDoubtful = (primary: number | null) => primary !== null && !known.has(primary);
  const doubtful = machines.filter((vm) => isDoubtful(vm.primaryIp4) || isDoubtful(vm.primaryIp6)).map(({ id }) => id);
  if (doubtful.length === 0) return new Map();
  const query = { id: doubtful, fields: "id,primary_ip4,primary_ip6" };
  const found = await client.list<Listed>("virtualization/virtual-machines", query, signal);
  return new Map(
    found.map(({ id, primary_ip4: four, primary_ip6: six }) => [
      id,
      { primaryIp4: four?.id ?? null, primaryIp6: six?.id ?? null },
    ]),
  );
}

import type { NetBoxClient } from "@proxbox/netbox/client";
import type { Query } from "@proxbox/netbox/identity";
import { oursTag } from "@proxbox/netbox/tags";
import { parseMac } from "@proxbox/proxmox/parse/mac";
import type { CardRow } from "./settle.ts";

type Listed = {
  id: number;
  name: string;
  virtual_machine: { id: number };
  mac_addresses: { id: number; mac_address: string }[] | null;
  primary_mac_address: { id: number } | null;
  tags: { slug: string }[];
};

const fields = "id,name,virtual_machine,mac_addresses,primary_mac_address,tags";

/**
 * Reads interfaces of virtual machines, by machine, e.g. those of `{ cluster_id: ids }` or `{ virtual_machine_id: ids }`.
 * Throws NetBoxAPIError as the client does.
 */
export async function readCardRows(
  client: NetBoxClient,
  query: Query,
  signal: AbortSignal,
): Promise<ReadonlyMap<number, CardRow[]>> {
  const listed = await client.list<Listed>("virtualization/interfaces", { ...query, fields }, signal);
  const byMachine = Map.groupBy(listed, (row) => row.virtual_machine.id);
  return new Map([...byMachine].map(([machine, rows]) => [machine, rows.map(cardRowOf)]));
}

function cardRowOf(row: Listed): CardRow {
  return {
    id: row.id,
    name: row.name,
    ours: row.tags.some(({ slug }) => slug === oursTag),
    macs: (row.mac_addresses ?? []).map(({ id, mac_address: mac }) => ({ id, mac: parseMac(mac) ?? mac })),
    primaryMac: row.primary_mac_address?.id ?? null,
  };
}

import type { NetBoxClient } from "@proxbox/netbox/client";
import type { KnownVm } from "@proxbox/netbox/guests/read";
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
 * Reads the interfaces of these virtual machines, by machine: whole clusters at once, where not only a few machines were
 * asked for. Throws NetBoxAPIError as the client does.
 */
export async function readCardRows(
  client: NetBoxClient,
  machines: readonly Pick<KnownVm, "id" | "cluster">[],
  few: boolean,
  signal: AbortSignal,
): Promise<ReadonlyMap<number, CardRow[]>> {
  const clusters = few ? [] : [...new Set(machines.flatMap(({ cluster }) => cluster ?? []))];
  const single = machines.filter(({ cluster }) => few || cluster === null).map(({ id }) => id);
  const queries = [{ cluster_id: clusters }, { virtual_machine_id: single }];
  const asked = queries.filter((query) => Object.values(query).some((ids) => ids.length > 0));
  const lists = await Promise.all(
    asked.map((query: Query) => client.list<Listed>("virtualization/interfaces", { ...query, fields }, signal)),
  );
  const byMachine = Map.groupBy(lists.flat(), (row) => row.virtual_machine.id);
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

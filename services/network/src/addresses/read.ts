import type { NetBoxClient } from "@proxbox/netbox/client";
import type { Query } from "@proxbox/netbox/identity";
import { oursTag } from "@proxbox/netbox/tags";
import { parseCidr } from "@proxbox/proxmox/parse/guest-address";
import type { AddressRow } from "./settle.ts";

type Nested = { id: number; name: string };
type Listed = {
  id: number;
  address: string;
  vrf: Nested | null;
  tenant: Nested | null;
  role: unknown;
  nat_inside: unknown;
  description: string;
  comments: string;
  tags: { slug: string }[];
  assigned_object_type: string | null;
  assigned_object_id: number | null;
  assigned_object: { name?: string; display?: string; device?: Nested; virtual_machine?: Nested } | null;
};

const fields =
  "id,address,vrf,tenant,role,nat_inside,description,comments,tags,assigned_object_type,assigned_object_id,assigned_object";

/**
 * Reads the addresses that any of these queries finds, e.g. `{ address: hosts }` (NetBox 4.6.8 then takes any prefix),
 * `{ virtual_machine_id: ids }` or `{ device_id: ids }`; each once. Throws NetBoxAPIError as the client does.
 */
export async function readAddressRows(
  client: NetBoxClient,
  queries: readonly Query[],
  signal: AbortSignal,
): Promise<AddressRow[]> {
  const asked = queries.filter((query) => !Object.values(query).some((value) => Array.isArray(value) && !value.length));
  const lists = await Promise.all(
    asked.map((query) => client.list<Listed>("ipam/ip-addresses", { ...query, fields }, signal)),
  );
  return [...new Map(lists.flat().map((row) => [row.id, addressRowOf(row)])).values()];
}

function addressRowOf(row: Listed): AddressRow {
  const { assigned_object: object, assigned_object_type: type, assigned_object_id: id } = row;
  const owner = object?.virtual_machine ?? object?.device;
  const kind = object?.virtual_machine ? "virtual-machine" : "device";
  return {
    id: row.id,
    address: row.address,
    host: parseCidr(row.address)?.host ?? row.address.replace(/\/.*$/, ""),
    global: row.vrf === null,
    at: type !== null && id !== null ? { type, id } : null,
    owner: owner ? `${kind}/${owner.id}` : null,
    label: owner ? `${owner.name} ${object?.name ?? ""}`.trim() : (object?.display ?? "nothing"),
    ours: row.tags.some(({ slug }) => slug === oursTag),
    plain:
      !(row.vrf || row.tenant || row.role || row.nat_inside || row.description || row.comments) &&
      row.tags.every(({ slug }) => slug === oursTag),
  };
}

import type { NetBoxClient } from "@proxbox/netbox/client";
import { kindOf } from "@proxbox/netbox/kinds";
import { oursTag } from "@proxbox/netbox/tags";
import { type SdnFacts, type SdnOwner, sdnKinds } from "./facts.ts";
import { type SdnScope, slugPrefix } from "./overlay.ts";
import type { SdnRow } from "./stale.ts";

type Tagged = { id: number; tags: { slug: string }[] };

/** Reads what of NetBox a software-defined network touches. Throws NetBoxAPIError as the client does. */
export async function readScope(
  client: NetBoxClient,
  sdn: SdnFacts,
  owner: SdnOwner,
  signal: AbortSignal,
): Promise<SdnScope> {
  const wanted = [...new Set(sdn.subnets.flatMap(({ prefix }) => prefix ?? []))];
  const names = new Set(sdn.vnets.map(({ name }) => name));
  const devices = owner.devices.map(({ id }) => id);
  const [prefixes, interfaces] = await Promise.all([
    wanted.length === 0
      ? []
      : client.list<Tagged & { prefix: string; vrf: unknown }>(
          "ipam/prefixes",
          { prefix: wanted, fields: "id,prefix,vrf,tags" },
          signal,
        ),
    names.size === 0 || devices.length === 0
      ? []
      : client.list<{ id: number; name: string; device: { id: number } }>(
          "dcim/interfaces",
          { device_id: devices, name: [...names], fields: "id,name,device" },
          signal,
        ),
  ]);
  const named = interfaces.filter(({ name, device }) => names.has(name) && devices.includes(device.id));
  // NetBox may have a prefix more than once; then ours stands for it, else the oldest.
  const found = prefixes
    .filter(({ vrf }) => vrf === null)
    .sort((left, right) => Number(isOurs(left)) - Number(isOurs(right)) || right.id - left.id);
  return {
    prefixes: new Map(found.map(({ prefix, id }) => [prefix, id])),
    interfaces: named.map(({ id, name, device }) => ({ id, name, device: device.id })),
    ends: await readEnds(
      client,
      named.map(({ id }) => id),
      signal,
    ),
  };
}

async function readEnds(client: NetBoxClient, interfaces: number[], signal: AbortSignal): Promise<SdnScope["ends"]> {
  if (interfaces.length === 0) return new Map();
  const rows = await client.list<{
    id: number;
    assigned_object_type: string;
    assigned_object_id: number;
    l2vpn: { slug: string; name: string };
  }>(
    "vpn/l2vpn-terminations",
    { interface_id: interfaces, fields: "id,l2vpn,assigned_object_type,assigned_object_id" },
    signal,
  );
  return new Map(
    rows
      .filter((row) => row.assigned_object_type === "dcim.interface")
      .map((row) => [row.assigned_object_id, { slug: row.l2vpn.slug, name: row.l2vpn.name }]),
  );
}

/** The bindings that `desiredBindings` writes; those of the plugin netbox-bgp are another program's. */
const ownBindings: ReadonlySet<unknown> = new Set(["vnet", "subnet", "l2vpn-termination"]);

/** Reads what stands, or stood, for an endpoint's software-defined network. Throws NetBoxAPIError as the client does. */
export async function readSdnRows(
  client: NetBoxClient,
  { endpoint }: SdnOwner,
  signal: AbortSignal,
): Promise<SdnRow[]> {
  type Row = SdnRow["row"];
  const tables = sdnKinds.map(async (kind): Promise<SdnRow[]> => {
    const rows = await client.list<Row>(kindOf(kind).path, { endpoint }, signal);
    const own = rows.filter((row) => row.endpoint === endpoint);
    return own
      .filter((row) => kind !== "sdn-binding" || ownBindings.has(row.source_type))
      .map((row) => ({ kind, row }));
  });
  const readL2vpns = async (): Promise<SdnRow[]> => {
    const rows = await client.list<Row>("vpn/l2vpns", { tag: oursTag, fields: "id,slug,status" }, signal);
    const own = rows.filter(({ slug }) => String(slug).startsWith(slugPrefix(endpoint)));
    return own.map((row) => ({ kind: "l2vpn", row }));
  };
  return (await Promise.all([...tables, readL2vpns()])).flat();
}

function isOurs({ tags }: Tagged): boolean {
  return tags.some(({ slug }) => slug === oursTag);
}

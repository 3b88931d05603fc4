import type { WireError } from "@proxbox/contracts/errors";
import type { ObjectOutcome } from "@proxbox/contracts/messages";
import type { SyncOptions } from "@proxbox/contracts/sync-options";
import { isTargeted } from "@proxbox/contracts/targets";
import { portionsOf } from "@proxbox/estate/portions";
import { unplacedItem } from "@proxbox/estate/unplaced";
import type { NetBoxClient } from "@proxbox/netbox/client";
import type { HostBinding } from "@proxbox/netbox/hosts/bind";
import { ensureHosts } from "@proxbox/netbox/hosts/place";
import { reconcile } from "@proxbox/netbox/reconcile";
import { netboxOf } from "@proxbox/netbox/session";
import type { ProxmoxEndpoint } from "@proxbox/runtime/endpoints";
import { askEndpoints } from "@proxbox/runtime/isolation";
import { itemKey, type StageContext, type StageItemSpec } from "@proxbox/runtime/stage";
import { readAddressRows } from "../addresses/read.ts";
import { ensureVlans } from "../vlans/ensure.ts";
import { desiredReleases } from "./desired.ts";
import type { PlannedNode, ReadNode } from "./facts.ts";
import { type NodeNetwork, type ObservedNetworks, observeNetworks } from "./observe.ts";
import { planNodes } from "./plan.ts";
import { readDeviceRows, withoutGuestBridges } from "./read.ts";
import { placeInterfaces } from "./topology.ts";

type Spec = StageItemSpec<{ nodes: PlannedNode[] }>;

/** The nodes of an endpoint that can be worked on, and what is told of the others. */
type Listed = { endpoint: ProxmoxEndpoint; nodes: ReadNode[]; told: ObjectOutcome[] };

/** A node has five to twenty interfaces, and NetBox is written in bulks of fifty. */
const nodesPerItem = 10;

/**
 * Reads the network of every node, settles what depends on more than one of them (VLANs, addresses), and cuts the nodes
 * into items. A run of chosen machines touches no node. Throws NetBoxAPIError when NetBox cannot be read.
 */
export async function listItems(ctx: StageContext): Promise<Spec[]> {
  const { options, signal } = ctx;
  if (isTargeted(options) || options.sync_mode_node === "disabled") return [];
  const { answered, failed } = await askEndpoints(ctx, (endpoint) => observeNetworks(ctx, endpoint));
  if (answered.length === 0) return failed;
  const client = netboxOf(ctx);
  const hosts = answered.map(({ value }) => value.hosts);
  const { bindings, outcomes } = await ensureHosts(client, hosts, ctx.configured, options, signal);
  const listed: Listed[] = [];
  for (const { endpoint, value } of answered) {
    const binding = bindings.find((candidate) => candidate.endpoint === endpoint.id);
    if (binding?.cluster.id != null && !binding.problem) listed.push({ endpoint, ...nodesOf(value, binding, options) });
    else failed.push(unplacedItem(endpoint, value.hosts.cluster.name, binding));
  }
  const { planned, support } = await settle(
    ctx,
    client,
    listed.map(({ nodes }) => nodes),
  );
  const shared = [...outcomes, ...support];
  return [
    ...failed,
    ...(shared.length > 0 ? [{ key: "support", endpoint: null, report: { objects: shared } }] : []),
    ...listed.flatMap((entry, index) => itemsOf(entry, planned[index] ?? [])),
  ];
}

async function settle(
  ctx: StageContext,
  client: NetBoxClient,
  endpoints: readonly (readonly ReadNode[])[],
): Promise<{ planned: PlannedNode[][]; support: ObjectOutcome[] }> {
  const { options, signal } = ctx;
  const nodes = endpoints.flat();
  const interfaces = nodes.flatMap((node) => node.interfaces.map((one) => ({ ...one, site: node.site })));
  const devices = nodes.map(({ device }) => device);
  const hosts = [...new Set(interfaces.flatMap(({ addresses }) => addresses.map(({ host }) => host)))];
  const [rows, addresses, vlans] = await Promise.all([
    readDeviceRows(client, devices, signal),
    readAddressRows(client, [{ address: hosts }, { device_id: devices }], signal),
    ensureVlans(
      ctx,
      client,
      interfaces.flatMap(({ site, vlan }) => (typeof vlan === "object" && vlan ? [{ site, vid: vlan.vid }] : [])),
    ),
  ]);
  const listed = new Set(nodes.flatMap(({ device, interfaces: own }) => own.map(({ name }) => `${device} ${name}`)));
  const isListed = ({ device, name }: { device: number; name: string }) => listed.has(`${device} ${name}`);
  const present = await withoutGuestBridges(client, rows.interfaces, isListed, signal);
  const known = { ...rows, interfaces: present, addresses };
  const { planned, releases } = planNodes(endpoints, known, vlans.ids, options);
  const released = await reconcile(client, desiredReleases(planned.flat(), releases), { signal });
  return { planned, support: [...vlans.outcomes, ...released.outcomes] };
}

function nodesOf({ networks }: ObservedNetworks, binding: HostBinding, options: SyncOptions): Omit<Listed, "endpoint"> {
  const listed: Omit<Listed, "endpoint"> = { nodes: [], told: [] };
  for (const network of networks) {
    const bound = binding.nodes[network.name];
    if (network.state !== "ok") listed.told.push(unread(network, bound?.device ?? null));
    else if (!bound || bound.device === null || !("id" in bound.site)) listed.told.push(withoutDevice(network.name));
    else
      listed.nodes.push({
        name: network.name,
        ip: network.ip,
        device: bound.device,
        deviceName: bound.name,
        site: bound.site.id,
        interfaces: placeInterfaces(network.interfaces, !options.ignore_ipv6_link_local_addresses),
      });
  }
  return listed;
}

function itemsOf({ endpoint, told }: Listed, planned: readonly PlannedNode[]): Spec[] {
  const items = portionsOf(planned, nodesPerItem).map((nodes): Spec => {
    // Who answers differs from attempt to attempt, so the key tells which nodes are meant.
    const key = itemKey("nodes", endpoint.id, ...nodes.map(({ name }) => name));
    return { key, endpoint: endpoint.id, body: { nodes } };
  });
  if (told.length > 0)
    items.push({ key: itemKey("unread", endpoint.id), endpoint: endpoint.id, report: { objects: told } });
  return items;
}

function unread(network: Exclude<NodeNetwork, { state: "ok" }>, device: number | null): ObjectOutcome {
  const outcome = { kind: "device", name: network.name, ...(device === null ? {} : { id: device }) };
  if (network.state === "offline")
    return { ...outcome, outcome: "skipped", reason: "The node is offline. NetBox keeps what it has of its network." };
  return { ...outcome, outcome: "failed", error: { ...network.error, object: network.name } satisfies WireError };
}

function withoutDevice(name: string): ObjectOutcome {
  const reason = "It has no device in NetBox; the stage devices says why.";
  return { kind: "device", name, outcome: "skipped", reason };
}

import { isTargeted } from "@proxbox/contracts/targets";
import { summariseStage } from "@proxbox/estate/summarise";
import { unplacedItem } from "@proxbox/estate/unplaced";
import { createOnly } from "@proxbox/netbox/desired";
import type { HostBinding } from "@proxbox/netbox/hosts/bind";
import { placeHosts } from "@proxbox/netbox/hosts/place";
import { reconcile } from "@proxbox/netbox/reconcile";
import { netboxOf } from "@proxbox/netbox/session";
import type { ProxmoxEndpoint } from "@proxbox/runtime/endpoints";
import { askEndpoints } from "@proxbox/runtime/isolation";
import { defineStage, itemKey, type StageItemSpec } from "@proxbox/runtime/stage";
import { Type } from "@sinclair/typebox";
import { desiredSdn } from "./desired.ts";
import { ensurePrefixes } from "./ensure-prefixes.ts";
import { type SdnOwner, sdnKinds } from "./facts.ts";
import { type ObservedOwner, observeOwner, observeSdn } from "./observe.ts";
import { readSdnRows } from "./read.ts";
import { doubtOf, markStale } from "./stale.ts";
import { skippedFabrics } from "./tables.ts";

type SdnItem = { owner: SdnOwner; gaps: string[] };

/**
 * Software-defined networks of Proxmox become rows of the plugin's tables, L2VPNs and prefixes; one item is one endpoint.
 * Off unless `sync_mode_sdn` is on; then nothing is read. Objects of the plugin netbox-bgp (sessions, policies,
 * communities) are not written.
 */
export const stage = defineStage({
  name: "sdn",
  body: Type.Unsafe<SdnItem>(Type.Object({ owner: Type.Object({}), gaps: Type.Array(Type.String()) })),

  async items(ctx) {
    if (ctx.options.sync_mode_sdn === "disabled" || isTargeted(ctx.options)) return [];
    const { answered, failed } = await askEndpoints(ctx, (endpoint) => observeOwner(ctx, endpoint));
    if (answered.length === 0) return failed;
    const hosts = answered.map(({ value }) => value.hosts);
    const bindings = await placeHosts(netboxOf(ctx), hosts, ctx.configured, ctx.signal);
    const items = answered.map(({ endpoint, value }) => {
      const binding = bindings.find((candidate) => candidate.endpoint === endpoint.id);
      return binding?.cluster.id != null && !binding.problem
        ? itemOf(endpoint, value, binding)
        : unplacedItem(endpoint, value.hosts.cluster.name, binding);
    });
    return [...failed, ...items];
  },

  async work({ owner, gaps }, ctx) {
    const sdn = await observeSdn(ctx);
    if (!sdn) return { objects: [] };
    const client = netboxOf(ctx);
    const [{ scope, outcomes: made }, rows] = await Promise.all([
      ensurePrefixes(ctx, client, sdn, owner),
      readSdnRows(client, owner, ctx.signal),
    ]);
    const desired = desiredSdn(sdn, owner, scope);
    const told = [...made, ...skippedFabrics(sdn, owner)];
    if (ctx.options.sync_mode_sdn === "bootstrap_only") {
      const { outcomes } = await reconcile(client, desired.map(createOnly), { signal: ctx.signal });
      return { objects: [...told, ...outcomes] };
    }
    const gone = markStale(rows, desired, doubtOf(gaps, sdn.unread));
    const read = Object.fromEntries(
      sdnKinds.map((kind) => [kind, rows.flatMap((one) => (one.kind === kind ? [one.row] : []))]),
    );
    const { outcomes } = await reconcile(client, [...desired, ...gone.stale], { signal: ctx.signal, rows: read });
    return { objects: [...told, ...outcomes, ...gone.told] };
  },

  finish: summariseStage,
});

function itemOf(
  endpoint: ProxmoxEndpoint,
  { hosts, gaps }: ObservedOwner,
  binding: HostBinding,
): StageItemSpec<SdnItem> {
  const key = itemKey("sdn", endpoint.id);
  if (binding.pluginEndpoint === null) {
    const reason = "NetBox has no Proxmox endpoint of that name, on which the rows of its network could hang.";
    const outcome = { kind: "proxmox-endpoint", name: endpoint.name, outcome: "skipped" as const, reason };
    return { key, endpoint: endpoint.id, report: { objects: [outcome] } };
  }
  const devices = Object.entries(binding.nodes).flatMap(([node, { device }]) =>
    device === null ? [] : [{ node, id: device }],
  );
  const { endpointName, cluster } = hosts;
  const owner = { endpoint: binding.pluginEndpoint, endpointName, cluster: cluster.name, devices };
  return { key, endpoint: endpoint.id, body: { owner, gaps } };
}

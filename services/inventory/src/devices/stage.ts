import { summariseStage } from "@proxbox/estate/summarise";
import { unplacedItem } from "@proxbox/estate/unplaced";
import type { HostBinding } from "@proxbox/netbox/hosts/bind";
import type { HostFacts } from "@proxbox/netbox/hosts/facts";
import { applyHosts, applySupport, placeHosts } from "@proxbox/netbox/hosts/place";
import { netboxOf } from "@proxbox/netbox/session";
import { askEndpoints } from "@proxbox/runtime/isolation";
import { defineStage, itemKey } from "@proxbox/runtime/stage";
import { Type } from "@sinclair/typebox";
import { observeHosts } from "./observe.ts";

const HostItem = Type.Object({
  facts: Type.Unsafe<HostFacts>(Type.Object({})),
  binding: Type.Unsafe<HostBinding>(Type.Object({})),
});

/** Clusters and nodes of Proxmox become clusters and devices of NetBox; one item is one endpoint. */
export const stage = defineStage({
  name: "devices",
  body: HostItem,

  async items(ctx) {
    const { answered, failed } = await askEndpoints(ctx, (endpoint) => observeHosts(ctx, endpoint));
    if (answered.length === 0) return failed;
    const client = netboxOf(ctx);
    const facts = answered.map(({ value }) => value);
    const support = await applySupport(client, facts, ctx.signal);
    const bindings = await placeHosts(client, facts, ctx.configured, ctx.signal);
    const items = answered.map(({ endpoint, value }) => {
      const binding = bindings.find((candidate) => candidate.endpoint === endpoint.id);
      if (!binding || binding.twin !== null || binding.problem !== null)
        return unplacedItem(endpoint, value.cluster.name, binding);
      return { key: itemKey("hosts", endpoint.id), endpoint: endpoint.id, body: { facts: value, binding } };
    });
    return [...failed, { key: "support", endpoint: null, report: { objects: support } }, ...items];
  },

  async work({ facts, binding }, ctx) {
    return { objects: await applyHosts(netboxOf(ctx), facts, binding, ctx.options, ctx.signal) };
  },

  finish: summariseStage,
});

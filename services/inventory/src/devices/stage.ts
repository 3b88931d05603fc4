import type { HostBinding } from "@proxbox/netbox/hosts/bind";
import type { HostFacts } from "@proxbox/netbox/hosts/facts";
import { applyHosts, applySupport, placeHosts } from "@proxbox/netbox/hosts/place";
import { netboxOf } from "@proxbox/netbox/session";
import { SyncError } from "@proxbox/runtime/errors";
import { askEndpoints, failedEndpoint } from "@proxbox/runtime/isolation";
import { defineStage, itemKey } from "@proxbox/runtime/stage";
import { Type } from "@sinclair/typebox";
import { observeEndpoint } from "./observe.ts";

const HostItem = Type.Object({
  facts: Type.Unsafe<HostFacts>(Type.Object({})),
  binding: Type.Unsafe<HostBinding>(Type.Object({})),
});

/** Clusters and nodes of Proxmox become clusters and devices of NetBox; one item is one endpoint. */
export const stage = defineStage({
  name: "devices",
  body: HostItem,

  async items(ctx) {
    const { answered, failed } = await askEndpoints(ctx, (endpoint) => observeEndpoint(ctx, endpoint));
    if (answered.length === 0) return failed;
    const client = netboxOf(ctx);
    const facts = answered.map(({ value }) => value);
    const support = await applySupport(client, facts, ctx.signal);
    const bindings = await placeHosts(client, facts, ctx.signal);
    const items = answered.map(({ endpoint, value }) => {
      const binding = bindings.find((candidate) => candidate.endpoint === endpoint.id);
      if (!binding)
        throw new SyncError("host_not_placed", `Proxmox endpoint ${endpoint.name} was not placed in NetBox.`);
      const problem = binding.problem;
      if (problem) return failedEndpoint(endpoint, new SyncError("placement_missing", problem.message, problem));
      return { key: itemKey("hosts", endpoint.id), endpoint: endpoint.id, body: { facts: value, binding } };
    });
    return [...failed, { key: "support", endpoint: null, report: { objects: support } }, ...items];
  },

  async work({ facts, binding }, ctx) {
    return { objects: await applyHosts(netboxOf(ctx), facts, binding, ctx.options, ctx.signal) };
  },
});

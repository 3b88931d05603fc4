import { createOnly } from "@proxbox/netbox/desired";
import type { HostBinding } from "@proxbox/netbox/hosts/bind";
import { ensureHosts } from "@proxbox/netbox/hosts/place";
import { reconcile } from "@proxbox/netbox/reconcile";
import { netboxOf } from "@proxbox/netbox/session";
import type { Storage } from "@proxbox/proxmox/resources/storage";
import { StorageSyncError } from "@proxbox/runtime/errors";
import { askEndpoints, failedEndpoint } from "@proxbox/runtime/isolation";
import { defineStage, itemKey } from "@proxbox/runtime/stage";
import { Type } from "@sinclair/typebox";
import { desiredStorage } from "./desired.ts";
import { observeStorages } from "./observe.ts";

const StorageItem = Type.Object({
  binding: Type.Unsafe<HostBinding>(Type.Object({})),
  storages: Type.Array(Type.Unsafe<Storage>(Type.Object({}))),
});

/** Storages of Proxmox become rows of the plugin's storage table; one item is one endpoint. */
export const stage = defineStage({
  name: "storage",
  body: StorageItem,

  async items(ctx) {
    const { answered, failed } = await askEndpoints(ctx, (endpoint) => observeStorages(ctx, endpoint));
    if (answered.length === 0) return failed;
    const { bindings, outcomes } = await ensureHosts(
      netboxOf(ctx),
      answered.map(({ value }) => value.facts),
      ctx.options,
      ctx.signal,
    );
    const items = answered.map(({ endpoint, value }) => {
      const binding = bindings.find((candidate) => candidate.endpoint === endpoint.id);
      if (!binding || binding.problem || binding.cluster.id === null) {
        const message =
          binding?.problem?.message ??
          `The cluster ${value.facts.cluster.name} of these storages could not be made in NetBox.`;
        return failedEndpoint(endpoint, new StorageSyncError("placement_missing", message, { ...binding?.problem }));
      }
      return {
        key: itemKey("storages", endpoint.id),
        endpoint: endpoint.id,
        body: { binding, storages: value.storages },
      };
    });
    const support = outcomes.length > 0 ? [{ key: "support", endpoint: null, report: { objects: outcomes } }] : [];
    return [...failed, ...support, ...items];
  },

  async work({ binding, storages }, ctx) {
    if (ctx.options.sync_mode_storage === "disabled") return { objects: [] };
    const desired = storages.map((storage) => desiredStorage(storage, binding, ctx.options));
    const wanted = ctx.options.sync_mode_storage === "bootstrap_only" ? desired.map(createOnly) : desired;
    const { outcomes } = await reconcile(netboxOf(ctx), wanted, { signal: ctx.signal });
    return { objects: outcomes };
  },
});

import { summariseStage } from "@proxbox/estate/summarise";
import { unplacedItem } from "@proxbox/estate/unplaced";
import { createOnly } from "@proxbox/netbox/desired";
import type { HostBinding } from "@proxbox/netbox/hosts/bind";
import { ensureHosts } from "@proxbox/netbox/hosts/place";
import { reconcile } from "@proxbox/netbox/reconcile";
import { netboxOf } from "@proxbox/netbox/session";
import type { Storage } from "@proxbox/proxmox/resources/storage";
import { askEndpoints } from "@proxbox/runtime/isolation";
import { defineStage, itemKey, type StageContext } from "@proxbox/runtime/stage";
import { Type } from "@sinclair/typebox";
import { desiredStorage } from "./desired.ts";
import { disableGone } from "./gone.ts";
import { observeStorages } from "./observe.ts";
import { readStorageRows } from "./read.ts";

const StorageItem = Type.Object({
  binding: Type.Unsafe<HostBinding>(Type.Object({})),
  storages: Type.Array(Type.Unsafe<Storage>(Type.Object({}))),
  doubt: Type.Union([Type.String(), Type.Null()]),
});

/**
 * Storages of Proxmox become rows of the plugin's storage table; one item is one endpoint. The row of a storage that is
 * proven gone is disabled; it is never deleted.
 */
export const stage = defineStage({
  name: "storage",
  body: StorageItem,

  async items(ctx) {
    if (ctx.options.sync_mode_storage === "disabled") return [];
    const { answered, failed } = await askEndpoints(ctx, (endpoint) => observeStorages(ctx, endpoint));
    if (answered.length === 0) return failed;
    const { bindings, outcomes } = await ensureHosts(
      netboxOf(ctx),
      answered.map(({ value }) => value.hosts),
      ctx.configured,
      ctx.options,
      ctx.signal,
    );
    const items = answered.map(({ endpoint, value: { hosts, storages, doubt } }) => {
      const binding = bindings.find((candidate) => candidate.endpoint === endpoint.id);
      if (!binding || binding.problem !== null || binding.cluster.id === null)
        return unplacedItem(endpoint, hosts.cluster.name, binding);
      return { key: itemKey("storages", endpoint.id), endpoint: endpoint.id, body: { binding, storages, doubt } };
    });
    const support = outcomes.length > 0 ? [{ key: "support", endpoint: null, report: { objects: outcomes } }] : [];
    return [...failed, ...support, ...items];
  },

  async work({ binding, storages, doubt }, ctx) {
    const desired = storages.map((storage) => desiredStorage(storage, binding, ctx.options));
    const always = ctx.options.sync_mode_storage === "always";
    const gone = always ? await judgeGone(storages, doubt, binding, ctx) : { desired: [], kept: [] };
    const wanted = [...(always ? desired : desired.map(createOnly)), ...gone.desired];
    const { outcomes } = await reconcile(netboxOf(ctx), wanted, { signal: ctx.signal });
    return { objects: [...outcomes, ...gone.kept] };
  },

  finish: summariseStage,
});

async function judgeGone(storages: readonly Storage[], doubt: string | null, binding: HostBinding, ctx: StageContext) {
  const rows = binding.cluster.id === null ? [] : await readStorageRows(netboxOf(ctx), binding.cluster.id, ctx.signal);
  return disableGone(rows, new Set(storages.map(({ name }) => name)), doubt, binding);
}

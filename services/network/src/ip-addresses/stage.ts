import { summariseStage } from "@proxbox/estate/summarise";
import { reconcile } from "@proxbox/netbox/reconcile";
import { netboxOf } from "@proxbox/netbox/session";
import { defineStage } from "@proxbox/runtime/stage";
import { Type } from "@sinclair/typebox";
import { desiredAddresses, desiredReferences } from "./desired.ts";
import type { AddressBatch } from "./facts.ts";
import { listItems } from "./items.ts";

const AddressItem = Type.Unsafe<AddressBatch>(Type.Object({ guests: Type.Array(Type.Object({})) }));

/**
 * Addresses of guests become IP addresses on the interfaces of their virtual machines, and the first of each family a
 * machine's primary one; one item is a chunk of guests. Which row is whose is settled while the items are listed.
 */
export const stage = defineStage({
  name: "ip-addresses",
  body: AddressItem,

  items: listItems,

  async work({ guests }, ctx) {
    const client = netboxOf(ctx);
    const desired = desiredAddresses(guests, ctx.options);
    const made = await reconcile(client, desired, { signal: ctx.signal });
    const ids = desired.map((address) => made.ids.get(address));
    const references = guests.flatMap((plan) => desiredReferences(plan, ids.splice(0, plan.addresses.length)));
    const referring = await reconcile(client, references, { signal: ctx.signal });
    return { objects: [...made.outcomes, ...referring.outcomes] };
  },

  finish: summariseStage,
});

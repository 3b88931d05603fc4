import { summariseStage } from "@proxbox/estate/summarise";
import { reconcile } from "@proxbox/netbox/reconcile";
import { netboxOf } from "@proxbox/netbox/session";
import { defineStage } from "@proxbox/runtime/stage";
import { Type } from "@sinclair/typebox";
import { desiredCard, otherMacs } from "./desired.ts";
import type { CardBatch } from "./facts.ts";
import { listItems } from "./items.ts";
import { readOurMacs } from "./read.ts";
import { syncGuestInterfaces } from "./sync-guest-interfaces.ts";

const CardItem = Type.Unsafe<CardBatch>(Type.Object({ chunk: Type.String(), guests: Type.Array(Type.Object({})) }));

/**
 * Network cards of guests become interfaces of virtual machines, with their MAC addresses, VLANs and bridges, and what
 * guests call their interfaces becomes rows of the plugin; one item is a chunk of guests.
 */
export const stage = defineStage({
  name: "vm-interfaces",
  body: CardItem,

  items: listItems,

  async work(batch, ctx) {
    const client = netboxOf(ctx);
    const { options, signal } = ctx;
    const cards = batch.guests.flatMap((one) => one.cards);
    const others = options.sync_mode_mac === "always" ? cards.flatMap(otherMacs) : [];
    const ours = await readOurMacs(client, others, signal);
    const desired = cards.flatMap((card) => desiredCard(card, ours, options));
    const made = await reconcile(client, desired, { signal });
    const told =
      options.vm_interface_sync_strategy === "guest_os_model" ? await syncGuestInterfaces(batch, made, ctx) : [];
    return { objects: [...made.outcomes, ...told] };
  },

  finish: summariseStage,
});

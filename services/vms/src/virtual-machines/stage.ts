import type { WireError } from "@proxbox/contracts/errors";
import type { ObjectOutcome } from "@proxbox/contracts/messages";
import { isTargeted } from "@proxbox/contracts/targets";
import { rememberMachines } from "@proxbox/estate/machines";
import { summariseStage } from "@proxbox/estate/summarise";
import { createOnly, pointingTo } from "@proxbox/netbox/desired";
import { writeJournal } from "@proxbox/netbox/journal";
import { reconcile, rowsOf } from "@proxbox/netbox/reconcile";
import { netboxOf } from "@proxbox/netbox/session";
import { countOf } from "@proxbox/runtime/results";
import { defineStage } from "@proxbox/runtime/stage";
import { Type } from "@sinclair/typebox";
import pLimit from "p-limit";
import { isBootstrapOnly } from "../modes.ts";
import { desiredGuest, desiredName } from "./desired.ts";
import { desiredRoleMemory } from "./desired-role.ts";
import { type GuestBatch, labelOf, type PlannedGuest } from "./facts.ts";
import { listItems } from "./items.ts";
import { observeConfigs } from "./observe.ts";
import { desiredPlatforms } from "./platforms.ts";
import { withRenames } from "./renamed.ts";
import { sweepOrphans } from "./sweep-orphans.ts";

const GuestItem = Type.Unsafe<GuestBatch>(
  Type.Object({ facts: Type.Object({}), binding: Type.Object({}), guests: Type.Array(Type.Object({})) }),
);

/** Guests of Proxmox become virtual machines of NetBox; one item is up to fifty guests of one endpoint. */
export const stage = defineStage({
  name: "virtual-machines",
  body: GuestItem,

  items: listItems,

  async work(batch, ctx) {
    const { read, failures, gone } = await observeConfigs(ctx, batch);
    const client = netboxOf(ctx);
    // Items share platforms: made one item after another, they do not stumble over each other's.
    const inTurn = ctx.shared("platforms in turn", () => pLimit(1));
    const missing = desiredPlatforms(
      read.map(({ config }) => config),
      batch.support,
    );
    const platforms = await inTurn(() => reconcile(client, missing, { signal: ctx.signal }));
    const desired = read.flatMap(({ plan, config }) => {
      const wanted = desiredGuest(plan, config, batch, ctx.options);
      return isBootstrapOnly(plan.guest, ctx.options) ? wanted.map(createOnly) : wanted;
    });
    const pointed = desired.map(pointingTo([...batch.support, ...rowsOf(platforms)]));
    // One that cannot be read must not be left with the name it bears while others take theirs.
    const waiting = [...failures.map(({ plan }) => plan), ...gone].flatMap(({ vm, name, steppedAside }) =>
      vm !== null && steppedAside ? [desiredName({ vm, name })] : [],
    );
    const { outcomes } = await reconcile(client, [...pointed, ...waiting], { signal: ctx.signal });
    const made = platforms.outcomes.filter(({ outcome }) => outcome !== "unchanged");
    const planned = read.map(({ plan }) => plan);
    const named = withRenames(outcomes, planned, batch);
    const refused = new Set(outcomes.flatMap(({ outcome, name }) => (outcome === "failed" ? [name] : [])));
    const memories = read
      .filter(({ plan }) => !isBootstrapOnly(plan.guest, ctx.options))
      .flatMap(({ plan, config }) => desiredRoleMemory(plan, config, batch, ctx.options))
      .filter(({ label }) => !refused.has(label));
    const remembered = await reconcile(client, memories, { signal: ctx.signal });
    const objects = [...failures.map(unread), ...gone.map(vanished), ...named, ...remembered.outcomes];
    await writeJournal(ctx, client, objects);
    return { objects: [...made, ...objects] };
  },

  async finish(results, ctx) {
    const swept = ctx.options.delete_orphans && !isTargeted(ctx.options) ? await sweepOrphans(results, ctx) : [];
    const objects = swept.flatMap((one) => one.objects);
    await writeJournal(ctx, netboxOf(ctx), objects);
    const changed = swept.map((one) => ({ endpoint: one.endpoint, counts: countOf(one.objects) }));
    await summariseStage([...results, ...changed], ctx);
    await rememberMachines(ctx);
    return { objects };
  },
});

/**
 * A guest whose node is known to be away keeps what NetBox has. It is a failure when NetBox does not have it yet, and when
 * its node is said to be there and does not answer.
 */
function unread({ plan, error }: { plan: PlannedGuest; error: WireError }): ObjectOutcome {
  const base = outcomeOf(plan);
  if (plan.guest.known || plan.vm === null)
    return { ...base, outcome: "failed", error: { ...error, object: base.name } };
  return { ...base, outcome: "skipped", reason: `${error.message} NetBox keeps what it has.` };
}

function vanished(plan: PlannedGuest): ObjectOutcome {
  return { ...outcomeOf(plan), outcome: "skipped", reason: "It was deleted in Proxmox while the run was at work." };
}

function outcomeOf(plan: PlannedGuest) {
  return { kind: "virtual-machine", name: labelOf(plan), ...(plan.vm === null ? {} : { id: plan.vm }) };
}

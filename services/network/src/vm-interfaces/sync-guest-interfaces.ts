import type { ObjectOutcome } from "@proxbox/contracts/messages";
import { createOnly, type Ref } from "@proxbox/netbox/desired";
import { type Reconciled, reconcile } from "@proxbox/netbox/reconcile";
import { netboxOf } from "@proxbox/netbox/session";
import { NetBoxAPIError, toWireError } from "@proxbox/runtime/errors";
import { endpointOf, type ItemContext } from "@proxbox/runtime/stage";
import { matchCards } from "../cards/match.ts";
import { type GuestNetwork, labelOf, observeChunk } from "../cards/observe.ts";
import type { CardBatch } from "./facts.ts";
import { desiredGuestInterfaces, swappedLinks, type TellingGuest } from "./guest-interfaces.ts";
import { guestInterfaceOf } from "./read.ts";

const kind = "guest-vm-interface";

/**
 * Keeps the plugin's rows of what guests call their interfaces. A guest that does not tell keeps the rows it has.
 * @param made what became of the interfaces of the batch's cards
 */
export async function syncGuestInterfaces(
  batch: CardBatch,
  made: Reconciled,
  ctx: ItemContext,
): Promise<ObjectOutcome[]> {
  const { options, signal } = ctx;
  const client = netboxOf(ctx);
  const guests = batch.guests.map(({ guest }) => guest);
  const { networks } = await observeChunk(ctx, endpointOf(ctx), { key: batch.chunk, guests }, { agents: true });
  const silent = networks.flatMap(silenceOf);
  const telling = networks.flatMap((network) => tellingOf(network, batch, made));
  if (telling.length === 0) return silent;
  const rows = await client
    .readAll(kind, { virtual_machine_id: telling.map(({ vm }) => vm) }, signal)
    .catch((thrown: unknown) => unreadable(thrown, signal));
  // The interfaces of the same item are written by now, and have to be told of.
  if (rows instanceof Error) return [...silent, ...telling.map(({ label }) => failedOf(label, rows))];
  const known = rows.map(guestInterfaceOf);
  const wanted = telling.map((guest) =>
    desiredGuestInterfaces(
      guest,
      known.filter(({ vm }) => vm === guest.vm),
    ),
  );
  const desired = wanted.flatMap((each) => each.desired);
  const read = { signal, rows: { [kind]: rows } };
  if (options.sync_mode_vm_interface === "bootstrap_only") {
    return [...silent, ...(await reconcile(client, desired.map(createOnly), read)).outcomes];
  }
  // A guest tells all of its interfaces, and those like its own containers' come and go at once: nothing is left to doubt.
  const gone = wanted.flatMap((each) => each.gone);
  const going = new Set(gone.map(({ id }) => id));
  const swapped = swappedLinks(
    desired,
    known.filter(({ id }) => !going.has(id)),
  );
  await reconcile(client, swapped, read);
  const { outcomes } = await reconcile(client, [...desired, ...gone], read);
  return [...silent, ...outcomes];
}

/** What keeps the rows from being read, where trying again does not help. */
function unreadable(thrown: unknown, signal: AbortSignal): NetBoxAPIError {
  if (signal.aborted || !(thrown instanceof NetBoxAPIError) || thrown.retryable) throw thrown;
  return thrown;
}

function failedOf(name: string, error: NetBoxAPIError): ObjectOutcome {
  return { kind, name, outcome: "failed", error: { ...toWireError(error), object: name } };
}

function tellingOf({ guest, config, agent }: GuestNetwork, batch: CardBatch, { ids }: Reconciled): TellingGuest[] {
  if (agent?.state !== "ok") return [];
  const { interfaces } = agent;
  const made = new Map(
    [...ids].flatMap(([{ kind: of, label }, id]) => (of === "vm-interface" ? [[label, id] as const] : [])),
  );
  const cards = batch.guests.find((one) => one.guest.vmid === guest.vmid)?.cards ?? [];
  const refs = cards.flatMap(({ key, label }): [string, Ref][] => {
    const id = made.get(label);
    return id === undefined ? [] : [[key, { kind: "vm-interface", id }]];
  });
  const behind = matchCards(config.nics, interfaces);
  return [{ vm: guest.vm.id, machine: guest.vm.name, label: labelOf(guest), interfaces, behind, cards: new Map(refs) }];
}

function silenceOf({ guest, agent }: GuestNetwork): ObjectOutcome[] {
  if (agent?.state !== "failed") return [];
  const reason = `${agent.error.message} NetBox keeps what it has of the guest's own interfaces.`;
  return [{ kind, name: labelOf(guest), outcome: "skipped", reason }];
}

import type { ObjectOutcome } from "@proxbox/contracts/messages";
import type { NetBoxClient } from "@proxbox/netbox/client";
import type { KnownVm } from "@proxbox/netbox/guests/read";
import { reconcile } from "@proxbox/netbox/reconcile";
import { judgeRemovals } from "@proxbox/netbox/removals";
import { readAddressRows } from "../addresses/read.ts";
import { releaseAddresses, releaseOf } from "../addresses/release.ts";
import type { CardRow } from "../cards/settle.ts";

/** A guest whose configuration was read: its machine, how many cards it has, and the rows of ours that are none of them any more. */
export type CardCensus = { vm: KnownVm; label: string; listed: number; gone: CardRow[] };

/**
 * Deletes the interfaces of cards that guests have no more. The addresses on them come off first: deleting an interface
 * takes with it whatever is assigned to it, an operator's too. Throws NetBoxAPIError as `reconcile` does.
 */
export async function removeCards(
  client: NetBoxClient,
  guests: readonly CardCensus[],
  cap: number,
  signal: AbortSignal,
): Promise<ObjectOutcome[]> {
  const candidates = guests.flatMap(({ vm, label, gone }) =>
    gone.map(({ id, name, ours }) => ({
      kind: "vm-interface" as const,
      id,
      label: `${label} ${name}`,
      parent: vm.name,
      ours,
    })),
  );
  // Cards that have come in place of others count: guests that are given new ones are none that show too little.
  const known = guests.reduce((sum, { listed, gone }) => sum + listed + gone.length, 0);
  const verdict = judgeRemovals(candidates, { doubt: null, known, cap });
  const rows = await readAddressRows(client, [{ vminterface_id: verdict.gone.flatMap(({ id }) => id ?? []) }], signal);
  const machines = guests.map(({ vm }) => vm);
  const released = await releaseAddresses(client, rows.map(releaseOf), machines, signal);
  const stuck = new Set(released.flatMap(({ outcome, id }) => (outcome === "failed" ? (id ?? []) : [])));
  const held = new Set(rows.flatMap(({ id, at }) => (at && stuck.has(id) ? [at.id] : [])));
  const { outcomes } = await reconcile(
    client,
    verdict.gone.filter(({ id }) => !held.has(id ?? 0)),
    { signal },
  );
  const spared = verdict.gone
    .filter(({ id }) => held.has(id ?? 0))
    .map(
      ({ kind, label: name }): ObjectOutcome => ({
        kind,
        name,
        outcome: "skipped",
        reason: "would be deleted, but an address on it could not be taken off.",
      }),
    );
  return [...released, ...outcomes, ...spared, ...verdict.kept];
}

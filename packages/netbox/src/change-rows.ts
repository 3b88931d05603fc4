import {
  askedOf,
  type BulkIo,
  type Entry,
  faultsOf,
  inBatches,
  inHalves,
  nameOf,
  sendBatch,
  type Verdicts,
  type WireRow,
  type Written,
} from "./bulk.ts";
import type { Row } from "./canonical.ts";
import { goneError, refusal } from "./failures.ts";
import type { KindName } from "./kinds.ts";

/**
 * Changes rows in bulk; each has its `id`. A batch that NetBox refuses is halved down to the guilty row, because its
 * error names none. A row that is gone, which NetBox passes over without a word, is an error `netbox_gone`.
 */
export async function updateRows(
  io: BulkIo,
  kind: KindName,
  rows: readonly (WireRow & { id: number })[],
  signal: AbortSignal,
): Promise<Written[]> {
  const asked = askedOf("PATCH", kind);
  const work = async (
    entries: Entry<WireRow & { id: number }>[],
    verdicts: Verdicts<WireRow & { id: number }>,
  ): Promise<void> => {
    const answer = await sendBatch(io, kind, asked, entries, signal);
    if (answer.status === 200) {
      const rowsById = new Map((answer.body as Row[]).map((row) => [row.id, row]));
      for (const entry of entries) {
        const row = rowsById.get(entry.row.id);
        verdicts.set(entry, row ? { row } : { error: goneError(kind, entry.row.id) });
      }
      return;
    }
    const [only] = entries;
    if (only && entries.length === 1) {
      return void verdicts.set(only, {
        error: refusal(asked, answer, nameOf(kind, only.row), faultsOf(answer, 1)?.[0]),
      });
    }
    await inHalves(io, kind, entries, (half) => work(half, verdicts));
  };
  return inBatches(io, kind, "PATCH", rows, work, signal);
}

/**
 * Deletes rows in bulk by id; one that is gone already counts as deleted. A batch of which NetBox keeps one, because
 * others depend on it, is halved down to that one.
 */
export async function removeRows(
  io: BulkIo,
  kind: KindName,
  ids: readonly number[],
  signal: AbortSignal,
): Promise<Written[]> {
  const asked = askedOf("DELETE", kind);
  const work = async (entries: Entry<Row>[], verdicts: Verdicts<Row>): Promise<void> => {
    const answer = await sendBatch(io, kind, asked, entries, signal);
    const [only] = entries;
    if (answer.status === 204) {
      for (const entry of entries) verdicts.set(entry, { row: entry.row });
    } else if (only && entries.length === 1) {
      verdicts.set(only, { error: refusal(asked, answer, nameOf(kind, only.row)) });
    } else {
      await inHalves(io, kind, entries, (half) => work(half, verdicts));
    }
  };
  return inBatches(
    io,
    kind,
    "DELETE",
    ids.map((id) => ({ id })),
    work,
    signal,
  );
}

import { NetBoxAPIError } from "@proxbox/runtime/errors";
import { sleep } from "@proxbox/runtime/retry";
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
import { type Answer, isAmbiguous, isConflict, refusal } from "./failures.ts";
import type { KindName } from "./kinds.ts";

/**
 * Makes rows in bulk. A batch that NetBox refuses is sent again without the rows it named, or in halves where it named
 * none, so that the others land. A row that exists already comes back as `existing`. A request that broke off is not
 * repeated blindly: what it made is looked up by identity first.
 */
export async function createRows(
  io: BulkIo,
  kind: KindName,
  rows: readonly WireRow[],
  signal: AbortSignal,
): Promise<Written[]> {
  const deadline = Date.now() + io.patienceMs;
  const settleExisting = async (entries: Entry<WireRow>[], verdicts: Verdicts<WireRow>, sent: boolean) => {
    const found = await io.findExisting(
      kind,
      entries.map((entry) => entry.row),
      signal,
    );
    return entries.filter((entry, position) => {
      const row = found[position];
      if (row) verdicts.set(entry, { existing: row, sent });
      return !row;
    });
  };
  const work = async (entries: Entry<WireRow>[], verdicts: Verdicts<WireRow>, lost: number): Promise<void> => {
    if (entries.length === 0) return;
    const asked = askedOf("POST", kind);
    let answer: Answer;
    try {
      answer = await sendBatch(io, kind, asked, entries, signal);
    } catch (thrown) {
      const patient = lost < io.retries && Date.now() < deadline;
      if (!patient || !(thrown instanceof NetBoxAPIError && isAmbiguous(thrown))) throw thrown;
      await sleep(200 + Math.random() * 800, signal);
      return work(await settleExisting(entries, verdicts, true), verdicts, lost + 1);
    }
    if (answer.status === 201) {
      (answer.body as Row[]).forEach((row, position) => {
        const entry = entries[position];
        if (entry) verdicts.set(entry, { row });
      });
      return;
    }
    const faults = faultsOf(answer, entries.length);
    const errorOf = (entry: Entry<WireRow>, reason?: unknown) =>
      refusal(asked, answer, nameOf(kind, entry.row), reason);
    if (faults) {
      const conflicting: Entry<WireRow>[] = [];
      entries.forEach((entry, position) => {
        if (faults[position] === null) return;
        const error = errorOf(entry, faults[position]);
        verdicts.set(entry, { error });
        if (isConflict(error)) conflicting.push(entry);
      });
      await settleExisting(conflicting, verdicts, lost > 0);
      return work(
        entries.filter((_, position) => faults[position] === null),
        verdicts,
        lost,
      );
    }
    // Some kinds name no row when one exists already: devices (400), sidecars (409), cloud-init and clusters (500).
    const known = answer.status === 409 || answer.status === 500 || isConflict(refusal(asked, answer));
    const rest = known ? await settleExisting(entries, verdicts, lost > 0) : entries;
    if (rest.length < entries.length) return work(rest, verdicts, lost);
    const [only] = rest;
    if (only && rest.length === 1) return void verdicts.set(only, { error: errorOf(only) });
    await inHalves(io, kind, rest, (half) => work(half, verdicts, lost));
  };
  return inBatches(io, kind, "POST", rows, (entries, verdicts) => work(entries, verdicts, 0), signal);
}

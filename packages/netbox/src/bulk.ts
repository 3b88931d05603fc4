import { NetBoxAPIError, type ProxboxError } from "@proxbox/runtime/errors";
import type { Logger } from "@proxbox/runtime/log";
import { sleep } from "@proxbox/runtime/retry";
import { type BatchLimits, batchesOf, nextBatchSize } from "./batch-size.ts";
import type { Row } from "./canonical.ts";
import { type Answer, type Asked, isAmbiguous, isConflict, refusal } from "./failures.ts";
import { type KindName, kindOf } from "./kinds.ts";
import type { Sender } from "./send.ts";

/** A row to be written: wire values by field. */
export type WireRow = { readonly [field: string]: unknown };

/**
 * What became of one row: as it is now; as it stood there already instead of being made, `sent` when a request of ours
 * that broke off may have made it; or why not.
 */
export type Written = { row: Row } | { existing: Row; sent: boolean } | { error: ProxboxError };

/** What bulk writes need besides the rows. */
export type BulkIo = {
  send: Sender;
  /** The present batch size by kind and operation. */
  sizes: Map<string, number>;
  limits: BatchLimits;
  /** Pause between two batches. */
  delayMs: number;
  /** How long rows whose request broke off are tried again. */
  patienceMs: number;
  /** The rows that stand in NetBox already for these; null where there is none or more than one. */
  findExisting: (kind: KindName, rows: readonly WireRow[], signal: AbortSignal) => Promise<(Row | null)[]>;
  log: Logger;
};

type Entry<T> = { row: T; index: number };
type Verdicts<T> = Map<Entry<T>, Written>;

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
  const settleExisting = async (entries: Entry<WireRow>[], verdicts: Verdicts<WireRow>, sent = false) => {
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
  const work = async (entries: Entry<WireRow>[], verdicts: Verdicts<WireRow>): Promise<void> => {
    if (entries.length === 0) return;
    const asked = askedOf("POST", kind);
    let answer: Answer;
    try {
      answer = await sendBatch(io, kind, asked, entries, signal);
    } catch (thrown) {
      if (!(thrown instanceof NetBoxAPIError && isAmbiguous(thrown)) || Date.now() > deadline) throw thrown;
      await sleep(200 + Math.random() * 800, signal);
      return work(await settleExisting(entries, verdicts, true), verdicts);
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
      const guilty = entries.filter((_, position) => faults[position] !== null);
      for (const entry of guilty) verdicts.set(entry, { error: errorOf(entry, faults[entries.indexOf(entry)]) });
      await settleExisting(
        guilty.filter((entry) => isConflict(errorOf(entry, faults[entries.indexOf(entry)]))),
        verdicts,
      );
      return work(
        entries.filter((entry) => !guilty.includes(entry)),
        verdicts,
      );
    }
    // Some kinds name no row when one exists already: devices (400), sidecars (409), cloud-init and clusters (500).
    const known = answer.status === 409 || answer.status === 500 || isConflict(refusal(asked, answer));
    const rest = known ? await settleExisting(entries, verdicts) : entries;
    if (rest.length < entries.length) return work(rest, verdicts);
    const [only] = rest;
    if (only && rest.length === 1) return void verdicts.set(only, { error: errorOf(only) });
    await inHalves(io, kind, rest, (half) => work(half, verdicts));
  };
  return inBatches(io, kind, "POST", rows, work, signal);
}

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

/** The error of a row that was there and is no longer. */
export function goneError(kind: KindName, id: number, label?: string): NetBoxAPIError {
  const object = label ?? `${kindOf(kind).label} ${id}`;
  return new NetBoxAPIError("netbox_gone", `${object} (${kindOf(kind).label} ${id}) was deleted in NetBox meanwhile.`, {
    object,
    retryable: true,
    next: "The next run makes it again if it should be there.",
  });
}

async function inBatches<T extends WireRow>(
  io: BulkIo,
  kind: KindName,
  method: Asked["method"],
  rows: readonly T[],
  work: (entries: Entry<T>[], verdicts: Verdicts<T>) => Promise<void>,
  signal: AbortSignal,
): Promise<Written[]> {
  const entries = rows.map((row, index) => ({ row, index }));
  const verdicts: Verdicts<T> = new Map();
  let rest = entries;
  while (rest.length > 0) {
    const [batch = []] = batchesOf(rest, io.sizes.get(sizeKey(kind, method)) ?? io.limits.first, io.limits.bytes);
    await work(batch, verdicts);
    rest = rest.slice(batch.length);
    if (rest.length > 0 && io.delayMs > 0) await sleep(io.delayMs, signal);
  }
  return entries.map((entry) => verdicts.get(entry) ?? { error: unansweredError(kind, entry.row) });
}

async function sendBatch<T extends WireRow>(
  io: BulkIo,
  kind: KindName,
  asked: Asked,
  entries: readonly Entry<T>[],
  signal: AbortSignal,
): Promise<Answer> {
  const { writes = "netbox" } = kindOf(kind);
  const key = sizeKey(kind, asked.method);
  const size = io.sizes.get(key) ?? io.limits.first;
  const objects = entries.length;
  try {
    const answer = await io.send(
      {
        ...asked,
        body: entries.map((entry) => entry.row),
        resource: writes,
        kind,
        objects,
        batch: size,
        ...(asked.method === "POST" ? { again: (error) => !isAmbiguous(error as NetBoxAPIError) } : {}),
      },
      signal,
    );
    if (answer.status < 300) io.sizes.set(key, nextBatchSize(size, objects, answer.ms, io.limits));
    const fact = {
      event: "netbox.batch",
      kind,
      op: asked.method,
      objects,
      status: answer.status,
      ms: Math.round(answer.ms),
    } as const;
    io.log.debug(fact, `${asked.method} of ${objects} ${kindOf(kind).label} rows: HTTP ${answer.status}.`);
    return answer;
  } catch (thrown) {
    if (thrown instanceof NetBoxAPIError && thrown.overload) io.sizes.set(key, Math.max(1, Math.ceil(size / 2)));
    throw thrown;
  }
}

async function inHalves<T>(
  io: BulkIo,
  kind: KindName,
  entries: T[],
  work: (half: T[]) => Promise<void>,
): Promise<void> {
  const sentence = `A batch of ${entries.length} ${kindOf(kind).label} rows was refused and is sent in halves.`;
  io.log.debug({ event: "netbox.bisected", kind, objects: entries.length }, sentence);
  const middle = Math.ceil(entries.length / 2);
  await work(entries.slice(0, middle));
  await work(entries.slice(middle));
}

/** The errors of a bulk answer row by row, null for a good row; null when the answer names no rows. */
function faultsOf(answer: Answer, length: number): (object | null)[] | null {
  const { body } = answer;
  if (!Array.isArray(body) || body.length !== length) return null;
  const faults = body.map((fault) =>
    typeof fault === "object" && fault && Object.keys(fault).length > 0 ? fault : null,
  );
  return faults.some((fault) => fault !== null) ? faults : null;
}

function nameOf(kind: KindName, row: WireRow): string {
  const name = row.name ?? row.model ?? row.slug ?? row.id;
  return name === undefined ? kindOf(kind).label : `${kindOf(kind).label} ${name}`;
}

function unansweredError(kind: KindName, row: WireRow): NetBoxAPIError {
  return new NetBoxAPIError("netbox_bad_answer", `NetBox's answer says nothing of ${nameOf(kind, row)}.`, {
    object: nameOf(kind, row),
    retryable: true,
  });
}

function sizeKey(kind: KindName, method: Asked["method"]): string {
  return `${kind} ${method}`;
}

function askedOf(method: Asked["method"], kind: KindName): Asked {
  return { method, path: `/api/${kindOf(kind).path}/` };
}

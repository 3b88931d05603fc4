import { NetBoxAPIError, type ProxboxError } from "@proxbox/runtime/errors";
import type { Logger } from "@proxbox/runtime/log";
import { sleep } from "@proxbox/runtime/retry";
import { type BatchLimits, firstBatch, nextBatchSize } from "./batch-size.ts";
import type { Row } from "./canonical.ts";
import { type Answer, type Asked, isAmbiguous } from "./failures.ts";
import { type KindName, kindOf } from "./kinds.ts";
import type { Sender } from "./send.ts";

/** A row to be written: wire values by field. */
export type WireRow = { readonly [field: string]: unknown };

/**
 * What became of one row: as it is now; as it stood there already instead of being made, `sent` when a request of ours
 * that broke off may have made it; or why not.
 */
export type Written = { row: Row } | { existing: Row; sent: boolean } | { error: ProxboxError };

/** The bounds of a batch, and the pause after one in milliseconds. */
export type Pace = { limits: BatchLimits; delayMs: number };

/** What bulk writes need besides the rows. */
export type BulkIo = {
  send: Sender;
  /** The present batch size by kind and operation. */
  sizes: Map<string, number>;
  /** How a kind is written. */
  paceOf: (kind: KindName) => Pace;
  /** How often, and how long in milliseconds, rows whose request broke off are tried again. */
  retries: number;
  patienceMs: number;
  /** The rows that stand in NetBox already for these; null where there is none or more than one. */
  findExisting: (kind: KindName, rows: readonly WireRow[], signal: AbortSignal) => Promise<(Row | null)[]>;
  log: Logger;
};

/** A row and its place among those asked for. */
export type Entry<T> = { row: T; index: number };
/** What became of each row. */
export type Verdicts<T> = Map<Entry<T>, Written>;

/** Works rows batch by batch, of the size that fits at the time; the verdicts come back aligned with the rows. */
export async function inBatches<T extends WireRow>(
  io: BulkIo,
  kind: KindName,
  method: Asked["method"],
  rows: readonly T[],
  work: (entries: Entry<T>[], verdicts: Verdicts<T>) => Promise<void>,
  signal: AbortSignal,
): Promise<Written[]> {
  const { limits, delayMs } = io.paceOf(kind);
  const entries = rows.map((row, index) => ({ row, index }));
  const verdicts: Verdicts<T> = new Map();
  let rest = entries;
  while (rest.length > 0) {
    const batch = firstBatch(rest, io.sizes.get(sizeKey(kind, method)) ?? limits.first, limits.bytes);
    await work(batch, verdicts);
    rest = rest.slice(batch.length);
    if (rest.length > 0 && delayMs > 0) await sleep(delayMs, signal);
  }
  return entries.map((entry) => verdicts.get(entry) ?? { error: unansweredError(kind, entry.row) });
}

/**
 * Sends one batch and learns from the time it took. A refusal is an answer; a POST that broke off is thrown rather than
 * sent again, because NetBox may have done it.
 */
export async function sendBatch<T extends WireRow>(
  io: BulkIo,
  kind: KindName,
  asked: Asked,
  entries: readonly Entry<T>[],
  signal: AbortSignal,
): Promise<Answer> {
  const { writes = "netbox" } = kindOf(kind);
  const { limits } = io.paceOf(kind);
  const key = sizeKey(kind, asked.method);
  const size = io.sizes.get(key) ?? limits.first;
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
    if (answer.status < 300) io.sizes.set(key, nextBatchSize(size, objects, answer.ms, limits));
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

/** Works a refused batch in halves. */
export async function inHalves<T>(
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
export function faultsOf(answer: Answer, length: number): (object | null)[] | null {
  const { body } = answer;
  if (!Array.isArray(body) || body.length !== length) return null;
  const faults = body.map((fault) =>
    typeof fault === "object" && fault && Object.keys(fault).length > 0 ? fault : null,
  );
  return faults.some((fault) => fault !== null) ? faults : null;
}

/** What a row is called in errors. */
export function nameOf(kind: KindName, row: WireRow): string {
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

/** A bulk request of a kind. */
export function askedOf(method: Asked["method"], kind: KindName): Asked {
  return { method, path: `/api/${kindOf(kind).path}/` };
}
